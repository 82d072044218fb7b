"""Facts about people in lessons, taken down as pages tell them. They only grow; the order of telling does not matter.

Time is measured here: a page says for how long it was looked at and which parts of a video were played, and no more
of either is counted than time has passed since the last such word, by whichever device or tab it came."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from sqlalchemy import delete, select

from academy import observing
from academy.lesson_kinds import Facts, Practice, Scorm, Video
from academy.lesson_kinds.facts import Span, length, merged, with_claim
from academy.lesson_models import LessonFacts, ScormRun
from academy.models import Enrolment
from academy.schemas import Lesson
from plg.kit.clock import now
from plg.kit.db import db, insert

AHEAD: Final = dt.timedelta(minutes=1)
"""Clocks differ: an event that was heard may carry a time that is yet to come."""


@dataclass(frozen=True)
class Beat:
    """What a page tells. present_ms: for how long it was looked at since its last word; watched: every part of the
    video that it has played, however often told; position_ms: where the video stands, if it does."""

    present_ms: int = 0
    scrolled: bool = False
    watched: tuple[Span, ...] = ()
    position_ms: int | None = None


def of(enrolment: Enrolment, lesson: Lesson) -> Facts:
    """What is known of the person in this lesson, until now."""
    row, work = _find(enrolment, lesson.key), lesson.work
    counts = counted(work, [enrolment.id])[enrolment.id] if isinstance(work, Practice) else {}
    if row is None:
        return Facts(at=now(), counts=counts)
    return Facts(
        at=now(),
        opened_at=row.opened_at,
        present_ms=row.present_ms,
        scrolled=row.scrolled_at is not None,
        watched=_spans(row),
        position_ms=row.position_ms,
        counts=counts,
        reported=_reported(enrolment, lesson.key) if isinstance(work, Scorm) else frozenset(),
    )


def _reported(enrolment: Enrolment, lesson_key: str) -> frozenset[str]:
    run = db.session.get(ScormRun, (enrolment.id, lesson_key), populate_existing=True)
    said = {"completed": run and run.completed_at, "passed": run and run.passed_at}
    return frozenset(name for name, at in said.items() if at)


def counted(work: Practice, enrolment_ids: Collection[int]) -> dict[int, dict[str, int]]:
    """How often the events of a practice happened, by enrolment, by task; one query."""
    since = Enrolment.enrolled_at if work.since == "enrolment" else None
    return observing.counts(work.leaves, enrolment_ids, since, now() + AHEAD)


def is_opened(enrolment: Enrolment, lesson_key: str) -> bool:
    """Whether it is known that the person opened the lesson."""
    return _find(enrolment, lesson_key) is not None


def note_opened(enrolment: Enrolment, lesson_key: str) -> None:
    """The person opened the lesson; the first time counts. The caller holds the enrolment."""
    row = {"enrolment_id": enrolment.id, "lesson_key": lesson_key, "person_id": enrolment.person_id}
    row |= dict.fromkeys(("opened_at", "present_at", "watched_at"), now())
    row |= {"present_ms": 0, "watched": [], "position_ms": 0}
    db.session.execute(insert(LessonFacts).values(row).on_conflict_do_nothing())


def note(enrolment: Enrolment, lesson: Lesson, beat: Beat) -> None:
    """Take down what can be true of what a page tells. The caller holds the enrolment."""
    note_opened(enrolment, lesson.key)
    row, moment = _find(enrolment, lesson.key), now()
    assert row is not None
    if beat.present_ms > 0:
        row.present_ms += min(beat.present_ms, _passed(row.present_at, moment))
        row.present_at = max(row.present_at, moment)
    if beat.scrolled and row.scrolled_at is None:
        row.scrolled_at = moment
    if isinstance(lesson.work, Video):
        _note_watched(row, lesson.work, beat, moment)
    db.session.flush()


def _note_watched(row: LessonFacts, video: Video, beat: Beat, moment: dt.datetime) -> None:
    end, known = 1_000 * video.seconds, _spans(row)
    claimed = [(max(0, start), min(end, until)) for start, until in beat.watched]
    found = with_claim(known, claimed, int(_passed(row.watched_at, moment) * video.speed))
    if length(found) > length(known):
        row.watched = [list(span) for span in found]
        row.watched_at = max(row.watched_at, moment)
    if beat.position_ms is not None:
        row.position_ms = min(max(0, beat.position_ms), end)


def join(gone: Enrolment, into: Enrolment) -> None:
    """What is known of two enrolments of one person becomes one."""
    for row in db.session.scalars(select(LessonFacts).where(LessonFacts.enrolment_id == gone.id)):
        note_opened(into, row.lesson_key)
        kept = _find(into, row.lesson_key)
        assert kept is not None
        kept.opened_at = min(kept.opened_at, row.opened_at)
        kept.present_ms = max(kept.present_ms, row.present_ms)
        kept.scrolled_at = kept.scrolled_at or row.scrolled_at
        kept.watched = [list(span) for span in merged(*kept.watched, *row.watched)]
        kept.position_ms = kept.position_ms or row.position_ms
    db.session.flush()
    db.session.execute(delete(LessonFacts).where(LessonFacts.enrolment_id == gone.id))


def _find(enrolment: Enrolment, lesson_key: str) -> LessonFacts | None:
    # Another device may have written since this session last looked.
    return db.session.get(LessonFacts, (enrolment.id, lesson_key), populate_existing=True)


def _spans(row: LessonFacts) -> tuple[Span, ...]:
    return tuple((start, end) for start, end in row.watched)


def _passed(since: dt.datetime, moment: dt.datetime) -> int:
    return max(0, int((moment - since).total_seconds() * 1_000))
