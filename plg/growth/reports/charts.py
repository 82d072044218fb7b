"""A table as a chart: its Vega-Lite specification, and the same drawn as SVG."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple
from xml.sax.saxutils import escape, quoteattr

from .tables import Table

SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"
WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 720, 300, 64, 16, 56
LEGEND, ROW = 20, 36
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
MOST_MARKS, MOST_ROWS, MOST_GROUPS = 30, 15, 10
IN_LINE = 4
MOST_LABELS = 8
SPANS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


@dataclass(frozen=True)
class Drawn:
    """Which table, and which of its columns: along `x`, as high as each of `y`, and one mark a value of `colour`.
    rows: bars that lie below one another, for what has long names."""

    mark: Literal["bar", "line", "rows"]
    table: str
    x: str
    y: tuple[str, ...]
    colour: str | None = None
    unit: Literal["number", "share", "seconds"] = "number"


class Mark(NamedTuple):
    """earlier: of the days before; it looks like its own group's, only paler."""

    place: str
    group: str
    value: float | None
    earlier: bool = False


def vega_lite(drawn: Drawn, table: Table) -> dict[str, Any]:
    """A specification for any Vega-Lite viewer; the rows are in it."""
    value: dict[str, Any] = {"field": drawn.y[0], "type": "quantitative"}
    if drawn.unit == "share":
        value["axis"] = {"format": ".0%"}
    name = {"field": drawn.x, "type": "temporal" if drawn.x == "start" else "nominal", "sort": None}
    lies = drawn.mark == "rows"
    encoding: dict[str, Any] = {"x": value, "y": name} if lies else {"x": name, "y": value}
    spec: dict[str, Any] = {"$schema": SCHEMA, "data": {"values": table.records()}}
    if _repeats(drawn, table):
        number = {"window": [{"op": "row_number", "as": "row"}]}
        spec["transform"] = [number, {"calculate": f"datum.row + '. ' + datum.{drawn.x}", "as": "label"}]
        name["field"] = "label"
    if len(drawn.y) > 1:
        spec["transform"] = [{"fold": list(drawn.y), "as": ["measure", "value"]}]
        value["field"] = "value"
        encoding["color"] = {"field": "measure", "type": "nominal", "sort": None}
    elif drawn.colour:
        encoding["color"] = {"field": drawn.colour, "type": "nominal"}
    mark = {"type": "line" if drawn.mark == "line" else "bar", "tooltip": True}
    return spec | {"mark": mark, "encoding": encoding}


def marks_of(drawn: Drawn, table: Table, called: Mapping[str, Any] | None = None) -> list[Mark]:
    """What is drawn of a table. called: names of columns, where several are drawn."""
    most = {"bar": MOST_MARKS, "rows": MOST_ROWS}.get(drawn.mark)
    records = table.records()[:most]
    names = {column: str((called or {}).get(column, column)) for column in drawn.y}
    places = [str(record[drawn.x]) for record in records]
    if _repeats(drawn, table):
        places = [f"{row}. {place}" for row, place in enumerate(places, start=1)]
    return [
        Mark(place, _group(drawn, record, names[column]), record[column])
        for column in drawn.y
        for place, record in zip(places, records, strict=True)
    ]


