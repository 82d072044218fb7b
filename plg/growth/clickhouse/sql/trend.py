"""A trend, series by series: events, different actors and a sum by period."""

from __future__ import annotations

import numpy as np

from plg.growth.reports import periods
from plg.growth.reports.trend import Counts, Series, Trend

from .query import Query, Tables


def counts(asked: Trend, tables: Tables) -> list[Counts]:
    return [_series(asked, series, tables) for series in asked.series]


def _series(asked: Trend, series: Series, tables: Tables) -> Counts:
    calendar = periods.cut(asked, asked.interval, asked.timezone)
    query = Query(tables, asked.actor)
    columns = f"{query.period(calendar.edges)} AS period, {query.amount(series.sum_of)} AS amount"
    where = f"{query.fits(series)} AND {query.within(calendar.edges[0], calendar.edges[-1])}"
    rows = query.rows(
        f"SELECT period, count(), uniqExact(actor), sum(amount) FROM {query.events(columns, where)} GROUP BY period"
    )
    found = np.zeros((3, calendar.count))
    for period, *numbers in rows:
        found[:, period] = numbers
    events, actors = found[:2].astype(np.int64).tolist()
    return Counts(events, actors, found[2].tolist() if series.sum_of else [None] * calendar.count)
