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
from plg.growth.reports.chosen import bounds, joined, keys_of, mask_within

from .definition import Funnel
from .ties import deepest_chain

Paths: TypeAlias = Keys
"""Steps x actors: the key of the event by which an actor reached a step, 0 where it did not; each actor that began
is in it once."""
Side: TypeAlias = Literal["left", "right"]
FEW = 8
"""One event in so many keys is few."""


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
        return _deepest(_chains(starts, keys[1:], window, "left"), len(keys))
    tied = _tied_actors(funnel, events)
    untied = starts[~among(actors_of(starts), tied)]
    simple = _deepest(_chains(untied, keys[1:], window, "right"), len(keys))
    return np.concatenate([simple, _tied_paths(funnel, events, tied)], axis=1)


def _chains(
    starts: Keys, following: Sequence[Keys], window: np.uint64, side: Side
) -> Iterator[tuple[Keys, ...]]:
    """For each step the chains that reach it, by ascending start: a row a step, a column a chain."""
    chains: tuple[Keys, ...] = (starts,)
    yield chains
    for keys in following:
        columns, arrivals = _next(chains[-1], keys, side)
        in_time = arrivals - chains[0][columns] <= window
        columns = columns[in_time]
        chains = (*(row[columns] for row in chains), arrivals[in_time])
        yield chains


def _next(before: Keys, keys: Keys, side: Side) -> tuple[NDArray[np.int64], Keys]:
    """Each of the sorted keys that is the next one of some event before, and the last of those events: of all starts
    with the same next event only the latest matters, as it leaves most of the window.

    Few events are searched for one by one; many are sorted among the keys, where such a pair stands side by side."""
    if before.size * FEW < keys.size:
        places = np.searchsorted(keys, before, side=side)
        columns = np.flatnonzero(
            np.append(places[1:] != places[:-1], True)[: before.size] & (places < keys.size)
        )
        return columns, keys[places[columns]]
    rows = [before, keys] if side == "left" else [keys, before]
    joined = np.concatenate(rows)
    order = np.argsort(joined, kind="stable")
    is_key = order >= before.size if side == "left" else order < keys.size
    pairs = np.flatnonzero(is_key[1:] & ~is_key[:-1])
    return order[pairs] - (0 if side == "left" else keys.size), joined[order[pairs + 1]]


def _deepest(chains_of_steps: Iterator[tuple[Keys, ...]], steps: int) -> Paths:
    """Of each actor the first chain of the deepest step that it reached."""
    found = []
    each = list(chains_of_steps)
    actors = actors_of(each[0][0])
    lowest = actors[0] if actors.size else np.uint64(0)
    done = np.zeros(int(actors[-1] - lowest) + 1 if actors.size else 0, np.bool_)
    for chains in reversed(each):
        actors = (actors_of(chains[0]) - lowest).view(np.int64)
        first = np.flatnonzero(first_of_each(actors) & ~done[actors])
        done[actors[first]] = True
        filled = np.zeros((steps, first.size), np.uint64)
        for number, row in enumerate(chains):
            row.take(first, out=filled[number])
        found.append(filled)
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
