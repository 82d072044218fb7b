"""What the academy does because time passed."""

from __future__ import annotations

import datetime as dt

from academy import attempts


def close_due_attempts(now: dt.datetime) -> int:
    """Finish one batch of attempts whose time is over; returns how many."""
    return attempts.close_due(now)
