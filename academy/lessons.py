"""Lessons: finished by a person, each once."""

from __future__ import annotations

from academy import courses, enrolments, event_names, locks
from academy.models import Enrolment, LessonCompletion
from academy.schemas import Lesson
from plg.kit.clock import now
from plg.kit.db import db, insert
from plg.kit.errors import NotFound


class LessonNotFound(NotFound):
    pass


def lesson_of(enrolment: Enrolment, lesson_key: str) -> Lesson:
    """The lesson in the version that the person is on. Raises LessonLocked where it is not open to them yet, and
    PrerequisitesMissing."""
    lesson = courses.published(enrolment.version_id).course.lesson(lesson_key)
    if lesson is None:
        raise LessonNotFound(f"This course has no lesson {lesson_key!r}.")
    locks.check_lesson(enrolment, lesson_key)
    return lesson


def complete(person_id: int, course_key: str, lesson_key: str) -> Enrolment:
    """The person finished a lesson. Repeated or on two devices at once: told once.

    The last lesson of a course without a quiz finishes the course.
    """
    # Held, so that of two last lessons finished at the same moment one sees the other.
    enrolment = enrolments.of(person_id, course_key, for_update=True)
    lesson_of(enrolment, lesson_key)
    row = {"enrolment_id": enrolment.id, "lesson_key": lesson_key, "completed_at": now()}
    new = insert(LessonCompletion).values(row).on_conflict_do_nothing().returning(LessonCompletion.lesson_key)
    if db.session.execute(new).first() is not None:
        enrolments.record(enrolment, event_names.LESSON_COMPLETED, lesson=lesson_key)
        progress = enrolments.progress([enrolment])[enrolment.id]
        if progress.steps_done == progress.steps:
            enrolments.complete(enrolment, now())
    return enrolment
