"""What any process may read from the tables, at one moment of the log.

The server finds, filters and sorts a name's events; a report gets the same sorted keys and codes as from the embedded
columns, so its numbers are the same. Nothing is read before it is asked for, and nothing is kept between reports."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from threading import Lock
from typing import Any, TypeVar

import numpy as np

from plg.growth.columns.keys import ACTORS, TIME_BITS, Actor, Keys
from plg.growth.columns.manifest import Manifest, Part
from plg.growth.columns.reader import Snapshot
from plg.growth.columns.segment import Codes, Run, Segment

from . import sql
from .store import State, Store

Value = TypeVar("Value")
FROM = """FROM plg_events FINAL
    WHERE generation = {generation:UInt32} AND (tx, position) <= ({tx:Int64}, {position:Int64})"""


class Reader:
    """Follows the tables; `snapshot()` costs one small query. Raises `ColumnsUnreachable`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def snapshot(self) -> Snapshot:
        state = self._store.state()
        part = Part("plg_events", state.events)
        manifest = Manifest(state.version, state.place, state.left_out, (part,), None, state.properties)
        return Counting(manifest, self._store, state)


class Counting(Snapshot):
    """A snapshot that has its reports counted where the events lie: see `sql`."""

    def __init__(self, manifest: Manifest, store: Store, state: State) -> None:
        merges = store.merges(state)
        super().__init__(manifest, [_Rows(store, state).segment], merges)
        self._tables = sql.Tables(store, state, bool(merges.merged.size), self.values)

    def counts(self, asked: Any, among: Keys | None = None) -> Any:
        return sql.counts(asked, replace(self._tables, among=among))


class _Rows:
    """The events of a state, as the one segment of a snapshot."""

    def __init__(self, store: Store, state: State) -> None:
        self._store, self._state = store, state
        self._asked = {"generation": state.generation, "tx": state.place[0], "position": state.place[1]}

    @property
    def segment(self) -> Segment:
        runs = {actor: self._runs(actor) for actor in ACTORS}
        return Segment(self._state.events, runs, self._values)

    def _runs(self, actor: Actor) -> Mapping[str, Run]:
        return Lazily(lambda: self._names[actor], lambda name: self._run(name, actor))

    @cached_property
    def _names(self) -> Mapping[Actor, list[str]]:
        """The names of events that somebody of each kind did."""
        query = f"SELECT name, max(person) > 0, max(account) > 0 {FROM} GROUP BY name ORDER BY name"
        rows = self._store.rows(query, self._asked)
        return {actor: [row[0] for row in rows if row[place]] for place, actor in enumerate(ACTORS, start=1)}

    def _run(self, name: str, actor: Actor) -> Run:
        keys = self._column(f"bitOr(bitShiftLeft(toUInt64({actor}), {TIME_BITS}), at)", name, actor)
        codes = Lazily(lambda: list(self._state.properties), lambda each: self._codes(name, actor, each))
        return Run(np.ascontiguousarray(keys, np.uint64), codes)

    def _column(self, expression: str, name: str, actor: Actor, **asked: Any) -> Any:
        """Of each event of a name with such an actor, in the order of their keys."""
        query = f"SELECT {expression} AS asked {FROM} AND name = {{name:String}} AND {actor} > 0"
        order = f"ORDER BY {actor}, at, tx, position"
        return self._store.column(f"{query} {order}", self._asked | {"name": name} | asked)

    @cached_property
    def _values(self) -> Mapping[str, list[str]]:
        return Lazily(lambda: list(self._state.properties), self._values_of)

    def _values_of(self, property_name: str) -> list[str]:
        query = f"SELECT DISTINCT properties[{{property:String}}] AS told {FROM} AND told != '' ORDER BY told"
        return [row[0] for row in self._store.rows(query, self._asked | {"property": property_name})]

    def _codes(self, name: str, actor: Actor, property_name: str) -> Codes:
        code_of = {text: code for code, text in enumerate(self._values[property_name], start=1)}
        told = self._column("properties[{property:String}]", name, actor, property=property_name)
        return np.array([code_of.get(text, 0) for text in told], np.int32)


class Lazily(Mapping[str, Value]):
    """A mapping whose names and values are asked for when they are needed, once; values are kept."""

    def __init__(self, names: Callable[[], list[str]], value: Callable[[str], Value]) -> None:
        self._names, self._value = names, value
        self._known: dict[str, Value] = {}
        self._lock = Lock()

    def __getitem__(self, name: str) -> Value:
        with self._lock:
            if name not in self._known:
                if name not in self._names():
                    raise KeyError(name)
                self._known[name] = self._value(name)
            return self._known[name]

    def __contains__(self, name: object) -> bool:
        return name in self._names()

    def __iter__(self) -> Iterator[str]:
        return iter(self._names())

    def __len__(self) -> int:
        return len(self._names())
