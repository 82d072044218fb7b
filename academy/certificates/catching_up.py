"""Catching up: the product changed, so the certificates of older versions of a course end sooner, and their holders
sit the exam for the new version until then. It is said before it is done, whom it concerns and what it changes."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from academy import courses, event_names
from academy.certificate_models import CertificateStanding
from academy.certificate_policy import Term, end_of, later
from academy.certificate_standing import SHORTENING, holds
from academy.certificates import tasks, telling
from academy.certificates.finding import ends_at
from academy.certificates.standings import reason_of
from academy.models import Certificate
from academy.moving import VersionNotLive
from plg.events import log
from plg.kit.clock import now, zone
from plg.kit.db import db, lock
from plg.kit.db_bulk import insert_new
from plg.kit.errors import Fault, Unprocessable

CHUNK: Final = 500
_TERM: Final = TypeAdapter(Term)


class CatchUpFaulty(Unprocessable):
    """It does not say within which time."""


@dataclass(frozen=True)
class Holders:
    """Those who hold a certificate of one older version. sooner: of how many it would end sooner; as_before: how many
    end by then anyway."""

    version: int
    sooner: int
    as_before: int


@dataclass(frozen=True)
class CatchUp:
    """questions: of the exam that they sit. last_on: the last day of certificates that end sooner, by UTC; each ends
    with that day of its own calendar."""

    course: str
    to: int
    last_on: dt.date
    questions: int
    is_short: bool
    holders: tuple[Holders, ...]

    @property
    def sooner(self) -> int:
        """Of how many it ends sooner in all."""
        return sum(each.sooner for each in self.holders)


def plan(course_key: str, *, to: int, within: str) -> CatchUp:
    """What catching up would change for whom. Nothing is written. Raises VersionNotLive or CatchUpFaulty."""
    term, moment = _read(course_key, to, within), now()
    sooner: Counter[int] = Counter()
    as_before: Counter[int] = Counter()
    for rows in _held(course_key, to, moment, for_update=False):
        for row in rows:
            (sooner if _end(row, term, moment) else as_before)[row.course_version] += 1
    return _told(course_key, to, later(moment.date(), term), sooner, as_before)


def apply(course_key: str, *, to: int, within: str, reason: str, by: str) -> CatchUp:
    """Do what `plan` tells: each is shortened, its holder gets a mail, and may renew at once. Repeated, it finds
    nobody left whose certificate would end sooner."""
    term, reason, moment = _read(course_key, to, within), reason_of(reason), now()
    lock(f"academy.catch-up:{course_key}")
    sooner: Counter[int] = Counter()
    as_before: Counter[int] = Counter()
    for rows in _held(course_key, to, moment, for_update=True):
        ends = {row.id: end for row in rows if (end := _end(row, term, moment)) is not None}
        concerned = [row for row in rows if row.id in ends]
        sooner.update(row.course_version for row in concerned)
        as_before.update(row.course_version for row in rows if row.id not in ends)
        _shorten(concerned, ends, {"reason": reason, "changed_by": by, "changed_at": moment}, to)
    return _told(course_key, to, later(moment.date(), term), sooner, as_before)


def _read(course_key: str, to: int, within: str) -> str:
    live = courses.live(course_key)
    if live.version != to or live.course.quiz is None:
        raise VersionNotLive(f"Version {live.version} is live, not {to}.", live=live.version)
    try:
        return _TERM.validate_python(within)
    except ValidationError:
        raise CatchUpFaulty(errors=[Fault("within", "is no time such as 60d, 3 months or 1y")]) from None


def _held(
    course_key: str, to: int, moment: dt.datetime, *, for_update: bool
) -> Iterator[Sequence[Certificate]]:
    """Certificates of older versions that hold, some at a time; for_update: held until the transaction ends."""
    query = select(Certificate).where(
        Certificate.course_key == course_key, Certificate.course_version < to, holds(moment)
    )
    query = query.order_by(Certificate.id).limit(CHUNK).options(selectinload(Certificate.standings))
    query = query.execution_options(populate_existing=True)
    last = 0
    while True:
        wanted = query.where(Certificate.id > last)
        rows = db.session.scalars(wanted.with_for_update() if for_update else wanted).all()
        if not rows:
            return
        yield rows
        last = rows[-1].id


def _end(row: Certificate, term: str, moment: dt.datetime) -> dt.datetime | None:
    """The end that it would get; None where it ends by then anyway."""
    calendar = zone(row.timezone)
    end, ends = end_of(later(moment.astimezone(calendar).date(), term), calendar), ends_at(row)
    return end if ends is None or end < ends else None


def _shorten(
    rows: Sequence[Certificate], ends: dict[int, dt.datetime], said: dict[str, Any], to: int
) -> None:
    new = [
        {"certificate_id": row.id, "number": len(row.standings) + 1, "kind": SHORTENING}
        | said
        | {"expires_at": ends[row.id]}
        for row in rows
    ]
    insert_new(CertificateStanding.__table__, new)
    tasks.watch_ends([(row, ends[row.id]) for row in rows])
    accounts = telling.accounts_of(rows)
    told = {"to_version": to, "reason": said["reason"], "by": said["changed_by"]}
    name = event_names.CERTIFICATE_SHORTENED
    log.store(
        [
            telling.event(row, name, told | {"expires_at": ends[row.id].isoformat()}, accounts.get(row.id))
            for row in rows
        ]
    )


def _told(
    course_key: str, to: int, last_on: dt.date, sooner: Counter[int], as_before: Counter[int]
) -> CatchUp:
    live = courses.live(course_key)
    short = live.course.certificate.renewal if live.course.certificate else None
    versions = sorted({*sooner, *as_before})
    holders = tuple(Holders(each, sooner[each], as_before[each]) for each in versions)
    questions = short.questions if short else live.quiz.length
    return CatchUp(course_key, to, last_on, questions, short is not None, holders)
