"""A lifecycle: each actor's periods beside their neighbours tell its states."""

from __future__ import annotations

from typing import get_args

from plg.growth.reports import periods
from plg.growth.reports.lifecycle import Counts, Lifecycle, State

from .query import Query, Tables

# What comes before the first, and after the last, is no neighbour of any.
_STATES = """
    SELECT arrayJoin(arrayConcat(
        arrayMap((n, before) -> (n, multiIf(
            before = n - 1, 'returning', before < 0 AND is_new, 'new', 'resurrecting')),
            visited, arrayPushFront(arrayPopBack(visited), -2)),
        arrayMap(pair -> (pair.1 + 1, 'dormant'), arrayFilter(pair -> pair.2 != pair.1 + 1,
            arrayZip(visited, arrayPushBack(arrayPopFront(visited), -2))))
    )) AS state
    FROM (
        SELECT arraySort(groupUniqArrayIf(toInt32(period), at >= {start} AND at < {end})) AS visited,
            min(at) >= {start} AS is_new
        FROM {events} GROUP BY actor HAVING notEmpty(visited)
    )"""


def counts(asked: Lifecycle, tables: Tables) -> Counts:
    calendar = periods.whole(asked, asked.interval, asked.timezone, before=1)
    query = Query(tables, asked.actor)
    events = query.events(f"at, {query.period(calendar.edges)} AS period", query.fits(asked.activity))
    start, end = (query.bind(int(calendar.edges[place]), "UInt64") for place in (0, -1))
    states = _STATES.format(events=events, start=start, end=end)
    rows = query.rows(f"SELECT state.1 AS period, state.2, count() FROM ({states}) GROUP BY state")
    found: Counts = {state: [0] * calendar.count for state in get_args(State)}
    for period, state, number in rows:
        if period < calendar.count:
            found[state][period] = number
    return found
