"""The one worker that adds events to the tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self

from plg.growth.columns.batch import START, Batch, Place, token
from plg.growth.columns.keys import EPOCH_MS, LARGEST_ACTOR, ActorOutOfRange, within_limits

from .store import State, Store


class Writer:
    """Adds events and person merges; does what the embedded writer does, in the same `with` statement.

    Rows are sent first and the state last: what a crash leaves between is not seen, and sent again it is one row. Two
    writers at once cannot be: the subscriber's lease lets one worker in. properties: see the embedded writer."""

    def __init__(self, store: Store, properties: Iterable[str]) -> None:
        self._store = store
        self._state = store.state()
        self._filling: State | None = None
        wanted = tuple(sorted(set(properties)))
        if not set(wanted) <= set(self._state.properties):
            self._begin_anew(wanted)
        elif wanted != self._state.properties:
            self._keep(self._state.next(properties=wanted))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        return None

    @property
    def place(self) -> Place:
        """The tables are complete up to this (transaction, position) of the log."""
        return self._state.place

    @property
    def properties(self) -> tuple[str, ...]:
        """The event properties that are kept."""
        return self._state.properties

    def append(self, batch: Batch, merged_persons: Iterable[tuple[int, int]] = ()) -> int:
        """Add the new events of a batch, and pairs of (old, surviving) person; returns how many it added. Raises
        `ActorOutOfRange`, and then nothing has changed."""
        state = self._state
        batch = batch.after(state.place)
        held = batch.only(within_limits(batch.at_ms))
        _within_limits(held)
        if held.count:
            self._store.insert("plg_events", *_rows(held, state))
        if pairs := list(merged_persons):
            known = self._store.merges(state)
            if new := known.extended(pairs).since(known):
                self._store.insert("plg_merges", *_pairs(new, max(state.place, batch.last), state.generation))
        left_out = state.left_out + batch.count - held.count
        following = state.next(
            place=max(state.place, batch.last), events=state.events + held.count, left_out=left_out
        )
        if following.place != state.place or pairs:
            self._keep(following)
        return held.count

    def forget(self, persons: Iterable[int]) -> bool:
        """Erase what these records did; True: it is done, nothing has to be filled anew."""
        if erased := [person for person in persons if 0 < person <= LARGEST_ACTOR]:
            self._store.erase(erased)
        return True

    @contextmanager
    def anew(self) -> Iterator[None]:
        """Inside, the tables are filled again from the start of the log. Readers see what was there until all is
        done, and go on to after an error or a crash."""
        shown = self._state
        self._filling = shown
        self._state = State(shown.version, shown.generation + 1, START, shown.properties)
        self._store.drop(self._state.generation)
        try:
            yield
        except BaseException:
            self._state = shown
            raise
        finally:
            self._filling = None
        self._keep(self._state.next())
        self._store.drop(shown.generation)

    def _begin_anew(self, properties: tuple[str, ...]) -> None:
        """What is kept lacks a property: from now on nothing is seen until the log is read again."""
        old = self._state
        self._store.drop(old.generation + 1)
        self._keep(State(old.version + 1, old.generation + 1, START, properties))
        if old.version:
            self._store.drop(old.generation)

    def _keep(self, state: State) -> None:
        if self._filling is None:
            self._store.keep(state)
        self._state = state


def _within_limits(batch: Batch) -> None:
    largest = max(batch.persons.max(initial=0), batch.accounts.max(initial=0))
    if largest > LARGEST_ACTOR:
        raise ActorOutOfRange(f"actor numbers go from 1 to {LARGEST_ACTOR}, not to {largest}")


def _rows(batch: Batch, state: State) -> tuple[list[str], list[Any]]:
    """The names of the columns, and each whole."""
    kept = [(name, batch.properties.get(name, [None] * batch.count)) for name in state.properties]
    told = [
        {name: text for name, values in kept if (text := token(values[row])) is not None}
        for row in range(batch.count)
    ]
    columns = {
        "generation": [state.generation] * batch.count,
        "name": list(batch.names),
        "person": batch.persons.tolist(),
        "account": batch.accounts.tolist(),
        "at": (batch.at_ms - EPOCH_MS).tolist(),
        "tx": batch.places[:, 0].tolist(),
        "position": batch.places[:, 1].tolist(),
        "properties": told,
    }
    return list(columns), list(columns.values())


def _pairs(pairs: Sequence[tuple[int, int]], place: Place, generation: int) -> tuple[list[str], list[Any]]:
    count = len(pairs)
    where = [[generation] * count, [place[0]] * count, [place[1]] * count, list(range(count))]
    names = ["generation", "tx", "position", "number", "old", "survivor"]
    return names, [*where, *map(list, zip(*pairs, strict=True))]
