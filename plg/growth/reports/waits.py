"""How long it took from what somebody did first to what they did then."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from plg.growth.columns import Actor, Events
from plg.growth.columns.keys import Keys, actors_of, first_of_each

from .chosen import bounds, keys_of, mask_within
from .definition import Chosen, Range


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
