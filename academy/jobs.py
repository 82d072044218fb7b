"""What the academy does because time passed."""

from __future__ import annotations

import datetime as dt

from academy import attempts, certificate_steps, moves
from academy.certificates import tasks


def close_due_attempts(now: dt.datetime) -> int:
    """Finish one batch of attempts whose time is over; returns how many."""
    return attempts.close_due(now)


def move_learners(now: dt.datetime) -> int:
    """Move one batch of learners to another version of their course; returns how many."""
    return moves.continue_all(now)


def do_certificate_tasks(now: dt.datetime) -> int:
    """Do some of what is due for certificates: steps of issuing, reminders, ends; returns how many."""
    return tasks.do_due(now, certificate_steps.ISSUING, certificate_steps.TIMED)
