"""Other ways to see the events of a snapshot: only some actors', or each actor apart by the value of a property.

A view answers as a snapshot does (`Events`), so a report does not know what it looks through.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .conditions import Asked
from .keys import LARGEST_ACTOR, Actor, ActorOutOfRange, Keys, actors_of, with_actors
from .segment import Codes


class Events(Protocol):
    """What reports read: sorted keys by event name, and codes of properties in the same order."""

    @property
    def properties(self) -> tuple[str, ...]: ...

    def names(self) -> list[str]: ...

    def keys(self, name: str, actor: Actor) -> Keys: ...

    def matches(self, name: str, actor: Actor, where: Mapping[str, Asked]) -> NDArray[np.bool_]: ...

    def codes(self, name: str, actor: Actor, property_name: str) -> Codes: ...

    def values(self, property_name: str) -> list[str]: ...


class Log(Events, Protocol):
    """Events that can be cut between actors, so that a report works on some at a time."""

    def between(self, low: int, high: int) -> Log: ...

    def sample(self, name: str, actor: Actor, step: int) -> Keys: ...

    def counts(self, asked: Any, among: Keys | None = None) -> Any:
        """What a report counts (the `Counts` of its kind), of these actors only if some are given (sorted numbers):
        where the engine below counts itself. None: count the keys."""


class Among:
    """The events of these actors (sorted numbers) only."""

    def __init__(self, events: Log, actors: Keys) -> None:
        self._events = events
        self.properties = events.properties
        self._actors = actors
        self._rows: dict[tuple[str, Actor], NDArray[np.bool_]] = {}

    def between(self, low: int, high: int) -> Among:
        first, last = np.searchsorted(self._actors, np.array([low, high], np.uint64))
        return Among(self._events.between(low, high), self._actors[first:last])

    def sample(self, name: str, actor: Actor, step: int) -> Keys:
        return self._events.sample(name, actor, step)

    def counts(self, asked: Any, among: Keys | None = None) -> Any:
        both = self._actors if among is None else np.intersect1d(self._actors, among)
        return self._events.counts(asked, both)

    def names(self) -> list[str]:
        return self._events.names()

    def values(self, property_name: str) -> list[str]:
        return self._events.values(property_name)

    def keys(self, name: str, actor: Actor) -> Keys:
        return self._events.keys(name, actor)[self._of(name, actor)]

    def matches(self, name: str, actor: Actor, where: Mapping[str, Asked]) -> NDArray[np.bool_]:
        return self._events.matches(name, actor, where)[self._of(name, actor)]

    def codes(self, name: str, actor: Actor, property_name: str) -> Codes:
        return self._events.codes(name, actor, property_name)[self._of(name, actor)]

    def _of(self, name: str, actor: Actor) -> NDArray[np.bool_]:
        if (name, actor) not in self._rows:
            self._rows[name, actor] = among(actors_of(self._events.keys(name, actor)), self._actors)
        return self._rows[name, actor]


class Held:
    """Each actor as many actors, one for each combination of values of some properties.

    Events that lack one of them are left out. `owner` tells whose a number is. Only the given names and kind of actor
    can be asked for. Raises `ActorOutOfRange` where there are too many combinations."""

    def __init__(self, events: Events, actor: Actor, names: Sequence[str], held: Sequence[str]) -> None:
        self._events = events
        self._rows: dict[str, NDArray[np.int64]] = {}
        self._keys: dict[str, Keys] = {}
        self.properties = events.properties
        parts: dict[str, tuple[NDArray[np.int64], Keys]] = {}
        for name in names:
            rows, combined = self._combined(name, actor, held)
            parts[name] = rows, combined
        known = np.unique(
            np.concatenate([np.empty((0, len(held) + 1), np.uint64), *(p[1] for p in parts.values())]), axis=0
        )
        if len(known) > LARGEST_ACTOR:
            raise ActorOutOfRange(
                f"{len(known)} combinations of values are more than a report can hold apart"
            )
        self._owners = known[:, 0] if known.size else np.empty(0, np.uint64)
        for name, (rows, combined) in parts.items():
            numbers = _places(known, combined) + np.uint64(1)
            keys = with_actors(events.keys(name, actor)[rows], numbers)
            order = np.argsort(keys, kind="stable")
            self._keys[name], self._rows[name] = keys[order], rows[order]

    def owner(self, numbers: Keys) -> Keys:
        """Whose these numbers are, as the events below know them."""
        return self._owners[numbers - np.uint64(1)]

    def names(self) -> list[str]:
        return sorted(self._keys)

    def values(self, property_name: str) -> list[str]:
        return self._events.values(property_name)

    def keys(self, name: str, actor: Actor) -> Keys:
        return self._keys[name]

    def matches(self, name: str, actor: Actor, where: Mapping[str, Asked]) -> NDArray[np.bool_]:
        return self._events.matches(name, actor, where)[self._rows[name]]

    def codes(self, name: str, actor: Actor, property_name: str) -> Codes:
        return self._events.codes(name, actor, property_name)[self._rows[name]]

    def _combined(self, name: str, actor: Actor, held: Sequence[str]) -> tuple[NDArray[np.int64], Keys]:
        """The rows that have all the properties, and for each its actor and codes."""
        codes = [self._events.codes(name, actor, each) for each in held]
        rows = np.flatnonzero(np.logical_and.reduce([code > 0 for code in codes]))
        actors = actors_of(self._events.keys(name, actor)[rows])
        return rows, np.column_stack([actors, *(code[rows].astype(np.uint64) for code in codes)])


def among(actors: Keys, some: Keys) -> NDArray[np.bool_]:
    """Which of `actors` are in the sorted `some`."""
    if not some.size:
        return np.zeros(actors.size, dtype=np.bool_)
    places = np.minimum(np.searchsorted(some, actors), some.size - 1)
    found: NDArray[np.bool_] = some[places] == actors
    return found


def _places(known: Keys, rows: Keys) -> Keys:
    """The place of each row in the sorted, distinct rows `known`."""
    if not rows.size:
        return np.empty(0, np.uint64)
    _, inverse = np.unique(np.concatenate([known, rows]), axis=0, return_inverse=True)
    return inverse.reshape(-1)[len(known) :].astype(np.uint64)
