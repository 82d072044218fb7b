"""What the academy does because time passed."""

from __future__ import annotations

import datetime as dt

from academy import attempts, moves


def close_due_attempts(now: dt.datetime) -> int:
    """Finish one batch of attempts whose time is over; returns how many."""
    return attempts.close_due(now)


def move_learners(now: dt.datetime) -> int:
    """Move one batch of learners to another version of their course; returns how many."""
    return moves.continue_all(now)
