"""Days, weeks (from Monday) and months of a time zone's calendar, as edges in milliseconds since 2010."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from plg.growth.columns.keys import Keys, actors_of, clock, first_of_each, times_of

from .definition import Interval, Range

QUARTER_MS = np.uint64(900_000)
PERIOD_BITS = np.uint64(14)
PERIOD_MASK = np.uint64(2**14 - 1)
MOST_PERIODS = 3660


@dataclass(frozen=True)
class Calendar:
    """days: the first day of each period; edges: one more than days."""

    days: list[dt.date]
    edges: Keys

    @property
    def count(self) -> int:
        return len(self.days)

    def numbers(self, keys: Keys) -> NDArray[np.int16]:
        """The number of the period of each key, all of which lie within the calendar."""
        quarters = (times_of(keys) - self._first) // QUARTER_MS
        return self._table.take(quarters.view(np.int64))

    def visits(self, keys: Keys) -> Keys:
        """Each actor and each period in which it has one of these sorted keys, once: see `split`."""
        visit = (actors_of(keys) << PERIOD_BITS) | self.numbers(keys).astype(np.uint64)
        return visit[first_of_each(visit)]

    @cached_property
    def _first(self) -> np.uint64:
        """Where the quarter of an hour begins in which the calendar does."""
        return self.edges[0] // QUARTER_MS * QUARTER_MS

    @cached_property
    def _table(self) -> NDArray[np.int16]:
        """The period of each quarter of an hour. Since 2010 every zone's midnights have fallen on one, and looking up
        is several times as quick as searching."""
        quarters = np.arange(self._first, self.edges[-1] + np.uint64(1), QUARTER_MS, dtype=np.uint64)
        return np.searchsorted(self.edges[1:-1], quarters, side="right").astype(np.int16)


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


def cut(range_: Range, interval: Interval, timezone: str) -> Calendar:
    """The periods of a range; the first and the last are cut at its ends."""
    days = _days(range_, interval, timezone)
    inner = [midnight(day, timezone) for day in days[1:]]
    return Calendar(days, _edges([range_.start, *inner, range_.end]))


def whole(range_: Range, interval: Interval, timezone: str, before: int = 0, after: int = 0) -> Calendar:
    """The whole periods that a range touches, with some more before and after them."""
    days = _days(range_, interval, timezone)
    for _ in range(before):
        days.insert(0, first_day(days[0] - dt.timedelta(days=1), interval))
    for _ in range(after + 1):
        days.append(next_day(days[-1], interval))
    return Calendar(days[:-1], _edges([midnight(day, timezone) for day in days]))


def split(visit: Keys) -> tuple[Keys, NDArray[np.int64]]:
    """Actors and numbers of periods of visits."""
    return visit >> PERIOD_BITS, (visit & PERIOD_MASK).astype(np.int64)


def _days(range_: Range, interval: Interval, timezone: str) -> list[dt.date]:
    zone = ZoneInfo(timezone)
    last = (range_.end - dt.timedelta(microseconds=1)).astimezone(zone).date()
    days = [first_day(range_.start.astimezone(zone).date(), interval)]
    while (following := next_day(days[-1], interval)) <= last:
        days.append(following)
    return days


def _edges(moments: list[dt.datetime]) -> Keys:
    return np.array([clock(moment) for moment in moments], dtype=np.uint64)
