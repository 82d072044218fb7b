"""What usage does as time passes."""

from __future__ import annotations

import datetime as dt

from plg.usage import counting, reservations


def free_expired(now: dt.datetime) -> int:
    """Let a batch of reservations go whose time is up."""
    return reservations.free_expired(now)


def fill_meters(now: dt.datetime) -> int:
    """Count a window of the past for a meter that is new or measures something else now."""
    return counting.fill(now)
