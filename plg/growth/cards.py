"""A report's picture and tables, as pages show them."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from plg.growth import answers, retention_grid
from plg.growth.reports import REPORTS, charts, tables
from plg.growth.reports.definition import Definition
from plg.growth.reports.retention import RetentionResult
from plg.kit.errors import Refusal


def counted(kind: str, definition: Definition, title: str) -> dict[str, Any]:
    """The picture and the tables; a refusal in their place where it cannot be answered any more."""
    try:
        result = answers.answer(kind, definition)
    except Refusal as refusal:
        return {"refusal": refusal.detail or refusal.title, "definition": definition, "tables": []}
    drawn, table = REPORTS[kind].drawn, answers.table(kind, result, None)
    shown = [each for each in tables.tables_of(result) if each.rows]
    picture = Markup(charts.svg(drawn, table, title or kind))  # noqa: S704 - the drawing escapes all texts
    grid = retention_grid.grid(result) if isinstance(result, RetentionResult) else []
    told = {"refusal": "", "definition": definition, "drawn": drawn.table, "picture": picture}
    return told | {"tables": shown, "grid": grid}


def duration(seconds: float) -> str:
    """A time in its two largest units: `3 d 4 h`, `12 min 5 s`; the same in both languages."""
    left = round(seconds)
    parts: list[str] = []
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)):
        count, left = divmod(left, size)
        if count or parts:
            parts.append(f"{count} {unit}")
    return " ".join(part for part in parts[:2] if not part.startswith("0 ")) or "0 s"
