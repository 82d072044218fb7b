"""Ordered funnels by binary search on keys: the chain of events by which each actor got deepest."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from plg.growth.columns import Events
from plg.growth.columns.keys import (
    Keys,
    actors_of,
    distinct_actors,
    first_of_each,
    times_of,
    with_actors,
)
from plg.growth.columns.views import among
from plg.growth.reports import parts
from plg.growth.reports.chosen import bounds, joined, keys_of, mask_within

from .definition import Funnel
from .ties import deepest_chain

Paths: TypeAlias = Keys
"""Steps x actors: the key of the event by which an actor reached a step, 0 where it did not; each actor that began
is in it once."""


def share_names(funnel: Funnel) -> bool:
    """Whether one event could stand for two steps."""
    return any(set(one.events) & set(other.events) for one, other in combinations(funnel.steps, 2))


def shortest_chains(funnel: Funnel, events: Events) -> Paths:
    """The best chain of every actor that started (see `reports.funnel` for which is best).

    Steps with different event names never compete for an event, so each binary search may find an event of
    the same millisecond. Where steps share a name, an actor whose events all differ in time is as simple: the
    next event is a later one. Only actors with both, shared names and ties, are looked at one by one.
    """
    keys = [keys_of(step, funnel.actor, events) for step in funnel.steps]
    starts = keys[0][mask_within(keys[0], *bounds(funnel))]
    window = np.uint64(funnel.window_seconds * 1000)
    if not share_names(funnel):
        found = parts.of_all(lambda each: _search(each, window), parts.split([starts, *keys[1:]]))
        return np.concatenate(found, axis=1)
    tied = _tied_actors(funnel, events)
    untied = starts[~among(actors_of(starts), tied)]
    simple = _deepest(_chains(untied, keys[1:], window, "right"), len(keys))
    return np.concatenate([simple, _tied_paths(funnel, events, tied)], axis=1)


def _search(keys: Sequence[Keys], window: np.uint64) -> Paths:
    return _deepest(_chains(keys[0], keys[1:], window, "left"), len(keys))


def _chains(
    starts: Keys, following: Sequence[Keys], window: np.uint64, side: Literal["left", "right"]
) -> Iterator[Keys]:
    """For each step the chains that reach it, as a matrix with a column a chain, by ascending start."""
    chains = starts[np.newaxis, :]
    yield chains
    for keys in following:
        places = np.searchsorted(keys, chains[-1], side=side)
        # Of all starts with the same next event only the latest matters: it leaves most of the window.
        last = np.append(places[1:] != places[:-1], True) if places.size else np.empty(0, np.bool_)
        columns = np.flatnonzero(last & (places < keys.size))
        arrivals = keys[places[columns]]
        in_time = arrivals - chains[0, columns] <= window
        chains = np.vstack([chains[:, columns[in_time]], arrivals[in_time]])
        yield chains


def _deepest(chains_of_steps: Iterator[Keys], steps: int) -> Paths:
    """Of each actor the first chain of the deepest step that it reached."""
    found: list[Keys] = []
    deeper = np.empty(0, dtype=np.uint64)
    for chains in reversed(list(chains_of_steps)):
        actors = actors_of(chains[0])
        first = np.flatnonzero(first_of_each(actors))
        chosen = chains[:, first[~among(actors[first], deeper)]]
        found.append(_filled_up(chosen, steps))
        deeper = actors[first]
    return np.concatenate(found, axis=1)


def _filled_up(chains: Keys, steps: int) -> Paths:
    filled = np.zeros((steps, chains.shape[1]), np.uint64)
    filled[: len(chains)] = chains
    return filled


def _tied_actors(funnel: Funnel, events: Events) -> Keys:
    """Actors with two events of the funnel in the same millisecond."""
    keys = joined([events.keys(name, funnel.actor) for name in funnel.names])
    return distinct_actors(keys[1:][keys[1:] == keys[:-1]])


def _tied_paths(funnel: Funnel, events: Events, tied: Keys) -> Paths:
    start, end = bounds(funnel)
    window, steps = funnel.window_seconds * 1000, len(funnel.steps)
    paths = [np.empty((steps, 0), np.uint64)]
    for actor, moments in _moments(funnel, events, tied).items():
        chain = deepest_chain(sorted(moments.items()), steps, window, range(int(start), int(end)))
        if chain:
            keys = with_actors(np.array(chain, np.uint64), np.full(len(chain), actor, np.uint64))
            paths.append(_filled_up(keys[:, np.newaxis], steps))
    return np.concatenate(paths, axis=1)


def _moments(funnel: Funnel, events: Events, tied: Keys) -> dict[int, dict[int, list[int]]]:
    """Per actor and millisecond its events, each as the set of steps that it may stand for, a bit a step."""
    moments: dict[int, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    for name in funnel.names:
        keys = events.keys(name, funnel.actor)
        steps = steps_of(funnel, name, events)
        rows = np.flatnonzero(among(actors_of(keys), tied) & (steps != 0))
        found = (actors_of(keys[rows]).tolist(), times_of(keys[rows]).tolist(), steps[rows].tolist())
        for actor, time, mask in zip(*found, strict=True):
            moments[actor][time].append(mask)
    return moments


def steps_of(funnel: Funnel, name: str, events: Events) -> NDArray[np.uint32]:
    """For each event of a name the set of steps that it may stand for, a bit a step."""
    steps = np.zeros(events.keys(name, funnel.actor).size, dtype=np.uint32)
    for bit, step in enumerate(funnel.steps):
        if name in step.events:
            matched = events.matches(name, funnel.actor, step.where) if step.where else True
            steps |= np.where(matched, np.uint32(1 << bit), np.uint32(0))
    return steps
