"""What a move of learners to another version of their course means: which lesson becomes which, and what changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, select

from academy import courses
from academy.courses import PublishedCourse
from academy.models import IN_PROGRESS, Attempt, CourseVersion, Enrolment, LessonCompletion
from plg.kit.db import db
from plg.kit.errors import Conflict, Fault, Unprocessable


class VersionNotLive(Conflict):
    """People are moved to the live version only; `live` is its number."""


class MappingFaulty(Unprocessable):
    """It does not say what becomes of every lesson that somebody finished, or names lessons that are not there."""


@dataclass(frozen=True)
class Move:
    """lessons: old key -> new key, "" for what counts no more. A lesson that keeps its key needs no mention."""

    course_key: str
    to: PublishedCourse
    lessons: dict[str, str]

    def becomes(self, lesson: str) -> str | None:
        """The lesson in the new version; None where it counts no more."""
        new = self.lessons.get(lesson, lesson)
        return new if self.to.course.lesson(new) is not None else None


@dataclass(frozen=True)
class Leaving:
    """Those who leave one version: how many are moved, how many of them wait for the end of an attempt, for how many
    the share that is done grows or shrinks, and how many stay because they have completed it."""

    version: int
    moved: int
    waiting: int
    further: int
    back: int
    completed: int


def make(course_key: str, to: int, lessons: Mapping[str, str]) -> Move:
    """The move to the live version. Raises VersionNotLive or MappingFaulty."""
    live = courses.live(course_key)
    if live.version != to:
        raise VersionNotLive(f"Version {live.version} is live, not {to}.", live=live.version)
    move = Move(course_key, live, dict(lessons))
    wrong = _wrong(move)
    if any(wrong.values()):
        said = f"The move of {course_key!r} to version {to} is not clear."
        raise MappingFaulty(said, errors=_faults(wrong, to), **wrong)
    return move


def _wrong(move: Move) -> dict[str, Any]:
    """What is wrong with a mapping. nobody: old lessons that no version has which somebody leaves; unknown: new ones
    that are not there, by the old; lost: lessons of which nothing is said, with how many have finished them."""
    finished = _finished_lessons(move)
    left = [courses.published(each).course for each in _versions_left(*movable(move))]
    known = {lesson.key for course in left for lesson in course.lessons} | finished.keys()
    new_ones = {old: new for old, new in move.lessons.items() if new}
    return {
        "nobody": [old for old in move.lessons if left and old not in known],
        "unknown": {old: new for old, new in new_ones.items() if move.to.course.lesson(new) is None},
        "lost": {
            old: count
            for old, count in finished.items()
            if old not in move.lessons and move.becomes(old) is None
        },
    }


def _faults(wrong: Mapping[str, Any], to: int) -> list[Fault]:
    return [
        *(Fault(f"map.{old}", "no learner is on a version with this lesson") for old in wrong["nobody"]),
        *(
            Fault(f"map.{old}", f"version {to} has no lesson {new!r}")
            for old, new in wrong["unknown"].items()
        ),
        *(
            Fault(
                f"map.{old}", f"{count} finished it, and version {to} has it no more: map it, or to nothing"
            )
            for old, count in wrong["lost"].items()
        ),
    ]


def leaving(move: Move) -> list[Leaving]:
    """What the move changes for how many, by the version that they leave; one query a version."""
    return [_leaving(move, courses.published(each)) for each in _versions_left(_elsewhere(move))]


def movable(move: Move) -> list[ColumnElement[bool]]:
    """The conditions for those who are moved: on another version, and not at its end."""
    return [_elsewhere(move), Enrolment.completed_at.is_(None)]


def _elsewhere(move: Move) -> ColumnElement[bool]:
    others = select(CourseVersion.id).where(
        CourseVersion.key == move.course_key, CourseVersion.id != move.to.id
    )
    return Enrolment.version_id.in_(others)


def in_attempt() -> ColumnElement[bool]:
    """Whether an enrolment is in the middle of an attempt, whose questions are those of the old version."""
    running = select(Attempt.id).where(Attempt.enrolment_id == Enrolment.id, Attempt.state == IN_PROGRESS)
    return running.exists()


def _versions_left(*who: ColumnElement[bool]) -> list[int]:
    """The versions on which such enrolments are."""
    query = select(Enrolment.version_id).where(*who).distinct()
    return list(db.session.scalars(query.order_by(Enrolment.version_id)))


def _finished_lessons(move: Move) -> dict[str, int]:
    """How many of those who are moved have finished each lesson."""
    query = select(LessonCompletion.lesson_key, func.count()).join(
        Enrolment, Enrolment.id == LessonCompletion.enrolment_id
    )
    rows = db.session.execute(query.where(*movable(move)).group_by(LessonCompletion.lesson_key)).all()
    return dict(sorted((lesson, count) for lesson, count in rows))


def _leaving(move: Move, old: PublishedCourse) -> Leaving:
    each = _shares(move, old).subquery()
    before, after = each.c.old * _steps(move.to), each.c.new * _steps(old)
    goes = each.c.completed_at.is_(None)
    columns: list[Any] = [
        _count(goes),
        _count(and_(goes, each.c.waiting)),
        _count(and_(goes, after > before)),
        _count(and_(goes, after < before)),
        _count(~goes),
    ]
    row = db.session.execute(select(*columns)).one()
    return Leaving(old.version, *(number or 0 for number in row))


def _shares(move: Move, old: PublishedCourse) -> Select[Any]:
    """Per enrolment on the old version: how many lessons count now, and how many will."""
    theirs = {lesson.key: move.becomes(lesson.key) for lesson in old.course.lessons}
    kept = {key: new for key, new in theirs.items() if new is not None}
    done = LessonCompletion.lesson_key
    becomes: ColumnElement[Any] = case(kept, value=done) if kept else case((done.is_(None), done))
    query: Any = select(
        Enrolment.completed_at,
        in_attempt().label("waiting"),
        func.count(case((done.in_(theirs), done))).label("old"),
        func.count(becomes.distinct()).label("new"),
    )
    query = query.outerjoin(LessonCompletion, LessonCompletion.enrolment_id == Enrolment.id)
    return query.where(Enrolment.version_id == old.id).group_by(Enrolment.id, Enrolment.completed_at)


def _steps(published: PublishedCourse) -> int:
    return len(published.course.lessons) + (published.course.quiz is not None)


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))
