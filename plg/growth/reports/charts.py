"""A table as a chart: its Vega-Lite specification, and the same drawn as SVG."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal
from xml.sax.saxutils import escape, quoteattr

from .tables import Table

SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"
WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 720, 300, 64, 16, 56
LEGEND = 20
COLOURS = (
    "#1f8f72",
    "#d9730d",
    "#5c7cfa",
    "#c2547f",
    "#8c6d1f",
    "#3a8fb7",
    "#8a63d2",
    "#6b8e23",
    "#c0504d",
    "#78828c",
)
"""Each is told from a light ground and from a dark one."""
MOST_MARKS = 30
MOST_LABELS = 8


@dataclass(frozen=True)
class Drawn:
    """Which table, and which of its columns: across, upwards, and one mark a value of `colour`."""

    mark: Literal["bar", "line"]
    table: str
    x: str
    y: str
    colour: str | None = None


def vega_lite(drawn: Drawn, table: Table) -> dict[str, Any]:
    """A specification for any Vega-Lite viewer; the rows are in it."""
    x_kind = "temporal" if drawn.x == "start" else "nominal"
    encoding: dict[str, Any] = {
        "x": {"field": drawn.x, "type": x_kind, "sort": None},
        "y": {"field": drawn.y, "type": "quantitative"},
    }
    if drawn.colour:
        encoding["color"] = {"field": drawn.colour, "type": "nominal"}
    mark = {"type": drawn.mark, "tooltip": True}
    return {"$schema": SCHEMA, "data": {"values": table.records()}, "mark": mark, "encoding": encoding}


def svg(drawn: Drawn, table: Table, title: str) -> str:
    """A picture of its own, for mails and documents. What it shows is in the table too."""
    records = table.records() if drawn.mark == "line" else table.records()[:MOST_MARKS]
    across = list(dict.fromkeys(str(record[drawn.x]) for record in records))
    groups: dict[str, list[tuple[int, float]]] = {}
    for record in records:
        if record[drawn.y] is not None:
            group = str(record[drawn.colour]) if drawn.colour else ""
            groups.setdefault(group, []).append((across.index(str(record[drawn.x])), float(record[drawn.y])))
    values = [value for points in groups.values() for _, value in points]
    top = max([*values, 0.0]) or 1.0
    drawn_marks = _bars if drawn.mark == "bar" else _lines
    parts = [
        *_frame(across, top),
        *drawn_marks(list(groups.values()), len(across), top),
        *_legend(list(groups)),
    ]
    height = HEIGHT if len(groups) > 1 else HEIGHT - LEGEND
    box = f'viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="12"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {box} role="img" aria-label={quoteattr(title)}>'
    return f"{head}<title>{escape(title)}</title>{''.join(parts)}</svg>"


def _x(place: float, count: int) -> float:
    return round(LEFT + (WIDTH - LEFT - 16) * place / max(count, 1), 2)


def _y(value: float, top: float) -> float:
    return round(TOP + (HEIGHT - TOP - BOTTOM) * (1 - max(value, 0.0) / top), 2)


def _frame(across: list[str], top: float) -> list[str]:
    parts = []
    for value in (0.0, top / 2, top):
        y = _y(value, top)
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - 16}" y1="{y}" y2="{y}" stroke="#ced4da"/>')
        parts.append(
            f'<text x="{LEFT - 8}" y="{y + 4}" text-anchor="end" fill="#495057">{_number(value)}</text>'
        )
    fit = MOST_LABELS if max(map(len, across), default=0) <= 10 else MOST_LABELS // 2 + 1
    each = max(1, -(-len(across) // fit))
    for place in range(0, len(across), each):
        x = _x(place + 0.5, len(across))
        text = across[place] if len(across[place]) <= 14 else across[place][:13] + "…"
        parts.append(
            f'<text x="{x}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle" fill="#495057">{escape(text)}</text>'
        )
    return parts


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _bars(groups: list[list[tuple[int, float]]], count: int, top: float) -> list[str]:
    share = 0.8 / max(len(groups), 1)
    width, bottom = round(_x(share, count) - LEFT, 2), _y(0, top)
    return [
        f'<rect x="{_x(place + 0.1 + number * share, count)}" y="{_y(value, top)}" width="{width}" '
        f'height="{round(bottom - _y(value, top), 2)}" fill="{_colour(number)}"/>'
        for number, points in enumerate(groups)
        for place, value in points
    ]


def _lines(groups: list[list[tuple[int, float]]], count: int, top: float) -> list[str]:
    parts = []
    for number, points in enumerate(groups):
        line = " ".join(f"{_x(place + 0.5, count)},{_y(value, top)}" for place, value in points)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{_colour(number)}" stroke-width="2"/>')
        parts += [
            f'<circle cx="{_x(place + 0.5, count)}" cy="{_y(value, top)}" r="2.5" fill="{_colour(number)}"/>'
            for place, value in points
        ]
    return parts


def _legend(groups: list[str]) -> list[str]:
    if len(groups) < 2:
        return []
    return [
        f'<text x="{LEFT + 110 * number}" y="{HEIGHT - 12}" fill="{_colour(number)}">{escape(group[:16])}</text>'
        for number, group in enumerate(groups[:6])
    ]


def _colour(number: int) -> str:
    return COLOURS[number % len(COLOURS)]
