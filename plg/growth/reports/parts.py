"""Work on the events of some actors at a time: several processors share it, and memory does not grow with the log."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

import numpy as np

from plg.growth.columns.keys import LARGEST_ACTOR, TIME_BITS, Keys, actors_of

Part = TypeVar("Part")
Found = TypeVar("Found")
SAMPLE = 100
ROWS = 500_000
"""So many events at a time are looked at."""


def of_all(work: Callable[[Part], Found], parts: Iterable[Part]) -> list[Found]:
    """What the work finds in each part, in their order. NumPy lets go of Python's lock, so threads are enough."""
    parts = list(parts)
    return list(_pool().map(work, parts)) if len(parts) > 1 else [work(part) for part in parts]


def edges(keys: Sequence[Keys]) -> list[int]:
    """Numbers of actors, between each two of which lie about ROWS of these events, all of each actor's."""
    some = np.sort(np.concatenate([np.empty(0, np.uint64), *(actors_of(each[::SAMPLE]) for each in keys)]))
    inner = some[:: max(ROWS // SAMPLE, 1)][1:]
    return np.unique(np.append(inner, [np.uint64(0), np.uint64(LARGEST_ACTOR + 1)])).tolist()


def split(keys: Sequence[Keys]) -> list[Sequence[Keys]]:
    """These sorted keys, cut between actors into parts of about ROWS events."""
    cuts = np.array(edges(keys)[1:-1], np.uint64) << np.uint64(TIME_BITS)
    each = [np.split(some, np.searchsorted(some, cuts)) for some in keys]
    return list(zip(*each, strict=True))


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="report")