def svg(drawn: Drawn, marks: list[Mark], title: str) -> str:
    """A picture of its own, for mails and documents. What it shows is in the table too."""
    across = list(dict.fromkeys(mark.place for mark in marks))
    place_of = {name: place for place, name in enumerate(across)}
    groups: dict[str, list[tuple[int, float]]] = {}
    for mark in marks:
        points = groups.setdefault(mark.group, [])
        if mark.value is not None:
            points.append((place_of[mark.place], float(mark.value)))
    top = _round_up(max((value for points in groups.values() for _, value in points), default=0.0), drawn)
    pale = {mark.group for mark in marks if mark.earlier}
    looks = _looks(list(groups), pale)
    lines = -(-min(len(groups), MOST_GROUPS) // IN_LINE) if len(groups) > 1 else 0
    if drawn.mark == "rows":
        height, parts = len(across) * ROW + TOP, _rows(list(groups.values()), looks, across, top, drawn)
    else:
        shape = _bars if drawn.mark == "bar" else _lines
        height = HEIGHT - LEGEND
        parts = [*_frame(across, top, drawn), *shape(list(groups.values()), looks, len(across), top)]
    if lines:
        parts.append(_legend(list(groups), looks, height))
    box = f'viewBox="0 0 {WIDTH} {height + LEGEND * lines}" font-family="sans-serif" font-size="12"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {box} role="img" aria-label={quoteattr(title)}>'
    return f"{head}<title>{escape(title)}</title>{''.join(parts)}</svg>"


def _repeats(drawn: Drawn, table: Table) -> bool:
    """Whether two bars have one name, as two steps of the same event: then they are numbered."""
    names = [record[drawn.x] for record in table.records()]
    return drawn.mark != "line" and len(set(names)) < len(names)


def _group(drawn: Drawn, record: Mapping[str, Any], measure: str) -> str:
    if len(drawn.y) > 1:
        return measure
    return str(record[drawn.colour]) if drawn.colour else ""


def _round_up(value: float, drawn: Drawn) -> float:
    """The next of 1, 2, 4, 10, 20, 40 …, in the unit's own measure: half of it is a round number, too."""
    size = _span_of(value)[0] if drawn.unit == "seconds" else 1
    if value <= 0:
        return size
    least = 0.1 if drawn.unit == "share" else 1e-6 if value < 1 else 2
    scale = 10.0 ** math.floor(math.log10(max(value / size, least)))
    found = next(step * scale for step in (1, 2, 4, 10) if value / size <= step * scale * (1 + 1e-9))
    return size * max(found, least)


def _span_of(seconds: float) -> tuple[int, str]:
    return next((span for span in SPANS if seconds >= span[0]), SPANS[-1])


def _text(value: float, drawn: Drawn) -> str:
    if drawn.unit == "share":
        return f"{value:.3g}" if value > 1 else f"{100 * value:.3g}%"
    if drawn.unit == "seconds" and value:
        size, name = _span_of(value)
        return f"{value / size:.3g} {name}"
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _x(place: float, count: int) -> float:
    return round(LEFT + (WIDTH - LEFT - 16) * place / max(count, 1), 2)


def _y(value: float, top: float) -> float:
    return round(TOP + (HEIGHT - TOP - BOTTOM) * (1 - max(value, 0.0) / top), 2)


def _frame(across: list[str], top: float, drawn: Drawn) -> list[str]:
    parts = []
    for value in (0.0, top / 2, top):
        y, told = _y(value, top), _text(value, drawn)
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - 16}" y1="{y}" y2="{y}" stroke="#ced4da"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4}" text-anchor="end" fill="#495057">{told}</text>')
    fit = MOST_LABELS if max(map(len, across), default=0) <= 10 else MOST_LABELS // 2 + 1
    each, room = max(1, -(-len(across) // fit)), 14 if len(across) > 4 else 24
    for place in range(0, len(across), each):
        x = _x(place + 0.5, len(across))
        text = across[place] if len(across[place]) <= room else across[place][: room - 1] + "…"
        parts.append(
            f'<text x="{x}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle" fill="#495057">{escape(text)}</text>'
        )
    return parts


def _looks(groups: list[str], pale: set[str]) -> list[str]:
    """The colour of each group, as an attribute to fill with or to draw with."""
    now = [group for group in groups if group not in pale]
    then = [group for group in groups if group in pale]
    place = {group: number for each in (now, then) for number, group in enumerate(each)}
    faded = ' opacity="0.45"'
    return [f'"{COLOURS[place[group] % len(COLOURS)]}"{faded if group in pale else ""}' for group in groups]


Points = list[tuple[int, float]]


def _bars(groups: list[Points], looks: list[str], count: int, top: float) -> list[str]:
    share = 0.8 / max(len(groups), 1)
    width, bottom = round(_x(share, count) - LEFT, 2), _y(0, top)
    return [
        f'<rect x="{_x(place + 0.1 + number * share, count)}" y="{_y(value, top)}" width="{width}" '
        f'height="{round(bottom - _y(value, top), 2)}" fill={looks[number]}/>'
        for number, points in enumerate(groups)
        for place, value in points
    ]


def _rows(groups: list[Points], looks: list[str], across: list[str], top: float, drawn: Drawn) -> list[str]:
    """Each name above its bars, each bar's value behind it."""
    thick = round(14 / max(len(groups), 1), 2)
    parts = [
        f'<text x="0" y="{TOP + place * ROW}" fill="#495057">'
        f"{escape(name if len(name) <= 110 else name[:109] + '…')}</text>"
        for place, name in enumerate(across)
    ]
    for number, points in enumerate(groups):
        for place, value in points:
            y, width = TOP + place * ROW + 5 + number * thick, round((WIDTH - 72) * max(value, 0) / top, 2)
            parts.append(f'<rect x="0" y="{y}" width="{width}" height="{thick}" fill={looks[number]}/>')
            if len(groups) == 1:
                parts.append(
                    f'<text x="{width + 6}" y="{y + 11}" fill="#495057">{_text(value, drawn)}</text>'
                )
    return parts


def _lines(groups: list[Points], looks: list[str], count: int, top: float) -> list[str]:
    parts = []
    for look, points in zip(looks, groups, strict=True):
        line = " ".join(f"{_x(place + 0.5, count)},{_y(value, top)}" for place, value in points)
        dashes = ' stroke-dasharray="5 4"' if "opacity" in look else ""
        parts.append(f'<polyline points="{line}" fill="none" stroke={look} stroke-width="2"{dashes}/>')
        parts += [
            f'<circle cx="{_x(place + 0.5, count)}" cy="{_y(value, top)}" r="2.5" fill={look}/>'
            for place, value in points
        ]
    return parts


def _legend(groups: list[str], looks: list[str], height: int) -> str:
    """What each colour is, below the picture."""
    room = (WIDTH - LEFT) // IN_LINE
    parts = []
    for number, group in enumerate(groups[:MOST_GROUPS]):
        x, y = LEFT + room * (number % IN_LINE), height + LEGEND * (number // IN_LINE)
        parts.append(f'<rect x="{x}" y="{y}" width="10" height="10" fill={looks[number]}/>')
        parts.append(f'<text x="{x + 14}" y="{y + 9}" fill="#495057">{escape(group[:24])}</text>')
    return "".join(parts)
