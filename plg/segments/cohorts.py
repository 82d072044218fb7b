"""Cohorts: people or accounts who are listed one by one. A cohort is a segment under its public id, and the field
`cohort.<public id>` of rules."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from typing import Any, Literal

from sqlalchemy import ColumnElement, and_, case, delete, exists, false, insert, or_, select, true

from plg.accounts import accounts
from plg.accounts.models import Account, Membership
from plg.kit.clock import now
from plg.kit.db import db
from plg.kit.errors import NotFound
from plg.people import identities
from plg.people.models import Person
from plg.segments.models import Cohort, CohortMember

Actor = Literal["person", "account"]
BATCH = 5000
PREFIX = "coh_"


class CohortNotFound(NotFound):
    """There is no cohort of this id."""


def add(title: str, actor: Actor, ids: Collection[int], *, dynamic: bool = False, by: str) -> Cohort:
    """A cohort of these people, or accounts, by their numbers; who is not there (any more) is left out."""
    moment = now()
    row = Cohort(title=title, actor=actor, dynamic=dynamic, counted_at=moment, created_at=moment)
    row.created_by = by
    db.session.add(row)
    db.session.flush()
    replace(row, ids, moment)
    return row


def find(public_id: str) -> Cohort:
    found = db.session.scalar(select(Cohort).where(Cohort.public_id == public_id))
    if found is None:
        raise CohortNotFound("There is no such cohort.")
    return found


def every() -> Sequence[Cohort]:
    """The newest first."""
    return db.session.scalars(select(Cohort).order_by(Cohort.id.desc())).all()


def delete_cohort(cohort: Cohort) -> None:
    db.session.execute(delete(CohortMember).where(CohortMember.cohort_id == cohort.id))
    db.session.delete(cohort)


def replace(cohort: Cohort, ids: Collection[int], moment: dt.datetime) -> None:
    """From now on these are its members: only who came and who left is written."""
    column = _column(cohort)
    have = set(db.session.scalars(select(column).where(CohortMember.cohort_id == cohort.id)))
    wanted = _there(cohort.actor, set(ids))
    for batch in _batches(have - wanted):
        gone = and_(CohortMember.cohort_id == cohort.id, column.in_(batch))
        db.session.execute(delete(CohortMember).where(gone))
    for batch in _batches(wanted - have):
        rows = [{"cohort_id": cohort.id, column.key: each} for each in batch]
        db.session.execute(insert(CohortMember), rows)
    cohort.size, cohort.counted_at = len(wanted), moment


def ids_of(cohort: Cohort) -> Sequence[int]:
    """The numbers of its people or accounts."""
    return db.session.scalars(select(_column(cohort)).where(CohortMember.cohort_id == cohort.id)).all()


def page(cohort: Cohort, before: int | None, limit: int) -> list[tuple[int, str, str]]:
    """Some of its members, who joined it last first: number of the row, public id, name."""
    query = _named(cohort).where(CohortMember.cohort_id == cohort.id).order_by(CohortMember.id.desc())
    if before is not None:
        query = query.where(CohortMember.id < before)
    rows = db.session.execute(query.limit(limit))
    return [(row[0], row[1], row[2] or row[3] or row[1]) for row in rows]


def numbers_of(actor: Actor, told: Iterable[str]) -> tuple[dict[str, int], list[str]]:
    """Any ids of people (accounts) with their numbers, and those that are known of nobody."""
    wanted = list(dict.fromkeys(each.strip() for each in told if each.strip()))
    found: dict[str, int] = {}
    for batch in _batches(wanted):
        found |= identities.known(batch) if actor == "person" else accounts.known(batch)
        found |= _by_public_id(actor, [each for each in batch if each not in found])
    if actor == "person":
        survivors = identities.canonical(found.values())
        found = {each: survivors.get(number, number) for each, number in found.items()}
    return found, [each for each in wanted if each not in found]


def move(from_person_id: int, into_person_id: int) -> None:
    """What one record of a person is in, the survivor is in."""
    mine = select(CohortMember.cohort_id).where(CohortMember.person_id == into_person_id)
    doubled = CohortMember.cohort_id.in_(mine.scalar_subquery())
    db.session.execute(delete(CohortMember).where(CohortMember.person_id == from_person_id, doubled))
    moved = db.update(CohortMember).where(CohortMember.person_id == from_person_id)
    db.session.execute(moved.values(person_id=into_person_id))


def holds(public_id: str) -> ColumnElement[bool]:
    """Whether the person, or the account, of a row of `subjects` is in a cohort."""
    theirs = or_(
        CohortMember.person_id == Membership.person_id, CohortMember.account_id == Membership.account_id
    )
    query = select(CohortMember.id).join(Cohort, Cohort.id == CohortMember.cohort_id)
    inside = exists(query.where(Cohort.public_id == public_id, theirs).correlate(Membership))
    return case((inside, true()), else_=false())


def _column(cohort: Cohort) -> Any:
    return CohortMember.person_id if cohort.actor == "person" else CohortMember.account_id


def _named(cohort: Cohort) -> Any:
    if cohort.actor == "person":
        told = (Person.public_id, Person.name, Person.email)
        return select(CohortMember.id, *told).join(Person, Person.id == CohortMember.person_id)
    told_ = (Account.public_id, Account.name, Account.name)
    return select(CohortMember.id, *told_).join(Account, Account.id == CohortMember.account_id)


def _there(actor: str, ids: Collection[int]) -> set[int]:
    """Those of the numbers that somebody still has."""
    found: set[int] = set()
    for batch in _batches(ids):
        if actor == "person":
            query = select(Person.id).where(Person.id.in_(batch), Person.merged_into_id.is_(None))
        else:
            query = select(Account.id).where(Account.id.in_(batch), Account.deleted_at.is_(None))
        found |= set(db.session.scalars(query))
    return found


def _by_public_id(actor: Actor, told: Sequence[str]) -> dict[str, int]:
    if actor == "person":
        lower = {each.lower(): each for each in told}
        people = select(Person.public_id, Person.email, Person.id).where(
            or_(Person.public_id.in_(told), Person.email.in_(list(lower))), Person.merged_into_id.is_(None)
        )
        rows = db.session.execute(people).all()
        by_email = {lower[email]: number for _, email, number in rows if email in lower}
        return by_email | {public_id: number for public_id, _, number in rows if public_id in set(told)}
    query = select(Account.public_id, Account.id).where(Account.public_id.in_(told))
    return {row.public_id: row.id for row in db.session.execute(query)}


def _batches(items: Iterable[Any]) -> Iterable[list[Any]]:
    every_one = list(items)
    return (every_one[n : n + BATCH] for n in range(0, len(every_one), BATCH))
