"""A report's tables and chart as files: CSV, JSON, SVG, Vega-Lite."""

from __future__ import annotations

import json
from typing import Literal

from flask import Response
from pydantic import BaseModel

from plg.growth import answers
from plg.growth.reports import charts
from plg.growth.tables import csv_response

Format = Literal["json", "csv", "svg", "vega-lite"]


def download(
    kind: str, result: BaseModel, format_: Format, table: str | None = None, title: str = ""
) -> Response:
    """One table as CSV, the report's chart, or all tables. Raises `NoSuchTable`."""
    if format_ == "json":
        return _json(result.model_dump_json(indent=1), f"{kind}.json")
    if format_ == "csv":
        found = answers.table(kind, result, table)
        return csv_response([found.columns, *found.rows], f"{kind}-{found.name}")
    drawn = answers.report_of(kind).drawn
    found = answers.table(kind, result, drawn.table)
    if format_ == "svg":
        marks = charts.marks_of(drawn, found)
        return Response(charts.svg(drawn, marks, title or kind), mimetype="image/svg+xml")
    return _json(json.dumps(charts.vega_lite(drawn, found), indent=1), f"{kind}.vl.json")


def people(kind: str, rows: list[tuple[str, str]]) -> Response:
    """Those behind a number as CSV."""
    return csv_response([("id", "name"), *rows], f"{kind}-people")


def _json(text: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(text, mimetype="application/json", headers=headers)
