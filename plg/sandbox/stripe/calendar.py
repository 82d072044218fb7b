"""Billing periods: each boundary is counted from the anchor, so that 31 January comes back to 31 March."""

from __future__ import annotations

import calendar
from datetime import UTC, datetime, timedelta

_DAYS = {"day": 1, "week": 7}
_MONTHS = {"month": 1, "year": 12}


def boundary(anchor: int, interval: str, count: int, turns: int) -> int:
    """The anchor moved by `turns` periods of `count` intervals; a day that a month lacks is its last day."""
    start = datetime.fromtimestamp(anchor, UTC)
    if interval in _DAYS:
        return int((start + timedelta(days=_DAYS[interval] * count * turns)).timestamp())
    months = start.year * 12 + start.month - 1 + _MONTHS[interval] * count * turns
    year, month = divmod(months, 12)
    day = min(start.day, calendar.monthrange(year, month + 1)[1])
    return int(start.replace(year=year, month=month + 1, day=day).timestamp())


def next_boundary(anchor: int, interval: str, count: int, moment: int) -> int:
    """The first boundary after a moment (both in seconds since 1970)."""
    turns = 1
    while (found := boundary(anchor, interval, count, turns)) <= moment:
        turns += 1
    return found
