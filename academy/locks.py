"""What of a course is not open to a learner yet, and why: courses that come first, days that have to pass, lessons.

Every door to a lesson or a quiz asks here: pages, API, and the start of an attempt.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Any

from academy import courses, enrolments, prerequisites
from academy.admission import Opening
from academy.enrolments import Progress
from academy.models import Enrolment
from academy.prerequisites import PrerequisitesMissing
from plg.accounts import accounts
from plg.kit.clock import now, zone
from plg.kit.errors import Conflict


class LessonLocked(Conflict):
    """The lesson is not open yet: `opens_at`, `after_lesson` and `after_percent` say what it waits for."""


class QuizLocked(Conflict):
    """The same of the quiz."""


@dataclass(frozen=True)
class Lock:
    """What a lesson or the quiz waits for: a moment, a lesson, a percentage of the course; all that is given."""

    opens_at: dt.datetime | None = None
    after_lesson: str | None = None
    after_percent: int | None = None

    @property
    def plain(self) -> dict[str, Any]:
        """As JSON."""
        at = self.opens_at and self.opens_at.astimezone(dt.UTC).isoformat(timespec="seconds")
        return {"opens_at": at, "after_lesson": self.after_lesson, "after_percent": self.after_percent}


QUIZ = None
"""Stands for the quiz among the keys of lessons."""
Locks = dict[str | None, Lock]


def of(enrolment: Enrolment, progress: Progress) -> Locks:
    """What is still locked, by lesson key and `QUIZ`. What was finished once stays open."""
    course = courses.published(enrolment.version_id).course
    if not course.opens:
        return {}
    calendar = _calendar(enrolment)
    locked: Locks = {}
    for opening in course.opens:
        lock = _lock(opening, enrolment.enrolled_at, progress, calendar)
        if lock is not None:
            names = [*opening.lessons, *([QUIZ] if opening.quiz else [])]
            locked |= {name: _both(locked.get(name), lock) for name in names}
    return {name: lock for name, lock in locked.items() if name not in progress.lessons_done}


def check_lesson(enrolment: Enrolment, lesson_key: str) -> None:
    """Raise PrerequisitesMissing or LessonLocked where the lesson is not open to the learner."""
    _check(enrolment, lesson_key, LessonLocked, f"The lesson {lesson_key!r} is not open yet.")


def is_open(enrolment: Enrolment, lesson_key: str) -> bool:
    """Whether the lesson is open to the learner."""
    try:
        check_lesson(enrolment, lesson_key)
    except (LessonLocked, PrerequisitesMissing):
        return False
    return True


def check_file(enrolment: Enrolment, name: str) -> None:
    """Raise as check_lesson does where no lesson that shows this file of the course is open to the learner."""
    course = courses.published(enrolment.version_id).course
    showing = [lesson.key for lesson in course.lessons if name in lesson.files()]
    if showing and not any(is_open(enrolment, key) for key in showing):
        check_lesson(enrolment, showing[0])


def check_quiz(enrolment: Enrolment) -> None:
    """Raise PrerequisitesMissing or QuizLocked where no attempt may begin."""
    _check(enrolment, QUIZ, QuizLocked, "The quiz is not open yet.")


def _check(enrolment: Enrolment, name: str | None, refusal: type[Conflict], said: str) -> None:
    course = courses.published(enrolment.version_id).course
    prerequisites.check(enrolment.person_id, course)
    if any(name in each.lessons or (name is QUIZ and each.quiz) for each in course.opens):
        lock = of(enrolment, enrolments.progress([enrolment])[enrolment.id]).get(name)
        if lock is not None:
            raise refusal(said, **lock.plain)


def _lock(opening: Opening, enrolled_at: dt.datetime, progress: Progress, calendar: dt.tzinfo) -> Lock | None:
    """What this opening still waits for; None where it is open."""
    at = _moment(opening, enrolled_at, calendar)
    lesson, percent = opening.after_lesson, opening.after_percent
    lock = Lock(
        opens_at=at if at is not None and now() < at else None,
        after_lesson=lesson if lesson not in progress.lessons_done else None,
        after_percent=percent if percent is not None and progress.percent < percent else None,
    )
    return None if lock == Lock() else lock


def _moment(opening: Opening, enrolled_at: dt.datetime, calendar: dt.tzinfo) -> dt.datetime | None:
    """The moment before which it is closed whatever is learned. Days are those of the calendar: across the change to
    summer time it is the same time of day."""
    moments: list[dt.datetime] = []
    if opening.after_days is not None:
        moments.append(enrolled_at.astimezone(calendar) + dt.timedelta(days=opening.after_days))
    if opening.date is not None:
        moments.append(dt.datetime.combine(opening.date, dt.time(), calendar))
    return max((each.astimezone(dt.UTC) for each in moments), default=None)


def _both(one: Lock | None, other: Lock) -> Lock:
    """Two openings that name the same lesson: the later moment; of the rest, what the first one says."""
    if one is None:
        return other
    later = max((at for at in (one.opens_at, other.opens_at) if at is not None), default=None)
    return replace(
        one,
        opens_at=later,
        after_lesson=one.after_lesson or other.after_lesson,
        after_percent=max(one.after_percent or 0, other.after_percent or 0) or None,
    )


def _calendar(enrolment: Enrolment) -> dt.tzinfo:
    """Of the workspace in which they learn; UTC where there is none."""
    if enrolment.account_id is None:
        return dt.UTC
    return zone(accounts.get(enrolment.account_id).timezone)
