"""Whom a rule holds for: all of them in one statement, or one of them with the reason."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select

from plg.accounts.models import Account, Membership
from plg.kit import rules
from plg.kit.db import db, encode_json
from plg.kit.errors import NotFound
from plg.kit.rules import EventLeaf, Rule
from plg.kit.rules.fields import Named, find
from plg.kit.rules.language import AnyOf
from plg.people.models import Person
from plg.segments.subjects import counted, fields, subjects


class NoSuchMember(NotFound):
    """The person does not belong to the account, or to none at all."""


@dataclass(frozen=True)
class Size:
    """For how many people a rule holds, in how many accounts, of how many people; some of them, newest first."""

    people: int
    accounts: int
    of: int
    some: list[Example]


@dataclass(frozen=True)
class Example:
    """A member for whom a rule holds: the public ids, and how both are called."""

    person: str
    account: str
    name: str
    account_name: str


@dataclass(frozen=True)
class OneSubject:
    """What one person in an account holds of what a rule asks."""

    values: dict[str, Any]
    counts: dict[str, int]

    def field(self, name: str) -> Any:
        return self.values[name]

    def count(self, leaf: EventLeaf) -> int:
        return self.counts[_key(leaf)]


def parse(definition: Any, now: dt.datetime, *, at: str = "") -> Rule:
    """A rule whose fields are those of a person in an account. Raises RuleFaulty with every fault."""
    return rules.parse(definition, fields(now), at=at)


def members(rule: Rule, now: dt.datetime) -> Select[int, int]:
    """Everybody for whom the rule holds at this moment, as a select of (person_id, account_id)."""
    return subjects(Membership.person_id, Membership.account_id).where(_condition(rule, now))


def _condition(rule: Rule, now: dt.datetime) -> Any:
    return rules.where(rule, fields(now), lambda leaf: counted(leaf, now), now)


def count(rule: Rule, now: dt.datetime) -> int:
    """For how many members of accounts the rule holds; who belongs to two accounts counts in each."""
    return db.session.scalar(select(func.count()).select_from(members(rule, now).subquery())) or 0


def size(rule: Rule, now: dt.datetime, examples: int = 10) -> Size:
    """How large a segment is: each person and each account once; three queries."""
    found = members(rule, now).subquery().c
    both = select(func.count(found[0].distinct()), func.count(found[1].distinct()))
    people, in_accounts = db.session.execute(both).one()
    everybody = subjects(Membership.person_id).subquery().c
    of = db.session.scalar(select(func.count(everybody[0].distinct()))) or 0
    return Size(people, in_accounts, of, _examples(rule, now, examples) if people else [])


def _examples(rule: Rule, now: dt.datetime, limit: int) -> list[Example]:
    named = (Person.public_id, Account.public_id, Person.name, Person.email, Account.name)
    query = subjects(*named).where(_condition(rule, now)).order_by(Membership.id.desc()).limit(limit)
    return [
        Example(person, account, name or email or person, account_name or account)
        for person, account, name, email, account_name in db.session.execute(query)
    ]


def sample(rule: Rule, now: dt.datetime, limit: int = 10) -> list[tuple[str, str]]:
    """The newest members for whom the rule holds, as public ids of person and account."""
    query = subjects(Person.public_id, Account.public_id).where(_condition(rule, now))
    rows = db.session.execute(query.order_by(Membership.id.desc()).limit(limit))
    return [(person, account) for person, account in rows]


def matches(rule: Rule, person_id: int, account_id: int, now: dt.datetime) -> bool:
    """Whether the rule holds for a member of an account; never for somebody who is none. Two queries."""
    facts = _facts(rule, person_id, account_id, now)
    return facts is not None and rules.holds(rule, facts, now)


def which(asked: Mapping[str, Rule], person_id: int, account_id: int | None, now: dt.datetime) -> set[str]:
    """Those of many rules, by name, that hold for a member of an account, or without one: of any account of theirs;
    one query, however many they are."""
    if not asked:
        return set()
    theirs = _read(AnyOf(any=list(asked.values())), person_id, account_id, now)
    return {name for name, rule in asked.items() if any(rules.holds(rule, each, now) for each in theirs)}


def explain(rule: Rule, person_id: int, account_id: int, now: dt.datetime) -> dict[str, Any]:
    """Why the rule holds for a member of an account, or does not: see `rules.explain`. Raises NoSuchMember."""
    facts = _facts(rule, person_id, account_id, now)
    if facts is None:
        raise NoSuchMember("This person does not belong to the account.")
    return rules.explain(rule, facts, now)


def _facts(rule: Rule, person_id: int, account_id: int, now: dt.datetime) -> OneSubject | None:
    return next(iter(_read(rule, person_id, account_id, now)), None)


def _read(rule: Rule, person_id: int, account_id: int | None, now: dt.datetime) -> list[OneSubject]:
    """What the person holds of what the rule asks, in this account or in each of theirs."""
    known = fields(now)
    names = [(name, found) for name in rules.field_names(rule) if (found := find(known, name)) is not None]
    leaves = rules.event_leaves(rule)
    columns: list[Any] = [found.source.label(f"field_{number}") for number, (_, found) in enumerate(names)]
    columns += [counted(leaf, now).label(f"count_{number}") for number, leaf in enumerate(leaves)]
    query = subjects(Membership.id, *columns).where(Membership.person_id == person_id)
    if account_id is not None:
        query = query.where(Membership.account_id == account_id)
    return [_subject(row, names, leaves) for row in db.session.execute(query)]


def _subject(row: Any, names: list[tuple[str, Named]], leaves: list[EventLeaf]) -> OneSubject:
    read = row[1 : len(names) + 1]
    values = {name: found.value(value) for (name, found), value in zip(names, read, strict=True)}
    counts = zip(leaves, row[len(names) + 1 :], strict=True)
    return OneSubject(values, {_key(leaf): number for leaf, number in counts})


def _key(leaf: EventLeaf) -> str:
    return encode_json(rules.dump(leaf))
