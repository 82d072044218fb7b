"""A retention report as the grid that people read: a row a cohort, a column a period, darker where more returned."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from plg.growth.reports.retention import Cell, RetentionResult

SHADES = 5


@dataclass(frozen=True)
class Row:
    """cells: each with its shade, 0 (nobody, or not begun) to SHADES."""

    cohort: dt.date
    size: int
    cells: list[tuple[Cell, int]]


def grid(result: RetentionResult) -> list[Row]:
    """The cohorts that have members."""
    rows: dict[dt.date, Row] = {}
    for cell in result.cells:
        if cell.size:
            row = rows.setdefault(cell.cohort, Row(cell.cohort, cell.size, []))
            row.cells.append((cell, round((cell.rate or 0.0) * SHADES + 0.49)))
    return list(rows.values())
