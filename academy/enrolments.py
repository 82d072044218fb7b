"""Enrolments: a person begins a course, gets on in it, finishes it."""

from __future__ import annotations

import datetime as dt
import functools
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, bindparam, select

from academy import audience, courses, event_names, prerequisites
from academy.courses import PublishedCourse
from academy.models import Attempt, Enrolment, LessonCompletion
from plg.events import log
from plg.kit.clock import now
from plg.kit.db import db, insert
from plg.kit.errors import NotFound


class NotEnrolled(NotFound):
    pass


@dataclass(frozen=True)
class Progress:
    """How far somebody is in their version of a course. Its steps are the lessons and the quiz, if any."""

    lessons_done: frozenset[str]
    quiz_passed: bool
    steps_done: int
    steps: int

    @property
    def percent(self) -> int:
        """The share of the steps that is done, 0 to 100, rounded down."""
        return 100 * self.steps_done // self.steps


def enrol(
    person_id: int, course_key: str, *, account_id: int | None = None, invited: bool = False
) -> Enrolment:
    """Let a person begin the live version of a course. Repeated, it gives the first enrolment back.

    Raises PrerequisitesMissing, or CourseNotForYou where they are not among those whom the course is for; an
    invitation stands above that.
    """
    begun = find(person_id, course_key)
    if begun is not None:
        return begun
    current = courses.live(course_key)
    if not invited:
        audience.check(course_key, current.course.audience, person_id, account_id)
    prerequisites.check(person_id, current.course)
    row = {
        "person_id": person_id,
        "account_id": account_id,
        "course_key": course_key,
        "version_id": current.id,
    }
    new = (
        insert(Enrolment)
        .values(row | {"enrolled_at": now()})
        .on_conflict_do_nothing()
        .returning(Enrolment.id)
    )
    made = db.session.execute(new).first() is not None
    enrolment = of(person_id, course_key)
    if made:
        record(enrolment, event_names.COURSE_STARTED, by="invitation" if invited else "learner")
    return enrolment


def find(person_id: int, course_key: str, *, for_update: bool = False) -> Enrolment | None:
    """The person's enrolment in a course; for_update: held until the transaction ends."""
    options = {"populate_existing": True} if for_update else {}
    which = {"person_id": person_id, "course_key": course_key}
    return db.session.scalar(_by_person(for_update), which, execution_options=options)


@functools.cache
def _by_person(for_update: bool) -> Select[Enrolment]:
    """Built once: putting it together costs more than running it."""
    query = select(Enrolment).where(
        Enrolment.person_id == bindparam("person_id"), Enrolment.course_key == bindparam("course_key")
    )
    return query.with_for_update() if for_update else query


def of(person_id: int, course_key: str, *, for_update: bool = False) -> Enrolment:
    """As `find`; NotEnrolled where there is none."""
    enrolment = find(person_id, course_key, for_update=for_update)
    if enrolment is None:
        raise NotEnrolled(f"This person has not begun the course {course_key!r}.")
    return enrolment


def all_of(person_id: int) -> list[Enrolment]:
    """The person's enrolments, the newest first."""
    query = select(Enrolment).where(Enrolment.person_id == person_id)
    return list(db.session.scalars(query.order_by(Enrolment.enrolled_at.desc(), Enrolment.id.desc())))


def progress(enrolments: list[Enrolment]) -> dict[int, Progress]:
    """How far each of these is, by enrolment id, in two queries however many they are."""
    ids = [enrolment.id for enrolment in enrolments]
    done: dict[int, set[str]] = {enrolment_id: set() for enrolment_id in ids}
    completions = select(LessonCompletion.enrolment_id, LessonCompletion.lesson_key)
    for enrolment_id, lesson in db.session.execute(completions.where(LessonCompletion.enrolment_id.in_(ids))):
        done[enrolment_id].add(lesson)
    passes = select(Attempt.enrolment_id).where(Attempt.enrolment_id.in_(ids), Attempt.passed.is_(True))
    passed = set(db.session.scalars(passes))
    return {
        each.id: _progress(courses.published(each.version_id), done[each.id], each.id in passed)
        for each in enrolments
    }


def _progress(published: PublishedCourse, done: set[str], passed: bool) -> Progress:
    lessons = frozenset(lesson.key for lesson in published.course.lessons) & done
    quiz = published.course.quiz is not None
    return Progress(
        lessons_done=lessons,
        quiz_passed=passed,
        steps_done=len(lessons) + (quiz and passed),
        steps=len(published.course.lessons) + quiz,
    )


def complete(enrolment: Enrolment, at: dt.datetime) -> None:
    """The course is finished; told once, however often this is called. The caller holds the enrolment."""
    if enrolment.completed_at is None:
        enrolment.completed_at = at
        record(enrolment, event_names.COURSE_COMPLETED)


def record(enrolment: Enrolment, name: str, **properties: Any) -> None:
    """Write an event about this enrolment."""
    log.store([told(enrolment, name, **properties)])


def told(enrolment: Enrolment, name: str, **properties: Any) -> log.NewEvent:
    """The event that `record` writes; `log.store` takes many."""
    published = courses.published(enrolment.version_id)
    about = {"course": published.key, "version": published.version, "title": published.course.title.en}
    person, account = enrolment.person_id, enrolment.account_id
    return log.own(name, person_id=person, account_id=account, properties=about | properties)
