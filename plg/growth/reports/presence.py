"""Who was there in which period: how many events, and of how many different actors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from plg.growth.columns.keys import TIME_BITS, Keys, first_of_each

from . import periods
from .periods import Calendar

CELLS = 8
"""A table of actors and periods is made where it has at most so many cells an event; else visits are sorted."""


def counted(keys: Sequence[Keys], calendar: Calendar) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """How many events of these sorted keys, all within the calendar, and of how many actors, in each period."""
    keys = [each for each in keys if each.size]
    if not keys:
        return np.zeros(calendar.count, np.int64), np.zeros(calendar.count, np.int64)
    numbers = [calendar.numbers(each).astype(np.int64) for each in keys]
    count = np.sum([np.bincount(each, minlength=calendar.count) for each in numbers], axis=0)
    low = min(int(each[0]) for each in keys) >> TIME_BITS
    width = (max(int(each[-1]) for each in keys) >> TIME_BITS) - low + 1
    if width * calendar.count <= CELLS * sum(each.size for each in keys):
        return count, _by_table(keys, numbers, calendar, low, width)
    return count, _by_sorting(keys, calendar)


def _by_table(
    keys: Sequence[Keys], numbers: Sequence[NDArray[np.int64]], calendar: Calendar, low: int, width: int
) -> NDArray[np.int64]:
    there = np.zeros((calendar.count, width), np.bool_)
    for each, number in zip(keys, numbers, strict=True):
        actors = (each >> np.uint64(TIME_BITS)).view(np.int64)
        there.reshape(-1)[number * width + (actors - low)] = True
    return np.array([np.count_nonzero(row) for row in there])


def _by_sorting(keys: Sequence[Keys], calendar: Calendar) -> NDArray[np.int64]:
    visits = np.sort(np.concatenate([calendar.visits(each) for each in keys]))
    return np.bincount(periods.split(visits[first_of_each(visits)])[1], minlength=calendar.count)
