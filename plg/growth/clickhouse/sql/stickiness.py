"""Stickiness: the periods of each actor, and how many have how many."""

from __future__ import annotations

from plg.growth.reports import periods
from plg.growth.reports.chosen import bounds
from plg.growth.reports.stickiness import Stickiness

from .query import Query, Tables


def counts(asked: Stickiness, tables: Tables) -> list[int]:
    calendar = periods.cut(asked, asked.interval, asked.timezone)
    query = Query(tables, asked.actor)
    where = f"{query.fits(asked.activity)} AND {query.within(*bounds(asked))}"
    events = query.events(f"{query.period(calendar.edges)} AS period", where)
    rows = query.rows(
        f"""SELECT active, count() FROM (SELECT uniqExact(period) AS active FROM {events} GROUP BY actor)
        GROUP BY active"""
    )
    found = {row[0]: row[1] for row in rows}
    return [found.get(number, 0) for number in range(1, calendar.count + 1)]
