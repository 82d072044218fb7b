"""A key is one event of one actor: 24 bits of actor number above 40 bits of milliseconds since 2010.

Sorting keys sorts by actor, then by time, so that "what did this actor do next" is one binary search.
Limits: actor numbers 1 to 16,777,214; times from 2010-01-01 to 2043-10-01. The last 398 days that 40 bits
could hold stay unused: the difference between keys of two actors is then always above `LONGEST_SPAN_MS`,
so one subtraction tells both "same actor" and "within the window".
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from plg.kit.errors import Unprocessable

Actor = Literal["person", "account"]
ACTORS: Final[tuple[Actor, ...]] = ("person", "account")
Keys = NDArray[np.uint64]

TIME_BITS: Final = 40
EPOCH: Final = datetime(2010, 1, 1, tzinfo=UTC)
EPOCH_MS: Final = 1_262_304_000_000
_MILLISECOND: Final = timedelta(milliseconds=1)
LONGEST_SPAN_MS: Final = 2**35
LATEST_MS: Final = 2**TIME_BITS - LONGEST_SPAN_MS
LARGEST_ACTOR: Final = 2 ** (64 - TIME_BITS) - 2
_TIME_MASK: Final = np.uint64(2**TIME_BITS - 1)
_SHIFT: Final = np.uint64(TIME_BITS)


class ActorOutOfRange(Unprocessable):
    """An actor number does not fit into 24 bits."""


class TimeOutOfRange(Unprocessable):
    """A time lies before 2010 or after September 2043."""


def pack(actors: NDArray[np.int64], unix_ms: NDArray[np.int64]) -> Keys:
    """Keys of events. Raises `ActorOutOfRange` or `TimeOutOfRange` and then has packed nothing."""
    if actors.size and (actors.min() < 1 or actors.max() > LARGEST_ACTOR):
        raise ActorOutOfRange(
            f"actor numbers go from 1 to {LARGEST_ACTOR}, not {actors.min()} to {actors.max()}"
        )
    if not within_limits(unix_ms).all():
        raise TimeOutOfRange(f"times go from 2010 to 2043, not {unix_ms.min()} to {unix_ms.max()} ms")
    return (actors.astype(np.uint64) << _SHIFT) | (unix_ms - EPOCH_MS).astype(np.uint64)


def within_limits(unix_ms: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which of these Unix milliseconds a key can hold."""
    return (unix_ms >= EPOCH_MS) & (unix_ms < EPOCH_MS + LATEST_MS)


def actors_of(keys: Keys) -> Keys:
    """The actor numbers of keys."""
    return keys >> _SHIFT


def times_of(keys: Keys) -> Keys:
    """The milliseconds since 2010 of keys."""
    return keys & _TIME_MASK


def with_actors(keys: Keys, actors: Keys) -> Keys:
    """The same moments, ascribed to other actors."""
    return (actors << _SHIFT) | times_of(keys)


def clock(moment: datetime) -> np.uint64:
    """An aware time as milliseconds since 2010, clipped to what a key can hold."""
    return np.uint64(min(max((moment - EPOCH) // _MILLISECOND, 0), LATEST_MS))


def distinct_actors(keys: Keys) -> Keys:
    """Each actor of sorted keys once, ascending."""
    actors = actors_of(keys)
    return actors[first_of_each(actors)]


def holds_any(keys: Keys, actors: Keys) -> bool:
    """Whether sorted keys hold one of these actors."""
    first = np.searchsorted(keys, actors << _SHIFT)
    return bool((np.searchsorted(keys, (actors + np.uint64(1)) << _SHIFT) > first).any())


def first_of_each(values: Keys) -> NDArray[np.bool_]:
    """True where a sorted array shows a value for the first time."""
    first = np.ones(values.size, dtype=np.bool_)
    np.not_equal(values[1:], values[:-1], out=first[1:])
    return first
