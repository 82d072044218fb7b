"""The geometry of a bar chart of days. The template draws the bars as SVG, stretched to the room there is, and
writes the scale beside them as text, which no stretching makes small."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from plg.growth.reports.trend import SeriesPeriod

_LABELS = 4


@dataclass(frozen=True)
class Chart:
    """bars: each day with its height in percent of `scale[0]`; scale: values from the top to the bottom of the
    axis, evenly apart; labels: days at even distances, the first and the last among them."""

    bars: list[tuple[SeriesPeriod, float]]
    scale: tuple[int, int, int]
    labels: list[dt.date]
    total: int


def of_days(days: Sequence[SeriesPeriod]) -> Chart:
    """One bar a day, as high as its events."""
    top = _round_up(max((day.events for day in days), default=0))
    bars = [(day, round(100 * day.events / top, 2)) for day in days]
    last = len(days) - 1
    places = sorted({last * i // (_LABELS - 1) for i in range(_LABELS)})
    labels = [days[place].start for place in places if place >= 0]
    return Chart(bars, (top, top // 2, 0), labels, sum(day.events for day in days))


def _round_up(value: int) -> int:
    """The next of 2, 4, 10, 20, 40, 100, 200 …: half of it is a round number too."""
    scale = 1
    while True:
        for step in (2, 4, 10):
            if value <= step * scale:
                return step * scale
        scale *= 10
