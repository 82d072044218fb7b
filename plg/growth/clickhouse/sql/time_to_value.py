"""Time to value: from each actor's first start to the first value after it, by period and in all."""

from __future__ import annotations

import math
from typing import Any

from plg.growth.reports import periods
from plg.growth.reports.chosen import bounds
from plg.growth.reports.time_to_value import DAY_MS, Counts, TimeToValue

from .query import Query, Tables

NEVER = 2**64 - 1


def counts(asked: TimeToValue, tables: Tables) -> list[Counts]:
    calendar = periods.cut(asked, asked.interval, asked.timezone)
    query = Query(tables, asked.actor)
    is_start, is_value = query.fits(asked.start_event), query.fits(asked.value_event)
    events = query.events(f"at, {is_start} AS is_start, {is_value} AS is_value", "is_start OR is_value")
    longest = query.bind(asked.longest_days * DAY_MS, "UInt64")
    inside = query.within(*bounds(asked), "start")
    rows = query.rows(
        f"""SELECT grouping(period), period, count(), countIf(wait != {NEVER}),
        quantilesExactInclusiveIf(0.25, 0.5, 0.75)(wait, wait != {NEVER}), quantileExactLow(0.5)(wait)
        FROM (
            SELECT {query.period(calendar.edges, "start")} AS period,
                arrayFirst(value -> value >= start, arraySort(values)) AS value,
                if(value >= start AND value - start <= {longest}, toUInt64(value - start), {NEVER}) AS wait
            FROM (
                SELECT minIf(at, is_start) AS start, groupArrayIf(at, is_value) AS values, max(is_start) AS began
                FROM {events} GROUP BY actor
            ) WHERE began AND {inside}
        ) GROUP BY GROUPING SETS ((), (period))"""
    )
    found = {None if of_all else period: _counts(*row) for of_all, period, *row in rows}
    none = Counts(0, 0, None, None)
    return [found.get(number, none) for number in (None, *range(calendar.count))]


def _counts(began: int, reached: int, quarters: Any, half: int) -> Counts:
    known = None if math.isnan(quarters[0]) else (quarters[0], quarters[1], quarters[2])
    return Counts(began, reached, known, half if began and half != NEVER else None)
