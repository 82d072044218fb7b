"""Where a learner goes on: the next step of a course, and the course in which they were last."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import func, select

from academy import courses, enrolments, locks
from academy.courses import PublishedCourse
from academy.enrolments import Progress
from academy.locks import Lock
from academy.models import Attempt, Enrolment, LessonCompletion
from plg.kit.db import db


@dataclass(frozen=True)
class Step:
    """What comes next. kind: a lesson, the quiz, or nothing more; lock: why it cannot be opened yet."""

    kind: Literal["lesson", "quiz", "done"]
    lesson: str | None = None
    lock: Lock | None = None


@dataclass(frozen=True)
class Place:
    """A course that somebody is in the middle of, and what comes next."""

    enrolment: Enrolment
    published: PublishedCourse
    progress: Progress
    step: Step


def next_step(enrolment: Enrolment, progress: Progress) -> Step:
    """The first open lesson that is not finished, then the quiz. Where everything left is locked: the first of it."""
    course = courses.published(enrolment.version_id).course
    locked = locks.of(enrolment, progress)
    left: list[Step] = [
        Step("lesson", each.key, locked.get(each.key))
        for each in course.lessons
        if each.key not in progress.lessons_done
    ]
    if left:
        return next((each for each in left if each.lock is None), left[0])
    if course.quiz is not None and not progress.quiz_passed:
        return Step("quiz", lock=locked.get(locks.QUIZ))
    return Step("done")


def last_place(person_id: int) -> Place | None:
    """The unfinished course in which the person did something last, in three queries; None where there is none."""
    enrolment = _last_touched(person_id)
    if enrolment is None:
        return None
    progress = enrolments.progress([enrolment])[enrolment.id]
    return Place(enrolment, courses.published(enrolment.version_id), progress, next_step(enrolment, progress))


def _last_touched(person_id: int) -> Enrolment | None:
    theirs = select(Enrolment).where(Enrolment.person_id == person_id, Enrolment.completed_at.is_(None))
    lesson = select(func.max(LessonCompletion.completed_at)).where(
        LessonCompletion.enrolment_id == Enrolment.id
    )
    attempt = select(func.max(Attempt.started_at)).where(Attempt.enrolment_id == Enrolment.id)
    latest = [lesson.correlate(Enrolment).scalar_subquery(), attempt.correlate(Enrolment).scalar_subquery()]
    touched = {
        row[0]: max(moment for moment in (row[0].enrolled_at, row[1], row[2]) if moment is not None)
        for row in db.session.execute(theirs.add_columns(*latest))
    }
    return max(touched, key=lambda each: touched[each], default=None)
