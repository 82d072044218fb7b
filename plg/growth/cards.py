"""A report's picture and tables, as pages show them."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext
from markupsafe import Markup
from pydantic import BaseModel

from plg.growth import answers, comparing, labels, retention_grid
from plg.growth.reports import REPORTS, charts, tables
from plg.growth.reports.charts import Mark
from plg.growth.reports.definition import Definition
from plg.growth.reports.retention import RetentionResult
from plg.growth.reports.tables import Table
from plg.kit.errors import Refusal


def counted(
    kind: str, definition: Definition, title: str, timezone: str, *, compare: bool = False
) -> dict[str, Any]:
    """The picture and the tables, with compare those of as many days before, too; a refusal in their place where it
    cannot be answered any more."""
    told: dict[str, Any] = {
        "refusal": "",
        "days": days_of(definition, timezone),
        "tables": [],
        "earlier": None,
    }
    earlier = comparing.before(definition, timezone) if compare else None
    try:
        result = answers.answer(kind, comparing.beside(definition, earlier) if earlier else definition)
        then = answers.answer(kind, earlier) if earlier else None
    except Refusal as refusal:
        return told | {"refusal": refusal.detail or refusal.title}
    drawn, marks = REPORTS[kind].drawn, _marks(kind, result)
    if earlier and then:
        names = gettext("these days"), gettext("the days before")
        marks = comparing.together(marks, _marks(kind, then), drawn.x == "start", names)
        told["earlier"] = {"days": days_of(earlier, timezone), "tables": _shown(then), "asked": earlier}
    picture = Markup(charts.svg(drawn, marks, title or kind))  # noqa: S704 - the drawing escapes all texts
    grid = retention_grid.grid(result) if isinstance(result, RetentionResult) else []
    return told | {"drawn": drawn.table, "picture": picture, "tables": _shown(result), "grid": grid}


def days_of(definition: Definition, timezone: str) -> tuple[dt.date, dt.date]:
    """The first and the last day of its range, both included, in this zone."""
    zone, last = ZoneInfo(timezone), definition.end - dt.timedelta(microseconds=1)
    return definition.start.astimezone(zone).date(), last.astimezone(zone).date()


def _marks(kind: str, result: BaseModel) -> list[Mark]:
    return charts.marks_of(REPORTS[kind].drawn, answers.table(kind, result, None), labels.COLUMNS)


def _shown(result: BaseModel) -> list[Table]:
    return [each for each in tables.tables_of(result) if each.rows]


def duration(seconds: float) -> str:
    """A time in its two largest units: `3 d 4 h`, `12 min 5 s`; the same in both languages."""
    left = round(seconds)
    parts: list[str] = []
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)):
        count, left = divmod(left, size)
        if count or parts:
            parts.append(f"{count} {unit}")
    return " ".join(part for part in parts[:2] if not part.startswith("0 ")) or "0 s"
