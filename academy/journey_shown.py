"""What the API tells about paths, next steps, closed lessons and moves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from academy import resuming
from academy.access import Access
from academy.journey_models import CourseMove
from academy.moving import Leaving
from academy.paths import PathSeen
from academy.resuming import Step


def path(seen: PathSeen) -> dict[str, Any]:
    """A path, and how far the person is on it."""
    whole, progress = seen.published.path, seen.progress
    return {
        "key": seen.published.key,
        "version": seen.published.version,
        "title": whole.title.model_dump(),
        "summary": whole.summary.model_dump(),
        "courses": [
            {"course": each.course, "optional": each.optional, "completed": each.course in progress.completed}
            for each in whole.courses
        ],
        "started_at": seen.enrolment.started_at if seen.enrolment else None,
        "completed_at": seen.enrolment.completed_at if seen.enrolment else None,
        "progress": {"done": progress.done, "total": progress.total, "percent": progress.percent},
    }


def step(course: str, found: Step) -> dict[str, Any]:
    """What comes next in a course."""
    lock = found.lock.plain if found.lock else None
    return {"course": course, "kind": found.kind, "lesson": found.lesson, "lock": lock}


def access(found: Access) -> dict[str, Any]:
    """Whether somebody may begin or go on, and what keeps them from it."""
    key, after = found.published.key, None
    if found.enrolment is not None and found.progress is not None:
        after = step(key, resuming.next_step(found.enrolment, found.progress))
    return {
        "course": key,
        "version": found.published.version,
        "enrolled": found.enrolment is not None,
        "open": not found.obstacles,
        "obstacles": list(found.obstacles),
        "missing": [each.model_dump() for each in found.missing],
        "locked": [{"lesson": name, "lock": lock.plain} for name, lock in found.locked.items()],
        "next": after,
    }


def migration(course: str, to: int, leaving: Sequence[Leaving], row: CourseMove | None) -> dict[str, Any]:
    """A move of learners: planned where there is no row, else under way or ended."""
    return {
        "course": course,
        "to": to,
        "dry_run": row is None,
        "leaving": [asdict(each) for each in leaving],
        "started_at": row.started_at if row else None,
        "finished_at": row.finished_at if row else None,
        "moved": row.moved if row else 0,
        "waiting": row.waiting if row else 0,
    }
