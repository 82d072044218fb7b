"""Runs: what content keeps about one person in one lesson, from opening to opening.

Each opening is a launch with a number of its own, and the newest one counts: a tab of an earlier launch is told so,
and changes nothing. Within a launch each word has a sequence number and says all that was written so far, so that
words that come twice, late or not at all do no harm.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select

from academy import courses, enrolments, lesson_facts, lessons
from academy.lesson_kinds import Scorm
from academy.lesson_models import ScormRun
from academy.models import Enrolment
from academy.schemas import CourseFile, Lesson
from academy.scorm import data_model
from academy.scorm.data_model import COMPLETED, FAILED, NOT_ATTEMPTED, PASSED
from plg.kit.clock import now
from plg.kit.db import db, insert
from plg.kit.errors import Conflict, NotFound, Unprocessable
from plg.people.models import Person

STATUS = "cmi.core.lesson_status"
EXIT = "cmi.core.exit"
SESSION_TIME = "cmi.core.session_time"
SCORE = "cmi.core.score.raw"
LOCATION = "cmi.core.lesson_location"
SUSPEND_DATA = "cmi.suspend_data"
WRITE_ONLY = (EXIT, SESSION_TIME)


class NoScormLesson(NotFound):
    pass


class ScormLaunchOver(Conflict):
    """The content was opened again since, in another tab or on another device, and that one counts."""


class ScormDataFaulty(Unprocessable):
    """Elements that SCORM 1.2 does not know or cannot hold; each message is its code of the error."""


@dataclass(frozen=True)
class Launch:
    """An opening. values: what the content reads; counts: how many entries lists have that it can only add to."""

    number: int
    about: CourseFile
    work: Scorm
    values: dict[str, str]
    counts: dict[str, int]


def open_content(person_id: int, course_key: str, lesson_key: str) -> Launch:
    """The person opens the content of a lesson: from now on this launch counts, and no earlier one.

    Raises NotEnrolled, LessonNotFound, LessonLocked, PrerequisitesMissing, NoScormLesson."""
    enrolment = enrolments.of(person_id, course_key, for_update=True)
    lesson = lessons.lesson_of(enrolment, lesson_key)
    work, about = scorm_of(lesson), _package(enrolment, lesson)
    row = _row(enrolment, lesson_key, about.digest)
    first = row.launch == 0
    if row.package != about.digest:
        _begin_anew(row, about.digest)
        first = True
    entry = "ab-initio" if first else "resume" if not row.closed or row.values.get(EXIT) == "suspend" else ""
    row.launch, row.sequence, row.closed = row.launch + 1, 0, False
    row.total_ms, row.session_ms = row.total_ms + row.session_ms, 0
    row.opened_at = now()
    row.values = {name: value for name, value in row.values.items() if name not in WRITE_ONLY}
    db.session.flush()
    lesson_facts.note_opened(enrolment, lesson_key)
    lessons.settle(enrolment, lesson, lesson_facts.of(enrolment, lesson))
    return _launch(row, about, work, entry)


def preview(work: Scorm, about: CourseFile) -> Launch:
    """The content as somebody meets it who has never opened it; nothing is kept."""
    row = ScormRun(launch=0, values={}, total_ms=0)
    return Launch(0, about, work, _told(row, work, "ab-initio", "preview", "Preview"), {})


def save(
    enrolment_id: int, lesson_key: str, launch: int, sequence: int, values: Mapping[str, str], *, ended: bool
) -> ScormRun:
    """Take down what the content has written in this launch, and finish the lesson where that is enough.

    ended: the content said that it is over. Raises ScormLaunchOver, and ScormDataFaulty with every fault; a word that
    was heard before, or comes after a later one, changes nothing.
    """
    enrolment = db.session.get(Enrolment, enrolment_id, with_for_update=True, populate_existing=True)
    if enrolment is None:
        raise NoScormLesson("There is no such run.")
    lesson = lessons.lesson_of(enrolment, lesson_key)
    work, row = scorm_of(lesson), find(enrolment_id, lesson_key)
    if row is None or launch != row.launch:
        raise ScormLaunchOver("This was opened again in another place, and that one counts.")
    if sequence <= row.sequence:
        return row
    faults = data_model.faults(values, work.suspend_characters)
    merged = {**row.values, **values}
    faults = faults or data_model.faults(merged, work.suspend_characters)
    if faults:
        raise ScormDataFaulty(errors=faults)
    _take(row, work, merged, values, ended=ended)
    row.sequence, row.saved_at = sequence, now()
    db.session.flush()
    lessons.settle(enrolment, lesson, lesson_facts.of(enrolment, lesson))
    return row


def find(enrolment_id: int, lesson_key: str) -> ScormRun | None:
    """The run of this enrolment in this lesson, as it is now."""
    return db.session.get(ScormRun, (enrolment_id, lesson_key), populate_existing=True)


def scorm_of(lesson: Lesson) -> Scorm:
    """The lesson's work; NoScormLesson where it is of another kind."""
    if not isinstance(lesson.work, Scorm):
        raise NoScormLesson(f"The lesson {lesson.key!r} is no SCORM content.")
    return lesson.work


