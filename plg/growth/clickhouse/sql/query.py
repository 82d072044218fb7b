"""One statement in the making: every value is bound, none stands in its text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from plg.growth.clickhouse.store import State, Store
from plg.growth.columns.batch import token
from plg.growth.columns.conditions import Asked, accepted
from plg.growth.columns.keys import Actor, Keys
from plg.growth.reports.definition import Chosen
from plg.kit.rules.language import Test

MOST_VALUES = 10_000

_MERGES = """LEFT ANY JOIN (
        SELECT old, argMax(survivor, (tx, position, number)) AS survivor FROM plg_merges
        WHERE generation = {generation} AND (tx, position) <= ({tx}, {position}) GROUP BY old
    ) AS merges ON merges.old = events.person"""


@dataclass(frozen=True)
class Tables:
    """The events of a state. merged: whether somebody stands for somebody else; values: the JSON texts of
    a property's values; among: only of these actors."""

    store: Store
    state: State
    merged: bool
    values: Callable[[str], list[str]]
    among: Keys | None = None


class NotCountableError(Exception):
    """This definition cannot be counted by a statement: read the events."""


class Query:
    """What statements over the events of one kind of actor are made of."""

    def __init__(self, tables: Tables, actor: Actor) -> None:
        self._tables, self._actor = tables, actor
        self._values: dict[str, Any] = {}

    def bind(self, value: Any, kind: str) -> str:
        """The placeholder of a value of this ClickHouse type."""
        name = f"p{len(self._values)}"
        self._values[name] = value
        return f"{{{name}:{kind}}}"

    def events(self, columns: str, where: str) -> str:
        """A subquery with these columns of the events for which a condition holds; `actor` (whoever stands for the
        person now) is one of its names, `at` the milliseconds since 2010."""
        state = self._tables.state
        place = {
            "generation": self.bind(state.generation, "UInt32"),
            "tx": self.bind(state.place[0], "Int64"),
            "position": self.bind(state.place[1], "Int64"),
        }
        joined = self._actor == "person" and self._tables.merged
        actor = "if(merges.survivor > 0, merges.survivor, events.person)" if joined else self._actor
        among = "" if self._tables.among is None else " AND actor IN (SELECT actor FROM among)"
        return f"""(
            SELECT {actor} AS actor, {columns}
            FROM plg_events AS events FINAL {_MERGES.format(**place) if joined else ""}
            WHERE generation = {place["generation"]} AND {self._actor} > 0
            AND (tx, position) <= ({place["tx"]}, {place["position"]}) AND ({where}){among}
        )"""

    def fits(self, chosen: Chosen) -> str:
        """The condition that an event is one of these."""
        names = f"name IN {self.bind(sorted(set(chosen.events)), 'Array(String)')}"
        return " AND ".join([names, *(self._has(*each) for each in chosen.where.items())])

    def told(self, property_name: str) -> str:
        """The JSON text of a property, empty where it is absent."""
        return f"properties[{self.bind(property_name, 'String')}]"

    def amount(self, property_name: str | None) -> str:
        """The number in a property, 0 where it is none."""
        return f"toFloat64OrZero({self.told(property_name)})" if property_name else "toFloat64(0)"

    def within(self, start: int | np.uint64, end: int | np.uint64, at: str = "at") -> str:
        """The condition that an event lies from one millisecond to another (excluded)."""
        return f"{at} >= {self.bind(int(start), 'UInt64')} AND {at} < {self.bind(int(end), 'UInt64')}"

    def period(self, edges: Keys, at: str = "at") -> str:
        """The number of an event's period, one of those between these edges (what lies behind the last has the next
        number): see `Calendar.numbers`."""
        numbers = np.searchsorted(edges[1:], edges, side="right")
        number_of = dict(zip(edges.tolist(), numbers.tolist(), strict=True))
        known = self.bind(list(number_of), "Array(UInt64)")
        of_each = self.bind(list(number_of.values()), "Array(UInt16)")
        return f"transform(roundDown({at}, {known}), {known}, {of_each})"

    def rows(self, text: str) -> Sequence[Sequence[Any]]:
        """What the statement answers."""
        text = f"{text} SETTINGS precise_float_parsing = 1"
        return self._tables.store.rows(text, self._values, self._tables.among)

    def _has(self, name: str, asked: Asked) -> str:
        """The condition that a property is as asked."""
        several = asked if isinstance(asked, tuple) else (asked,)
        if isinstance(asked, Test):
            values = self._tables.values(name)
            texts = [text for text, fits in zip(["", *values], accepted(asked, values), strict=True) if fits]
        else:
            texts = sorted({token(value) or "" for value in several})
        if len(texts) > MOST_VALUES:
            raise NotCountableError
        return f"{self.told(name)} IN {self.bind(texts, 'Array(String)')}"
