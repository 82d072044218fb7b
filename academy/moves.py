"""Moving learners to another version of their course: said once, done in batches, ended when nobody is left.

The learners who are left are found by the version that they are on, so a batch that is done twice, by two workers or
after a crash, moves nobody twice.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import delete, func, select

from academy import courses, enrolments, event_names, moving
from academy.journey_models import CourseMove
from academy.lesson_models import LessonFacts, ScormRun, SurveyAnswers
from academy.models import IN_PROGRESS, Attempt, Enrolment, LessonCompletion
from academy.moving import Leaving, Move
from plg.events import log
from plg.kit.clock import now
from plg.kit.db import db, lock
from plg.kit.db_bulk import insert_new

BATCH = 200


def plan(course_key: str, *, to: int, lessons: Mapping[str, str]) -> list[Leaving]:
    """What moving everybody to this version would change, by the version that they leave. Changes nothing."""
    return moving.leaving(moving.make(course_key, to, lessons))


def start(course_key: str, *, to: int, lessons: Mapping[str, str], by: str) -> CourseMove:
    """Begin to move everybody who is on another version and has not completed it. Said again while it is under way,
    it gives the same move back; another one takes its place."""
    lock(f"academy.move:{course_key}")
    move = moving.make(course_key, to, lessons)
    running = select(CourseMove).where(CourseMove.course_key == course_key, CourseMove.finished_at.is_(None))
    earlier = db.session.scalar(running.with_for_update())
    if earlier is not None:
        if (earlier.to_version_id, earlier.lessons) == (move.to.id, move.lessons):
            return earlier
        _end(earlier, now())
    row = CourseMove(course_key=course_key, to_version_id=move.to.id, lessons=move.lessons)
    row.started_by, row.started_at, row.moved, row.waiting = by, now(), 0, 0
    db.session.add(row)
    db.session.flush()
    return row


def latest(course_key: str) -> CourseMove | None:
    """The last move of the course, under way or ended."""
    query = select(CourseMove).where(CourseMove.course_key == course_key)
    return db.session.scalar(query.order_by(CourseMove.id.desc()).limit(1))


def continue_all(moment: dt.datetime) -> int:
    """One batch of each move that is under way; returns how many learners were moved."""
    open_ones = select(CourseMove).where(CourseMove.finished_at.is_(None)).order_by(CourseMove.id)
    rows = db.session.scalars(open_ones.with_for_update(skip_locked=True)).all()
    return sum(_continue(row, moment) for row in rows)


def _continue(row: CourseMove, moment: dt.datetime) -> int:
    to = courses.published(row.to_version_id)
    move = Move(row.course_key, to, dict(row.lessons))
    found = _held(move)
    if found:
        _carry(move, found, row.started_by, moment)
        row.moved += len(found)
        return len(found)
    left = select(func.count()).select_from(Enrolment).where(*moving.movable(move))
    row.waiting = db.session.scalar(left) or 0
    if not row.waiting:
        _end(row, moment)
    return 0


def _held(move: Move) -> list[Enrolment]:
    """The next learners to be moved, held; who began an attempt while we waited for them is left for later."""
    query = select(Enrolment).where(*moving.movable(move), ~moving.in_attempt())
    query = query.order_by(Enrolment.id).limit(BATCH).with_for_update()
    found = list(db.session.scalars(query.execution_options(populate_existing=True)))
    running = select(Attempt.enrolment_id).where(
        Attempt.enrolment_id.in_([each.id for each in found]), Attempt.state == IN_PROGRESS
    )
    busy = set(db.session.scalars(running)) if found else set()
    return [each for each in found if each.id not in busy]


def _carry(move: Move, found: list[Enrolment], by: str, moment: dt.datetime) -> None:
    """Give these enrolments the new version, with what they have done. Who has done all of it has completed it."""
    before = {each.id: courses.published(each.version_id).version for each in found}
    _rename_lessons(move, before)
    for each in found:
        each.version_id = move.to.id
    db.session.flush()
    name = event_names.COURSE_VERSION_CHANGED
    log.store([enrolments.told(each, name, from_version=before[each.id], by=by) for each in found])
    progress = enrolments.progress(found)
    for each in found:
        if progress[each.id].steps_done == progress[each.id].steps:
            enrolments.complete(each, moment)


def _rename_lessons(move: Move, enrolment_ids: Collection[int]) -> None:
    """What is mapped goes to its new key; of two that become one, the first to be finished or begun counts. Answers
    to a survey that counts no more are kept for who reads them."""
    kept = {old: new for old, new in move.lessons.items() if new}
    _rename(LessonCompletion.__table__, "completed_at", move.lessons, enrolment_ids)
    _rename(LessonFacts.__table__, "opened_at", move.lessons, enrolment_ids)
    _rename(ScormRun.__table__, "opened_at", move.lessons, enrolment_ids)
    _rename(SurveyAnswers.__table__, "answered_at", kept, enrolment_ids)


def _rename(table: Any, order: str, names: Mapping[str, str], enrolment_ids: Collection[int]) -> None:
    theirs = table.c.enrolment_id.in_(enrolment_ids), table.c.lesson_key.in_(names)
    rows = db.session.execute(select(table).where(*theirs).order_by(table.c[order])).mappings().all()
    if rows:
        db.session.execute(delete(table).where(*theirs))
        insert_new(table, [{**row, "lesson_key": new} for row in rows if (new := names[row["lesson_key"]])])


def _end(row: CourseMove, moment: dt.datetime) -> None:
    version = courses.published(row.to_version_id).version
    facts = {"course": row.course_key, "version": version, "moved": row.moved, "by": row.started_by}
    log.record(event_names.COURSE_MIGRATED, id=f"course-migrated:{row.id}", properties=facts)
    row.finished_at = moment
