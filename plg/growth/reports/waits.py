"""How long it took from what somebody did first to what they did then."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from plg.growth.columns import Actor, Events, Log
from plg.growth.columns.keys import Keys, actors_of, first_of_each

from . import parts
from .chosen import bounds, keys_of, mask_within
from .definition import Chosen, Definition, Range


def until_next(
    first: Chosen, then: Chosen, longest_ms: int, asked: Definition, log: Log
) -> tuple[Keys, NDArray[np.float64]]:
    """Each actor's first event of one kind (see `first_starts`), and the time until the next of another (see
    `next_after`)."""

    def work(events: Events) -> tuple[Keys, NDArray[np.float64]]:
        starts = first_starts(first, asked.actor, asked, events)
        return starts, next_after(starts, keys_of(then, asked.actor, events), longest_ms)

    found = parts.of_all(work, log, first.events + then.events, asked.actor)
    return np.concatenate([each[0] for each in found]), np.concatenate([each[1] for each in found])


def first_starts(chosen: Chosen, actor: Actor, range_: Range, events: Events) -> Keys:
    """Each actor's first such event at all, where it lies in the range."""
    keys = keys_of(chosen, actor, events)
    firsts = keys[first_of_each(actors_of(keys))]
    return firsts[mask_within(firsts, *bounds(range_))]


def next_after(starts: Keys, keys: Keys, longest_ms: int) -> NDArray[np.float64]:
    """Milliseconds from each start to the first of these keys at or after it; inf where none came within the time."""
    if not keys.size:
        return np.full(starts.size, np.inf)
    places = np.searchsorted(keys, starts)
    found = keys[np.minimum(places, keys.size - 1)]
    came = (places < keys.size) & (found - starts <= np.uint64(longest_ms))
    return np.where(came, (found - starts).astype(np.float64), np.inf)
