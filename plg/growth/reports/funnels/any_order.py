"""Funnels whose steps may come in any order: how many different steps follow one event within the window.

Row n of a path is the event by which an actor did the n-th different step, whichever it was."""

from __future__ import annotations

import numpy as np

from plg.growth.columns import Events
from plg.growth.columns.keys import Keys, actors_of
from plg.growth.reports.chosen import bounds, joined, keys_of, mask_within

from .definition import Funnel
from .search import Paths

NEVER = np.uint64(2**64 - 1)


def chains(funnel: Funnel, events: Events) -> Paths:
    """The best chain of every actor that did any of the steps within the range."""
    each = [keys_of(step, funnel.actor, events) for step in funnel.steps]
    starts = joined(each)
    starts = starts[mask_within(starts, *bounds(funnel))]
    window = np.uint64(funnel.window_seconds * 1000)
    paths = np.sort(np.vstack([_next(keys, starts, window) for keys in each]), axis=0)
    depth = (paths != NEVER).sum(axis=0)
    reached = paths[np.maximum(depth - 1, 0), np.arange(starts.size)]
    # Of each actor the deepest, of those the first to get there, of those the last to start.
    order = np.lexsort((NEVER - starts, reached, -depth, actors_of(starts)))
    actors = actors_of(starts[order])
    chosen = order[np.append(True, actors[1:] != actors[:-1])] if order.size else order
    return np.where(paths[:, chosen] == NEVER, np.uint64(0), paths[:, chosen])


def _next(keys: Keys, starts: Keys, window: np.uint64) -> Keys:
    """The first of these events at or after each start and within the window."""
    if not keys.size:
        return np.full(starts.size, NEVER)
    places = np.searchsorted(keys, starts)
    found = keys[np.minimum(places, keys.size - 1)]
    return np.where((places < keys.size) & (found - starts <= window), found, NEVER)
