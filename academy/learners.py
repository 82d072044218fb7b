"""The learners of courses as staff see them: how many there are, on which version, and how far."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, case, func, select

from academy.journey_models import CourseInvitation
from academy.models import CourseVersion, Enrolment
from plg.kit.db import db


@dataclass(frozen=True)
class OnVersion:
    """How many are on a version of a course, how many of them have completed it, and whether it is the live one."""

    course: str
    version: int
    learners: int
    completed: int
    live: bool


def by_version(course_key: str | None = None) -> list[OnVersion]:
    """Every live version, and every other one that somebody is on, the newest first; of one course, or of all."""
    newest = select(func.max(CourseVersion.id)).group_by(CourseVersion.key)
    live = CourseVersion.id.in_(newest) & CourseVersion.retired_at.is_(None)
    completed = case((Enrolment.completed_at.is_not(None), 1))
    query: Any = select(
        CourseVersion.key, CourseVersion.version, func.count(Enrolment.id), func.count(completed), live
    )
    query = query.outerjoin(Enrolment, Enrolment.version_id == CourseVersion.id)
    if course_key is not None:
        query = query.where(CourseVersion.key == course_key)
    query = query.group_by(CourseVersion.id).having((func.count(Enrolment.id) > 0) | _any(live))
    rows = db.session.execute(query.order_by(CourseVersion.key, CourseVersion.version.desc()))
    return [OnVersion(key, version, all_, done, bool(is_live)) for key, version, all_, done, is_live in rows]


def _any(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return func.max(case((condition, 1), else_=0)) == 1


def invited(course_key: str) -> tuple[int, int]:
    """How many were invited to a course, and how many of them have accepted."""
    counts = select(func.count(CourseInvitation.id), func.count(CourseInvitation.accepted_at))
    asked, accepted = db.session.execute(counts.where(CourseInvitation.course_key == course_key)).one()
    return asked, accepted
