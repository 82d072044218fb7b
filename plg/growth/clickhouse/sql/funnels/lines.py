"""Each actor's events of a funnel in one line by time, as parallel arrays that are made out of one another.

Times are milliseconds since 2010 and one more, so that 0 is none; the steps that an event may stand for are bits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np

from plg.growth.clickhouse.sql.query import Query
from plg.growth.columns.keys import Keys
from plg.growth.reports.definition import Chosen
from plg.growth.reports.funnels.definition import Funnel


class Stages:
    """A statement whose columns build on those before; each stage is a subquery, so that its text grows by what is
    added."""

    def __init__(self, text: str) -> None:
        self.text = text

    def add(self, *columns: str) -> Self:
        self.text = f"SELECT *, {', '.join(columns)} FROM ({self.text})"
        return self

    def only(self, where: str) -> Self:
        self.text = f"SELECT * FROM ({self.text}) WHERE {where}"
        return self


def lines(funnel: Funnel, query: Query, edges: Keys) -> Stages:
    """A row for each actor and each period (between two edges) in which it starts: `times`, `steps` and `excluded` of
    its events, `number` of the period, `low` and `high`, between which a start lies, and `told`, the events that have
    a value of the breakdown."""
    found = Stages(_gathered(funnel, query, edges))
    if _is_simple(funnel):
        found.add("arrayMap(event -> bitShiftRight(event, 20), line) AS times")
        found.add("arrayMap(event -> toUInt32(bitAnd(event, 1048575)), line) AS steps")
    else:
        found.add("arrayMap(event -> bitShiftRight(event.1, 7), line) AS times")
        found.add("arrayMap(event -> event.3, line) AS steps", "arrayMap(event -> event.4, line) AS excluded")
    moments = edges + np.uint64(1)
    first, last = (query.bind(int(moments[place]), "UInt64") for place in (0, -1))
    if len(edges) == 2:
        return found.add("toUInt16(0) AS number", f"{first} AS low", f"{last} AS high")
    starting = "step > 0" if funnel.order == "any" else "bitTest(step, 0)"
    starts = f"arrayFilter((t, step) -> {starting} AND t >= {first} AND t < {last}, times, steps)"
    found.add(f"arrayJoin(arrayDistinct(arrayMap(t -> {query.period(moments, 't')}, {starts}))) AS number")
    each = query.bind(moments.tolist(), "Array(UInt64)")
    return found.add(f"{each}[number + 1] AS low", f"{each}[number + 2] AS high")


def best_of_each(lines: Stages) -> Stages:
    """Of each actor the deepest chain, of those the first to get there, of those the last to start."""
    depth = "arrayLastIndex(t -> t > 0, chain)"
    lines.text = f"""SELECT number, argMin(chain, (-{depth}, chain[{depth}], -chain[1], chain)) AS chain,
        max(tied) AS tied FROM ({lines.text}) GROUP BY actor, number"""
    return lines


def shifted(array: str) -> str:
    """What stood at the place before, 0 at the first."""
    return f"arrayPushFront(arrayPopBack({array}), 0)"


def window_of(funnel: Funnel, query: Query) -> str:
    return query.bind(funnel.window_seconds * 1000, "UInt64")


def _gathered(funnel: Funnel, query: Query, edges: Keys) -> str:
    held = [f"{query.told(name)} AS held{n}" for n, name in enumerate(funnel.hold)]
    value = query.told(funnel.breakdown.property) if funnel.breakdown else "''"
    columns = [
        "at + 1 AS time",
        f"{_bits(query, [(step, [n]) for n, step in enumerate(funnel.steps)])} AS step",
        f"{_bits(query, _excluded(funnel))} AS without",
        # Of one moment by the first step that each fits: the number of zeros below its lowest bit.
        "bitOr(bitShiftLeft(time, 7), bitCount(bitAnd(step, bitNot(step) + 1) - 1)) AS place",
        f"{value} AS value",
        f"(name, events.{funnel.actor}, tx, position) AS logged",
        *held,
    ]
    last = int(edges[-1]) + funnel.window_seconds * 1000
    where = [query.within(edges[0], last), *(f"held{n} != ''" for n in range(len(held)))]
    if funnel.order != "strict":
        where += [f"name IN {query.bind(funnel.names, 'Array(String)')}", "(step > 0 OR without > 0)"]
    simple = "bitOr(bitShiftLeft(time, 20), step)"
    event = simple if _is_simple(funnel) else "(place, logged, step, without)"
    told = "arraySort(groupArrayIf((time, logged, step, value), value != '')) AS told"
    groups = ", ".join(["actor", *(f"held{n}" for n in range(len(held)))])
    return f"""SELECT actor, arraySort(groupArray({event})) AS line{f", {told}" if funnel.breakdown else ""}
        FROM {query.events(", ".join(columns), " AND ".join(where))} GROUP BY {groups}"""


def _is_simple(funnel: Funnel) -> bool:
    """Whether events of one moment that fit the same steps are as good as one another."""
    return funnel.is_plain or funnel.order == "any"


def _excluded(funnel: Funnel) -> list[tuple[Chosen, Sequence[int]]]:
    """Each exclusion, and the steps (from 0) at which it breaks a chain."""
    last = len(funnel.steps)
    return [(each, range(each.after_step - 1, (each.before_step or last) - 1)) for each in funnel.exclusions]


def _bits(query: Query, chosen: Sequence[tuple[Chosen, Sequence[int]]]) -> str:
    """The bits of all that an event is one of."""
    found = "toUInt32(0)"
    for each, numbers in chosen:
        found = f"bitOr({found}, if({query.fits(each)}, toUInt32({sum(1 << n for n in numbers)}), 0))"
    return found
