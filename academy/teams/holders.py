"""The certificates of a team, filtered and in pages; and who lacks one.

They are those of its present members, earned in this workspace or in none: what somebody earned while they learned
for another workspace is that one's to know.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from sqlalchemy import ColumnElement, Select, or_, select

from academy.certificate_standing import holds, is_newest
from academy.certificates import CertificateFacts, codes, facts_of_all
from academy.models import Attempt, Certificate, Enrolment
from plg.accounts.models import Membership
from plg.kit.clock import now
from plg.kit.db import db
from plg.kit.errors import Fault, Unprocessable
from plg.people.models import Person

BATCH: Final = 500

Standing = Literal["holds", "ending", "lapsed"]


class UnknownCursor(Unprocessable):
    """The cursor is not one that a page before has given."""


@dataclass(frozen=True)
class Wish:
    """What to show of a team. standing: `holds`; `ending`, those of them that end before the horizon; or `lapsed`,
    which hold no more or not at the moment. None: all."""

    account_id: int
    horizon: dt.datetime
    course: str | None = None
    standing: Standing | None = None


@dataclass(frozen=True)
class Holding:
    """A certificate of a member. person: who holds it, as they are called now."""

    person: Person
    facts: CertificateFacts


@dataclass(frozen=True)
class Page:
    """next: the cursor of the page after this one; None at the end."""

    holdings: list[Holding]
    next: str | None


def members(account_id: int) -> Select[int]:
    """The ids of those who belong to the workspace now."""
    return select(Membership.person_id).where(Membership.account_id == account_id)


def certificates_of(account_id: int) -> Select[Certificate]:
    """The newest awards of the team."""
    learns = select(Attempt.id).join(Enrolment, Enrolment.id == Attempt.enrolment_id)
    here = or_(Enrolment.account_id == account_id, Enrolment.account_id.is_(None))
    return select(Certificate).where(
        Certificate.person_id.in_(members(account_id)),
        Certificate.attempt_id.in_(learns.where(here, Enrolment.person_id.in_(members(account_id)))),
        is_newest(),
    )


def stands(standing: Standing, horizon: dt.datetime) -> ColumnElement[bool]:
    """The standing as a condition."""
    moment = now()
    if standing == "lapsed":
        return ~holds(moment)
    return holds(moment) & ~holds(horizon) if standing == "ending" else holds(moment)


def page_of(wish: Wish, cursor: str | None = None, limit: int = 50) -> Page:
    """The newest first."""
    query = _wanted(wish)
    if cursor is not None:
        query = query.where(Certificate.id < _place(wish, cursor))
    rows = list(db.session.scalars(query.order_by(Certificate.id.desc()).limit(limit + 1)))
    following = codes.grouped(rows[limit - 1].code) if len(rows) > limit else None
    return Page(_held(rows[:limit]), following)


def all_of(wish: Wish) -> Iterator[Holding]:
    """Every one, the newest first, read in batches."""
    cursor: str | None = None
    while True:
        page = page_of(wish, cursor, BATCH)
        yield from page.holdings
        cursor = page.next
        if cursor is None:
            return


def missing(account_id: int, course_key: str) -> list[Person]:
    """Members without a certificate of this course that holds, by name."""
    held = select(
        certificates_of(account_id)
        .where(holds(now()), Certificate.course_key == course_key)
        .subquery()
        .c.person_id
    )
    query = select(Person).where(Person.id.in_(members(account_id)), Person.id.not_in(held))
    return list(db.session.scalars(query.order_by(Person.name, Person.id)))


def _wanted(wish: Wish) -> Select[Certificate]:
    query = certificates_of(wish.account_id)
    if wish.course is not None:
        query = query.where(Certificate.course_key == wish.course)
    return query if wish.standing is None else query.where(stands(wish.standing, wish.horizon))


def _place(wish: Wish, cursor: str) -> int:
    code = codes.normalised(cursor)
    theirs = certificates_of(wish.account_id).where(Certificate.code == code)
    last = db.session.scalars(theirs).first() if code else None
    if last is None:
        raise UnknownCursor(errors=[Fault("cursor", "must be `next` of the page before")])
    return last.id


def _held(rows: Sequence[Certificate]) -> list[Holding]:
    people = select(Person).where(Person.id.in_({each.person_id for each in rows}))
    by_id = {person.id: person for person in db.session.scalars(people)}
    return [Holding(by_id[row.person_id], facts) for row, facts in zip(rows, facts_of_all(rows), strict=True)]
