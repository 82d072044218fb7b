"""Reports as CSV (RFC 4180), safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from flask import Response

from plg.growth.reports.funnel import FunnelResult
from plg.growth.reports.trend import TrendResult


def funnel_rows(result: FunnelResult) -> Iterable[Sequence[object]]:
    """A heading and a row a step; rates as fractions, times in seconds."""
    fields = list(type(result.steps[0]).model_fields)
    yield ["step", *fields]
    for place, step in enumerate(result.steps, start=1):
        yield [place, *(getattr(step, name) for name in fields)]


def trend_rows(result: TrendResult) -> Iterable[Sequence[object]]:
    """A heading and a row a day."""
    yield ["day", "events", "people"]
    for day in result.days:
        yield [day.day.isoformat(), day.events, day.actors]


def csv_response(rows: Iterable[Sequence[object]], name: str) -> Response:
    """A download called `name`.csv."""
    text = io.StringIO()
    csv.writer(text).writerows([_plain(cell) for cell in row] for row in rows)
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return Response(text.getvalue(), mimetype="text/csv", headers=headers)


def _plain(cell: object) -> object:
    # A spreadsheet runs text that begins like a formula, and event names come from outside.
    if isinstance(cell, str) and cell[:1] in tuple("=+-@\t\r"):
        return f"'{cell}"
    return cell
