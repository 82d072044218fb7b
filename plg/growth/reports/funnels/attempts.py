"""Counting completions: how often a funnel was begun and gone through, not by how many.

An attempt begins with an event of the first step while no other attempt of the actor is under way, takes the first
event of each next step, and ends with the last step or when its window is over; the next one begins in a later
millisecond. No event is used twice.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from plg.growth.columns import Events
from plg.growth.columns.keys import Keys, actors_of, first_of_each
from plg.growth.reports.chosen import bounds, keys_of, mask_within

from .definition import Funnel
from .search import Paths, share_names


def chains(funnel: Funnel, events: Events) -> Paths:
    """One column an attempt, by ascending start."""
    keys = [keys_of(step, funnel.actor, events) for step in funnel.steps]
    starts = keys[0][mask_within(keys[0], *bounds(funnel))]
    window = np.uint64(funnel.window_seconds * 1000)
    paths = _from_each(starts, keys[1:], window, later=share_names(funnel))
    ends = np.where(paths[-1] > 0, paths[-1], starts + window)
    return paths[:, _begun(starts, np.searchsorted(starts, ends, side="right"))]


def _from_each(starts: Keys, following: list[Keys], window: np.uint64, later: bool) -> Paths:
    """The chain from each start that takes the first event of each step; later: each in a later millisecond."""
    paths = np.zeros((len(following) + 1, starts.size), np.uint64)
    paths[0] = starts
    alive = np.arange(starts.size)
    for number, keys in enumerate(following, start=1):
        places = np.searchsorted(keys, paths[number - 1, alive], side="right" if later else "left")
        alive, places = alive[places < keys.size], places[places < keys.size]
        in_time = keys[places] - starts[alive] <= window
        alive = alive[in_time]
        paths[number, alive] = keys[places[in_time]]
    return paths


def _begun(starts: Keys, following: NDArray[np.int64]) -> NDArray[np.int64]:
    """The starts that begin an attempt: the first of each actor, and from each the one after it ended."""
    actors = actors_of(starts)
    current = np.flatnonzero(first_of_each(actors)) if starts.size else np.empty(0, np.int64)
    begun = [current]
    while current.size:
        after = following[current]
        inside = after < starts.size
        current, after = current[inside], after[inside]
        current = after[actors[after] == actors[current]]
        begun.append(current)
    return np.sort(np.concatenate(begun))
