"""The rules of a quiz as they hold for one person, with what staff gave them beyond."""

from __future__ import annotations

import datetime as dt

from academy.models import Enrolment
from academy.schemas import Quiz


def max_attempts(quiz: Quiz, enrolment: Enrolment) -> int | None:
    """How many attempts the person has in all; None where they are not limited."""
    return None if quiz.max_attempts is None else quiz.max_attempts + enrolment.extra_attempts


def due_at(quiz: Quiz, enrolment: Enrolment, started_at: dt.datetime) -> dt.datetime | None:
    """When the time limit ends or the quiz closes, whichever is first; extra time moves both."""
    extra = dt.timedelta(minutes=enrolment.extra_minutes)
    ends = [] if quiz.closes_at is None else [quiz.closes_at + extra]
    if quiz.time_limit_minutes is not None:
        ends.append(started_at + dt.timedelta(minutes=quiz.time_limit_minutes) + extra)
    return min(ends, default=None)
