"""Retention: of each member the periods of its returns, added up cohort by cohort."""

from __future__ import annotations

from typing import Any

import numpy as np

from plg.growth.columns.keys import LATEST_MS, clock
from plg.growth.reports import periods
from plg.growth.reports.retentions.cohorts import SPAN_MS, Counts
from plg.growth.reports.retentions.definition import Retention

from .query import Query, Tables

# Each actor's events by time, as (at, period of the calendar, amount).
_ACTORS = """
    SELECT arraySort(groupArrayIf((at, period), is_start)) AS starts,
        arraySort(groupArrayIf((at, period, amount), is_return)) AS returns
    FROM {events} GROUP BY actor"""
_FIRST = "arrayFilter(each -> {inside}, arraySlice(starts, 1, 1))"
_FIRST_OF_EACH = """arrayFilter((each, before) -> each.2 != before, arrayFilter(each -> {inside}, starts) AS inside,
        arrayPopBack(arrayPushFront(arrayMap(each -> toInt32(each.2), inside), -1)))"""
_RETURNS = """
    SELECT member.2 AS cohort, arrayFilter(each -> each.1 < {length}, arrayMap(each -> ({offset}, each.3),
        arrayFilter(each -> each.1 > member.1, returns))) AS found,
        arrayMap(each -> {numbers}[each.1 + 1], found) AS numbers, arrayMap(each -> each.2, found) AS amounts
    FROM (SELECT arrayJoin({members}) AS member, returns FROM ({actors}))"""


def counts(asked: Retention, tables: Tables) -> list[Counts]:
    calendar = periods.whole(asked, asked.interval, asked.timezone, after=sum(asked.sizes))
    cohorts = calendar.count - sum(asked.sizes)
    query = Query(tables, asked.actor)
    start, end = (query.bind(int(calendar.edges[place]), "UInt64") for place in (0, cohorts))
    members = _FIRST if asked.first else _FIRST_OF_EACH
    returns = _RETURNS.format(
        actors=_ACTORS.format(events=_events(asked, query, calendar.edges)),
        members=members.format(inside=f"each.1 >= {start} AND each.1 < {end}"),
        offset=_offset(asked),
        length=sum(asked.sizes),
        numbers=query.bind(np.repeat(np.arange(len(asked.sizes)), asked.sizes).tolist(), "Array(UInt16)"),
    )
    once = (
        "range(arrayMax(numbers) + notEmpty(numbers))"
        if asked.kind == "unbounded"
        else "arrayDistinct(numbers)"
    )
    rows = query.rows(
        f"""SELECT cohort, count(), sumMap({once}, arrayMap(each -> 1, {once})), sumMap(numbers, amounts)
        FROM ({returns}) GROUP BY cohort"""
    )
    found = {cohort: _counts(asked, *each) for cohort, *each in rows}
    return [found.get(number) or _counts(asked, 0, ([], []), ([], [])) for number in range(cohorts)]


def _events(asked: Retention, query: Query, edges: Any) -> str:
    known = clock(asked.as_of) if asked.as_of else LATEST_MS
    columns = [
        "at",
        f"{query.period(edges)} AS period",
        f"{query.amount(asked.amount)} AS amount",
        f"{query.fits(asked.start_event)} AS is_start",
        f"{query.fits(asked.return_event)} AS is_return",
    ]
    return query.events(", ".join(columns), f"(is_start OR is_return) AND {query.within(0, known)}")


def _offset(asked: Retention) -> str:
    """How many periods after the member's own start a return comes."""
    rolling = f"intDiv(each.1 - member.1, {SPAN_MS[asked.interval]})"
    offset = rolling if asked.clock == "rolling" else "each.2 - member.2"
    return f"least({offset}, {sum(asked.sizes) - 1})" if asked.kind == "unbounded" else offset


def _counts(asked: Retention, size: int, returned: Any, amounts: Any) -> Counts:
    """returned, amounts: the numbers of periods, and what each has."""
    every, sums = np.zeros((2, len(asked.sizes)))
    every[list(returned[0])], sums[list(amounts[0])] = returned[1], amounts[1]
    if asked.kind == "unbounded":
        sums = np.cumsum(sums[::-1])[::-1]
    return Counts(size, every.astype(int).tolist(), sums.tolist() if asked.amount else None)
