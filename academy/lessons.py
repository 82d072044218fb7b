"""Lessons: finished by a person, each once, when what is known of them is enough."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from sqlalchemy import select

from academy import courses, enrolments, event_names, lesson_facts, locks
from academy.lesson_kinds import Facts
from academy.models import Enrolment, LessonCompletion
from academy.schemas import Lesson
from plg.kit.clock import now
from plg.kit.db import db, insert
from plg.kit.errors import Conflict, NotFound


class LessonNotFound(NotFound):
    pass


class LessonNotDone(Conflict):
    """What the lesson asks for, its `kind` of work, is not done yet."""


def lesson_of(enrolment: Enrolment, lesson_key: str) -> Lesson:
    """The lesson in the version that the person is on. Raises LessonLocked where it is not open to them yet, and
    PrerequisitesMissing."""
    lesson = courses.published(enrolment.version_id).course.lesson(lesson_key)
    if lesson is None:
        raise LessonNotFound(f"This course has no lesson {lesson_key!r}.")
    locks.check_lesson(enrolment, lesson_key)
    return lesson


def complete(person_id: int, course_key: str, lesson_key: str) -> Enrolment:
    """The person says that they finished a lesson. Repeated or on two devices at once: told once.

    The last lesson of a course without a quiz finishes the course. Raises LessonNotDone where saying so does not do.
    """
    # Held, so that of two last lessons finished at the same moment one sees the other.
    enrolment = enrolments.of(person_id, course_key, for_update=True)
    lesson = lesson_of(enrolment, lesson_key)
    if not is_completed(enrolment, lesson_key):
        facts = replace(lesson_facts.of(enrolment, lesson), pressed=True)
        if not lesson.work.done(facts):
            raise LessonNotDone(
                f"The {lesson.work.kind} of this lesson is not done yet.", kind=lesson.work.kind
            )
        finish(enrolment, lesson_key, now())
    return enrolment


def open_lesson(person_id: int, course_key: str, lesson_key: str) -> None:
    """The person opened a lesson; the first time counts."""
    enrolment = enrolments.of(person_id, course_key, for_update=True)
    lesson = lesson_of(enrolment, lesson_key)
    lesson_facts.note_opened(enrolment, lesson_key)
    settle(enrolment, lesson, lesson_facts.of(enrolment, lesson))


def note(person_id: int, course_key: str, lesson_key: str, beat: lesson_facts.Beat) -> Facts:
    """Take down what a page tells of its reader, as far as it can be true; finishes the lesson where that is enough.

    Said twice, late, or by two devices at once, it counts once.
    """
    enrolment = enrolments.of(person_id, course_key, for_update=True)
    lesson = lesson_of(enrolment, lesson_key)
    lesson_facts.note(enrolment, lesson, beat)
    facts = lesson_facts.of(enrolment, lesson)
    settle(enrolment, lesson, facts)
    return facts


def settle(enrolment: Enrolment, lesson: Lesson, facts: Facts) -> None:
    """Finish the lesson where these facts are enough. The caller holds the enrolment."""
    if lesson.work.done(facts):
        finish(enrolment, lesson.key, facts.at)


def finish(enrolment: Enrolment, lesson_key: str, at: dt.datetime) -> bool:
    """The lesson is finished; whether it was not before. The caller holds the enrolment."""
    row = {"enrolment_id": enrolment.id, "lesson_key": lesson_key, "completed_at": at}
    new = insert(LessonCompletion).values(row).on_conflict_do_nothing().returning(LessonCompletion.lesson_key)
    if db.session.execute(new).first() is None:
        return False
    enrolments.record(enrolment, event_names.LESSON_COMPLETED, lesson=lesson_key)
    progress = enrolments.progress([enrolment])[enrolment.id]
    if progress.steps_done == progress.steps:
        enrolments.complete(enrolment, at)
    return True


def is_completed(enrolment: Enrolment, lesson_key: str) -> bool:
    """Whether the lesson is finished."""
    query = select(LessonCompletion.lesson_key).where(
        LessonCompletion.enrolment_id == enrolment.id, LessonCompletion.lesson_key == lesson_key
    )
    return db.session.scalar(query) is not None
