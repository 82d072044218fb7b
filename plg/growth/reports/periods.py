"""Days, weeks (from Monday) and months of a time zone's calendar, as edges in milliseconds since 2010."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from plg.growth.columns.keys import Keys, clock, times_of

from .definition import Interval

QUARTER_MS = np.uint64(900_000)


def first_day(day: dt.date, interval: Interval) -> dt.date:
    """The first day of the period that a day lies in."""
    if interval == "week":
        return day - dt.timedelta(days=day.weekday())
    return day.replace(day=1) if interval == "month" else day


def next_day(day: dt.date, interval: Interval) -> dt.date:
    """The first day of the period after the one that begins with `day`."""
    if interval == "month":
        return (day.replace(day=1) + dt.timedelta(days=32)).replace(day=1)
    return day + dt.timedelta(days=7 if interval == "week" else 1)


def midnight(day: dt.date, timezone: str) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), ZoneInfo(timezone))


def between(
    start: dt.datetime, end: dt.datetime, interval: Interval, timezone: str, more: int = 0
) -> tuple[list[dt.date], Keys]:
    """The first day of each period that the range touches, and of `more` after them; their edges, one more than days:
    the range's own start and end, the midnights between."""
    zone = ZoneInfo(timezone)
    last = (end - dt.timedelta(microseconds=1)).astimezone(zone).date()
    days = [first_day(start.astimezone(zone).date(), interval)]
    while (following := next_day(days[-1], interval)) <= last:
        days.append(following)
    for _ in range(more):
        days.append(next_day(days[-1], interval))
    final = midnight(next_day(days[-1], interval), timezone) if more else end
    moments = [start, *(midnight(day, timezone) for day in days[1:]), final]
    return days, np.array([clock(moment) for moment in moments], dtype=np.uint64)


def numbers(keys: Keys, edges: Keys) -> NDArray[np.int64]:
    """The number of the period of each key, all of which lie between the edges. Since 2010 every zone's midnights
    have fallen on a quarter of an hour, and looking up is three times as quick as searching."""
    quarters = np.arange(edges[0] // QUARTER_MS, edges[-1] // QUARTER_MS + np.uint64(1), dtype=np.uint64)
    table = np.searchsorted(edges[1:-1], quarters * QUARTER_MS, side="right")
    found: NDArray[np.int64] = table[times_of(keys) // QUARTER_MS - edges[0] // QUARTER_MS]
    return found
