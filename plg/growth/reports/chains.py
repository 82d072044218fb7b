"""The chain of events by which each actor got deepest into a funnel, by binary search on keys."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from plg.growth.columns import Actor, Snapshot
from plg.growth.columns.batch import Scalar
from plg.growth.columns.keys import Keys, actors_of, distinct_actors, first_of_each, times_of, with_actors

from .ties import deepest_chain

Paths: TypeAlias = list[Keys]
"""Each a matrix of keys, steps reached x actors; every actor that started is in one of them, once."""


@dataclass(frozen=True)
class Question:
    """steps: event names and property values. window: longest span; start and end: the range of the first
    step, end excluded; in milliseconds since 2010."""

    steps: Sequence[tuple[frozenset[str], Mapping[str, Scalar]]]
    actor: Actor
    window: np.uint64
    start: np.uint64
    end: np.uint64

    @property
    def names(self) -> frozenset[str]:
        return frozenset[str]().union(*(names for names, _ in self.steps))

    @property
    def range(self) -> range:
        return range(int(self.start), int(self.end))

    @property
    def share_names(self) -> bool:
        return any(one & other for (one, _), (other, _) in combinations(self.steps, 2))


def shortest_chains(question: Question, columns: Snapshot) -> Paths:
    """The best chain of every actor that started (see funnel.py for which is best).

    Steps with different event names never compete for an event, so each binary search may find an event of
    the same millisecond. Where steps share a name, an actor whose events all differ in time is as simple: the
    next event is a later one. Only actors with both, shared names and ties, are looked at one by one.
    """
    keys = [_step_keys(columns, names, question.actor, where) for names, where in question.steps]
    begins = (times_of(keys[0]) >= question.start) & (times_of(keys[0]) < question.end)
    starts = keys[0] if begins.all() else keys[0][begins]
    if not question.share_names:
        return _deepest(_chains(starts, keys[1:], question.window, "left"))
    tied = _tied_actors(question, columns)
    paths = _deepest(_chains(starts[~_among(actors_of(starts), tied)], keys[1:], question.window, "right"))
    return paths + _tied_paths(question, columns, tied)


def _step_keys(columns: Snapshot, names: frozenset[str], actor: Actor, where: Mapping[str, Scalar]) -> Keys:
    parts = [columns.keys(name, actor) for name in sorted(names)]
    if where:
        chosen = [columns.matches(name, actor, where) for name in sorted(names)]
        parts = [part[mask] for part, mask in zip(parts, chosen, strict=True)]
    return parts[0] if len(parts) == 1 else np.sort(np.concatenate(parts), kind="stable")


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


def _deepest(steps: Iterator[Keys]) -> Paths:
    """Of each actor the first chain of the deepest step that it reached."""
    paths: Paths = []
    deeper = np.empty(0, dtype=np.uint64)
    for chains in reversed(list(steps)):
        actors = actors_of(chains[0])
        first = np.flatnonzero(first_of_each(actors))
        paths.append(chains[:, first[~_among(actors[first], deeper)]])
        deeper = actors[first]
    return paths


def _among(actors: Keys, some: Keys) -> NDArray[np.bool_]:
    """Which of `actors` are in the sorted `some`."""
    if not some.size:
        return np.zeros(actors.size, dtype=np.bool_)
    places = np.minimum(np.searchsorted(some, actors), some.size - 1)
    return some[places] == actors


def _tied_actors(question: Question, columns: Snapshot) -> Keys:
    """Actors with two events of the funnel in the same millisecond."""
    keys = _step_keys(columns, question.names, question.actor, {})
    return distinct_actors(keys[1:][keys[1:] == keys[:-1]])


def _tied_paths(question: Question, columns: Snapshot, tied: Keys) -> Paths:
    by_depth: dict[int, tuple[list[int], list[list[int]]]] = defaultdict(lambda: ([], []))
    for actor, moments in _moments(question, columns, tied).items():
        chain = deepest_chain(
            sorted(moments.items()), len(question.steps), int(question.window), question.range
        )
        if chain:
            actors, chains = by_depth[len(chain)]
            actors.append(actor)
            chains.append(chain)
    return [
        with_actors(np.array(chains, dtype=np.uint64).T, np.array(actors, dtype=np.uint64))
        for actors, chains in by_depth.values()
    ]


def _moments(question: Question, columns: Snapshot, tied: Keys) -> dict[int, dict[int, list[int]]]:
    """Per actor and millisecond its events, each as the set of steps that it may stand for, a bit a step."""
    moments: dict[int, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    for name in sorted(question.names):
        keys = columns.keys(name, question.actor)
        steps = np.zeros(keys.size, dtype=np.uint32)
        for bit, (names, where) in enumerate(question.steps):
            if name in names:
                matched = columns.matches(name, question.actor, where) if where else True
                steps |= np.where(matched, np.uint32(1 << bit), np.uint32(0))
        rows = np.flatnonzero(_among(actors_of(keys), tied) & (steps != 0))
        found = (actors_of(keys[rows]).tolist(), times_of(keys[rows]).tolist(), steps[rows].tolist())
        for actor, time, mask in zip(*found, strict=True):
            moments[actor][time].append(mask)
    return moments
