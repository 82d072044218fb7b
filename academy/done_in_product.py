"""Lessons that are done in the product: finished when the log shows that their tasks are done.

An event is only the hint to look; what counts is the log and the times in it. So late, twice, out of order and read
back from the past give one answer. A lesson that is not open yet is finished when it is opened."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from flask import current_app
from sqlalchemy import func, or_, select

from academy import courses, lesson_facts, lessons, locks
from academy.event_names import COURSE_STARTED
from academy.lesson_kinds import Facts, Practice
from academy.models import CourseVersion, Enrolment, LessonCompletion
from academy.schemas import Lesson
from plg.events.stream import LoggedEvent
from plg.kit.clock import now
from plg.kit.db import db

Place = tuple[int, str]
"""A version of a course, and one of its lessons."""


@dataclass
class _Asked:
    """What published courses ask of the log. until: the newest version that was looked at."""

    until: int = 0
    by_event: dict[str, set[Place]] = field(default_factory=lambda: defaultdict(set))
    by_version: dict[int, list[Lesson]] = field(default_factory=dict)


def take(events: Iterable[LoggedEvent]) -> None:
    """Finish the lessons that these events may have done, of whoever they concern."""
    asked = _asked()
    told = [event for event in events if event.name in asked.by_event or event.name == COURSE_STARTED]
    if not told or not asked.by_version:
        return
    people = {event.person_id for event in told if event.person_id is not None}
    accounts = {event.account_id for event in told if event.account_id is not None}
    open_ones = _open_ones(people, accounts, asked)
    for (version_id, lesson_key), enrolment_ids in open_ones.items():
        lesson = courses.published(version_id).course.lesson(lesson_key)
        if lesson is not None:
            _finish_done(lesson, enrolment_ids)


def _finish_done(lesson: Lesson, enrolment_ids: list[int]) -> None:
    assert isinstance(lesson.work, Practice)
    counts, moment = lesson_facts.counted(lesson.work, enrolment_ids), now()
    done = [id for id, found in counts.items() if lesson.work.done(Facts(at=moment, counts=found))]
    if not done:
        return
    held = select(Enrolment).where(Enrolment.id.in_(done)).order_by(Enrolment.id).with_for_update()
    for enrolment in db.session.scalars(held, execution_options={"populate_existing": True}).all():
        if locks.is_open(enrolment, lesson.key):
            lessons.finish(enrolment, lesson.key, moment)


def _open_ones(people: Collection[int], accounts: Collection[int], asked: _Asked) -> dict[Place, list[int]]:
    """Who is in the middle of such a lesson: enrolment ids by lesson, in two queries."""
    concerned = or_(Enrolment.person_id.in_(people), Enrolment.account_id.in_(accounts))
    query = select(Enrolment.id, Enrolment.version_id).where(
        concerned, Enrolment.version_id.in_(asked.by_version), Enrolment.completed_at.is_(None)
    )
    enrolled = {row.id: row.version_id for row in db.session.execute(query)}
    finished = select(LessonCompletion.enrolment_id, LessonCompletion.lesson_key)
    rows = db.session.execute(finished.where(LessonCompletion.enrolment_id.in_(enrolled))) if enrolled else ()
    done = {(id, lesson_key) for id, lesson_key in rows}
    found: dict[Place, list[int]] = defaultdict(list)
    for id, version_id in sorted(enrolled.items()):
        for lesson in asked.by_version[version_id]:
            if (id, lesson.key) not in done:
                found[version_id, lesson.key].append(id)
    return found


def _asked() -> _Asked:
    """Versions never change, so that each is looked at once a process."""
    known: _Asked = current_app.extensions.setdefault("academy.practice", _Asked())
    newest = db.session.scalar(select(func.max(CourseVersion.id))) or 0
    if newest > known.until:
        new = select(CourseVersion.id).where(CourseVersion.id > known.until, CourseVersion.id <= newest)
        for version_id in db.session.scalars(new).all():
            _look_at(version_id, known)
        known.until = newest
    return known


def _look_at(version_id: int, known: _Asked) -> None:
    for lesson in courses.published(version_id).course.lessons:
        if isinstance(lesson.work, Practice):
            known.by_version.setdefault(version_id, []).append(lesson)
            for leaf in lesson.work.leaves.values():
                known.by_event[leaf.event].add((version_id, lesson.key))
