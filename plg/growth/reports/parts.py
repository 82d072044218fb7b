"""Work on the events of some actors at a time: several processors share it, and memory does not grow with the log."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise
from typing import TypeVar

import numpy as np

from plg.growth.columns import Actor, Events, Log
from plg.growth.columns.keys import LARGEST_ACTOR

Found = TypeVar("Found")
SAMPLE = 1000
ROWS = 500_000
"""At most about so many events at a time are looked at."""
FEWEST = 100_000
"""No processor is called for fewer."""
PROCESSORS = os.cpu_count() or 1
LARGEST_KEPT = 2**25 - 2**14


def of_all(work: Callable[[Events], Found], log: Log, names: Iterable[str], actor: Actor) -> list[Found]:
    """What the work finds in each part of the log, by ascending actors, of which each is in one part only. A part
    holds at most about ROWS events of these names. NumPy lets go of Python's lock, so threads are enough."""
    parts, pool = list(pairwise(_edges(log, names, actor))), _pool()
    if len(parts) == 1:
        return [work(log)]
    return list(pool.map(lambda part: work(log.between(*part)), parts))


def _edges(log: Log, names: Iterable[str], actor: Actor) -> list[int]:
    """Numbers of actors, between each two of which lie about as many of these events."""
    each = (log.sample(name, actor, SAMPLE) for name in dict.fromkeys(names))
    some = np.sort(np.concatenate([np.empty(0, np.uint64), *each]))
    rows = some.size * SAMPLE
    count = max(-(-rows // ROWS), min(PROCESSORS, rows // FEWEST))
    inner = some[np.arange(1, count) * some.size // max(count, 1)]
    return np.unique(np.append(inner, [np.uint64(0), np.uint64(LARGEST_ACTOR + 1)])).tolist()


@cache
def _pool() -> ThreadPoolExecutor:
    # glibc hands memory back when more is free than twice the largest block that was ever freed, and half of the time
    # of a report goes into getting the same pages again. After one large block (never touched) it keeps up to 64 MB.
    np.empty(LARGEST_KEPT, np.uint8)
    return ThreadPoolExecutor(PROCESSORS, thread_name_prefix="report")
