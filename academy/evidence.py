"""Evidence of how a quiz was taken, where its rules say so: kept openly, for a person to judge.

It decides nothing: no mark, no pass and no certificate depends on it, and no figure is called suspicious.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median
from typing import Final

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import aliased

from academy.models import IN_PROGRESS, Attempt, Enrolment
from plg.access.sealing import keyed_hash
from plg.kit.db import db
from plg.people.models import Person
from plg.signups import traces

MOST: Final = 100
"""How many attempts of a quiz, or others on one network, are listed."""


@dataclass(frozen=True)
class ItemTime:
    """seconds: from the answer before it (or the start) to the last answer to this question."""

    question: int
    seconds: float


@dataclass(frozen=True)
class Evidence:
    """own_median: seconds an answer took in this person's other attempts, None where there are none with evidence.
    left_page: how often the page was left, None where no page told. same_network: other people's attempts at this
    version of the quiz at the same time from the same network, as (attempt, name)."""

    items: tuple[ItemTime, ...]
    own_median: float | None
    left_page: int | None
    same_network: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Summary:
    """One line about an attempt, for a list."""

    attempt: str
    name: str
    started_at: dt.datetime
    finished_at: dt.datetime | None
    left_page: int | None
    same_network: int


def network(address: str | None) -> str | None:
    """The learner's network as a keyed hash; None for addresses that all the world shares."""
    found = traces.network(address or "")
    return keyed_hash(f"exam network {found}") if found else None


def of(attempt: Attempt) -> Evidence:
    """What was kept about this attempt."""
    others = select(Attempt.answered_at).where(
        Attempt.person_id == attempt.person_id, Attempt.id != attempt.id, Attempt.state != IN_PROGRESS
    )
    own = [item.seconds for kept in db.session.scalars(others) for item in _times(kept)]
    return Evidence(
        items=tuple(sorted(_times(attempt.answered_at), key=lambda item: item.question)),
        own_median=median(own) if own else None,
        left_page=attempt.left_page,
        same_network=tuple(_same_network(attempt)),
    )


def latest(course_key: str) -> list[Summary]:
    """The finished attempts at a course's quiz, the newest first."""
    query = select(Attempt, Person.name).join(Person, Person.id == Attempt.person_id)
    query = query.join(Enrolment, Enrolment.id == Attempt.enrolment_id).where(
        Enrolment.course_key == course_key
    )
    query = query.where(Attempt.state != IN_PROGRESS).order_by(Attempt.id.desc()).limit(MOST)
    rows = [(attempt, name) for attempt, name in db.session.execute(query)]
    beside = _counts_beside([attempt.id for attempt, _ in rows])
    return [
        Summary(a.public_id, name, a.started_at, a.finished_at, a.left_page, beside[a.id]) for a, name in rows
    ]


def _times(answered_at: dict[str, float]) -> Iterable[ItemTime]:
    before = 0.0
    for slot, seconds in sorted(answered_at.items(), key=lambda pair: pair[1]):
        yield ItemTime(int(slot), round(seconds - before, 1))
        before = seconds


def _same_network(attempt: Attempt) -> list[tuple[str, str]]:
    mine, other = aliased(Attempt), aliased(Attempt)
    query = select(other.public_id, Person.name).select_from(mine).join(other, _beside(mine, other))
    query = query.join(Person, Person.id == other.person_id).where(mine.id == attempt.id)
    return [(public_id, name) for public_id, name in db.session.execute(query.order_by(other.id).limit(MOST))]


def _counts_beside(attempt_ids: list[int]) -> Counter[int]:
    mine, other = aliased(Attempt), aliased(Attempt)
    query = select(mine.id, func.count()).join(other, _beside(mine, other)).where(mine.id.in_(attempt_ids))
    return Counter(dict(row for row in db.session.execute(query.group_by(mine.id))))


def _beside(mine: type[Attempt], other: type[Attempt]) -> ColumnElement[bool]:
    """Another person's attempt at the same version, from the same network at the same time."""
    return (
        (other.network == mine.network)
        & (other.person_id != mine.person_id)
        & (other.version_id == mine.version_id)
        & (other.started_at <= mine.finished_at)
        & (func.coalesce(other.finished_at, mine.finished_at) >= mine.started_at)
    )
