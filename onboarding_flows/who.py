"""Whom a server means: people and accounts by any of their ids, one or many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.orm import aliased

from onboarding_flows.checklist import Viewer
from onboarding_flows.enrolments import Actor
from onboarding_flows.schemas import WhoIn
from onboarding_flows.shapes import LANGUAGES
from onboarding_flows.targeting import Marks
from plg.accounts import accounts, memberships
from plg.accounts.accounts import AccountNotFound
from plg.accounts.models import Account, AccountKey, Membership
from plg.kit.db import db
from plg.kit.errors import Fault, Forbidden, Refusal, Unprocessable
from plg.people import identities, people
from plg.people.models import Identity, Person
from plg.people.people import PersonNotFound


class NobodyAsked(Unprocessable):
    """Neither a person nor an account was given."""


class PersonNotInAccount(Forbidden):
    """The person does not belong to that account."""


@dataclass(frozen=True)
class Who:
    """A person, an account, or a person in an account with their role there."""

    person: Person | None
    account: Account | None
    role: str | None

    @property
    def actor(self) -> Actor:
        return Actor(self.person.id if self.person else None, self.account.id if self.account else None)

    @property
    def marks(self) -> Marks:
        person, account = self.person, self.account
        return Marks(
            person and person.public_id, account and account.public_id, person.locale if person else None
        )

    @property
    def viewer(self) -> Viewer:
        """They look, in the person's own language."""
        asked = (self.person and self.person.locale) or (self.account and self.account.locale) or ""
        return Viewer(*self.actor, self.role, asked[:2] if asked[:2] in LANGUAGES else "en", marks=self.marks)


def find(person_id: str | None, account_id: str | None) -> Who:
    """By any id. A person without an account is meant in the only one that they belong to, if it is one."""
    if not person_id and not account_id:
        raise _nobody()
    if person_id and account_id and (found := _member(person_id, account_id)):
        return found
    person = people.find(person_id) if person_id else None
    account = accounts.find(account_id) if account_id else None
    if person is None:
        return Who(None, account, None)
    if account is None:
        home = memberships.only_account([person.id]).get(person.id)
        account = accounts.get(home) if home is not None else None
    role = memberships.role(account.id, person.id) if account is not None else None
    if account is not None and role is None:
        raise _stranger()
    return Who(person, account, role)


def _member(person_id: str, account_id: str) -> Who | None:
    """The usual case in one query: a person in their account, both by ids. None where that finds nobody."""
    row = db.session.execute(_members(), {"person": person_id, "account": account_id}).first()
    return Who(*row) if row is not None else None


@cache
def _members() -> Select[Person, Account, str]:
    record = aliased(Person)
    return (
        select(Person, Account, Membership.role)
        .select_from(Identity)
        .join(record, record.id == Identity.person_id)
        .join(Person, Person.id == func.coalesce(record.merged_into_id, record.id))
        .join(AccountKey, AccountKey.key == bindparam("account"))
        .join(Account, Account.id == AccountKey.account_id)
        .join(Membership, (Membership.account_id == Account.id) & (Membership.person_id == Person.id))
        .where(Identity.distinct_id == bindparam("person"))
    )


def find_many(rows: Sequence[WhoIn]) -> list[Actor | Refusal]:
    """The same for many at once; the number of queries does not grow."""
    if len(rows) == 1 and (found := _member(rows[0].person or "", rows[0].account or "")):
        return [found.actor]
    person_ids = _people({row.person for row in rows if row.person})
    account_ids = accounts.known({row.account for row in rows if row.account})
    homes = memberships.only_account(set(person_ids.values()))
    members = select(Membership.person_id, Membership.account_id).where(
        Membership.person_id.in_(set(person_ids.values())),
        Membership.account_id.in_(set(account_ids.values())),
    )
    belong = {Actor(person, account) for person, account in db.session.execute(members)}
    return [_one(row, person_ids, account_ids, homes, belong) for row in rows]


def _one(
    row: WhoIn,
    person_ids: dict[str, int],
    account_ids: dict[str, int],
    homes: dict[int, int],
    belong: set[Actor],
) -> Actor | Refusal:
    if not row.person and not row.account:
        return _nobody()
    if row.person and row.person not in person_ids:
        return PersonNotFound(f"No person is known by the id {row.person!r}.")
    if row.account and row.account not in account_ids:
        return AccountNotFound(f"No account is known by the id {row.account!r}.")
    person = person_ids[row.person] if row.person else None
    if not row.account:
        return Actor(person, homes.get(person or 0))
    actor = Actor(person, account_ids[row.account])
    return actor if person is None or actor in belong else _stranger()


def _people(any_ids: set[str]) -> dict[str, int]:
    """The surviving people of those ids, distinct ids or e-mail addresses, that are known."""
    found = identities.known(any_ids)
    addresses = {each: each.lower() for each in any_ids if each not in found and "@" in each}
    by_address = _of_addresses(set(addresses.values())) if addresses else {}
    found |= {each: by_address[low] for each, low in addresses.items() if low in by_address}
    survivors = identities.canonical(set(found.values()))
    return {each: survivors.get(record, record) for each, record in found.items()}


def _of_addresses(addresses: set[str]) -> dict[str, int]:
    """Of several people of one address the last one wins: identified people before others, the oldest first."""
    theirs = select(Person.email, Person.id).where(
        Person.email.in_(addresses), Person.merged_into_id.is_(None)
    )
    rows = db.session.execute(theirs.order_by(Person.identified, Person.id.desc()))
    return {email: id for email, id in rows if email is not None}


def _nobody() -> NobodyAsked:
    return NobodyAsked(errors=[Fault("person", "give a person, an account, or both")])


def _stranger() -> PersonNotInAccount:
    return PersonNotInAccount("The person does not belong to that account.")
