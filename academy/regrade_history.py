"""The regrades of a course that were done: when, by whom and why, and how much each changed."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import func, select, true
from sqlalchemy.orm import aliased

from academy.models import Attempt, CourseVersion, MarkChange
from plg.kit.db import db


@dataclass(frozen=True)
class Run:
    """One regrade. version, against: numbers of the versions whose attempts were marked again, and by which."""

    changed_at: dt.datetime
    changed_by: str
    reason: str
    version: int
    against: int
    changed: int
    now_passed: int
    passed_no_more: int


def runs(course_key: str, limit: int = 50) -> list[Run]:
    """The latest ones, the newest first; those that changed nothing left no trace."""
    taken, corrected = aliased(CourseVersion), aliased(CourseVersion)
    which = (
        MarkChange.changed_at,
        MarkChange.changed_by,
        MarkChange.reason,
        taken.version,
        corrected.version,
    )
    before, after = MarkChange.old_passed, MarkChange.passed
    query = select(
        *which,
        func.count(),
        func.count().filter(after == true(), before != true()),
        func.count().filter(before == true(), after != true()),
    )
    query = query.join(corrected, corrected.id == MarkChange.version_id)
    query = query.join(Attempt, Attempt.id == MarkChange.attempt_id)
    query = query.join(taken, taken.id == Attempt.version_id).where(corrected.key == course_key)
    rows = db.session.execute(query.group_by(*which).order_by(MarkChange.changed_at.desc()).limit(limit))
    return [Run(*row) for row in rows]