def told(row: ScormRun | None) -> dict[str, Any]:
    """What is known of somebody in the content, for pages and API."""
    if row is None:
        return {"status": NOT_ATTEMPTED, "score": None, "seconds": 0.0, "launches": 0, "values": {}}
    score = row.values.get(SCORE, "")
    return {
        "status": row.values.get(STATUS, NOT_ATTEMPTED),
        "score": float(score) if score else None,
        "seconds": (row.total_ms + row.session_ms) / 1_000,
        "launches": row.launch,
        "values": dict(sorted(row.values.items())),
    }


def join(gone: Enrolment, into: Enrolment) -> None:
    """Of two runs of one person in one lesson, the one stays that was opened last; what was reported once stays."""
    for row in db.session.scalars(select(ScormRun).where(ScormRun.enrolment_id == gone.id)):
        kept = find(into.id, row.lesson_key)
        if kept is None:
            fields = {column.key: getattr(row, column.key) for column in ScormRun.__table__.columns}
            db.session.execute(insert(ScormRun).values(fields | {"enrolment_id": into.id}))
            continue
        newer = max(row, kept, key=lambda each: each.opened_at)
        kept.values, kept.package = newer.values, newer.package
        kept.total_ms += row.total_ms + row.session_ms
        kept.launch = max(kept.launch, row.launch) + 1
        kept.completed_at = _earliest(kept.completed_at, row.completed_at)
        kept.passed_at = _earliest(kept.passed_at, row.passed_at)
    db.session.flush()
    db.session.execute(delete(ScormRun).where(ScormRun.enrolment_id == gone.id))


def _earliest(*moments: dt.datetime | None) -> dt.datetime | None:
    return min((each for each in moments if each is not None), default=None)


def _package(enrolment: Enrolment, lesson: Lesson) -> CourseFile:
    return courses.published(enrolment.version_id).course.files[scorm_of(lesson).package]


def _row(enrolment: Enrolment, lesson_key: str, digest: str) -> ScormRun:
    """The run, made where there is none. The caller holds the enrolment."""
    new = {"enrolment_id": enrolment.id, "lesson_key": lesson_key, "person_id": enrolment.person_id}
    new |= {"package": digest, "launch": 0, "sequence": 0, "values": {}, "total_ms": 0, "session_ms": 0}
    new |= {"closed": False, "opened_at": now()}
    db.session.execute(insert(ScormRun).values(new).on_conflict_do_nothing())
    row = find(enrolment.id, lesson_key)
    assert row is not None
    return row


def _begin_anew(row: ScormRun, digest: str) -> None:
    """Other content cannot read where this one was left. Status and score stay until it reports its own."""
    row.package = digest
    row.values = {name: row.values[name] for name in (STATUS, SCORE) if name in row.values}


def _take(
    row: ScormRun, work: Scorm, merged: dict[str, str], values: Mapping[str, str], *, ended: bool
) -> None:
    moment = now()
    if ended:
        merged[STATUS] = _status_at_end(merged, work)
    row.values, row.closed = merged, ended
    passed_ms = max(0, int((moment - row.opened_at).total_seconds() * 1_000))
    claimed_ms = min(passed_ms, data_model.milliseconds(values.get(SESSION_TIME, "")))
    row.session_ms = max(row.session_ms, claimed_ms)
    status = _by_mastery(merged, work)
    if status in (COMPLETED, PASSED):
        row.completed_at = row.completed_at or moment
    if status == PASSED:
        row.passed_at = row.passed_at or moment


def _status_at_end(values: Mapping[str, str], work: Scorm) -> str:
    """What SCORM 1.2 makes of the status at the end: of none, completed; by mastery score and score, passed or
    failed. Whoever will go on later is judged later."""
    status = values.get(STATUS, NOT_ATTEMPTED)
    if status == NOT_ATTEMPTED and values.get(EXIT) != "suspend":
        status = COMPLETED
    return _by_mastery({**values, STATUS: status}, work)


def _by_mastery(values: Mapping[str, str], work: Scorm) -> str:
    status, score = values.get(STATUS, NOT_ATTEMPTED), values.get(SCORE, "")
    if work.mastery_score is None or not score or status not in (COMPLETED, PASSED, FAILED):
        return status
    return PASSED if float(score) >= work.mastery_score else FAILED


def _launch(row: ScormRun, about: CourseFile, work: Scorm, entry: str) -> Launch:
    person = db.session.get(Person, row.person_id)
    assert person is not None
    values = _told(row, work, entry, person.public_id, person.name)
    return Launch(
        row.launch,
        about,
        work,
        values,
        {"cmi.interactions": data_model.count(row.values, "cmi.interactions")},
    )


def _told(row: ScormRun, work: Scorm, entry: str, student: str, name: str) -> dict[str, str]:
    """All that content can read; a name as SCORM writes it, the family name first."""
    given, _space, family = name.rpartition(" ")
    readable = {each: value for each, value in row.values.items() if not each.startswith("cmi.interactions.")}
    return {
        STATUS: NOT_ATTEMPTED,
        **readable,
        "cmi.core.student_id": student,
        "cmi.core.student_name": f"{family}, {given}" if given else name,
        "cmi.core.credit": "credit",
        "cmi.core.lesson_mode": "normal",
        "cmi.core.entry": entry,
        "cmi.core.total_time": data_model.as_span(row.total_ms),
        "cmi.launch_data": work.launch_data,
        "cmi.student_data.mastery_score": "" if work.mastery_score is None else str(work.mastery_score),
        "cmi.student_data.max_time_allowed": work.max_time_allowed,
        "cmi.student_data.time_limit_action": work.time_limit_action,
    }
