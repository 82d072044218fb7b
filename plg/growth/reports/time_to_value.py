"""Time to value: how long those who began in a day, week or month took to reach their first moment of value.

Who began is who did the start event for the first time at all within the range; they reached it with the first value
event at or after that, within `longest_days`."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from plg.growth.columns import Events
from plg.growth.columns.keys import Keys, actors_of

from . import periods
from .chosen import keys_of
from .definition import EXAMPLE_RANGE, Calendared, Chosen, refuse_unkept, where_fields
from .numbers import Number, Place, newest_first, period_of
from .waits import first_starts, next_after


class TimeToValue(Calendared):
    model_config = {
        "json_schema_extra": {
            "example": {
                **EXAMPLE_RANGE,
                "interval": "week",
                "start_event": {"events": ["Signed Up"]},
                "value_event": {"events": ["Activated"]},
            }
        }
    }

    start_event: Chosen
    value_event: Chosen
    longest_days: Annotated[int, Field(ge=1, le=366)] = 90


class BeganIn(BaseModel):
    """quarter, median, three_quarters: seconds, of those who reached it. median_of_all: within which half of all who
    began had reached it, null where fewer did. start: null in the row of all."""

    start: dt.date | None
    began: int
    reached: int
    share: float | None
    quarter_seconds: float | None
    median_seconds: float | None
    three_quarters_seconds: float | None
    median_of_all_seconds: float | None


class TimeToValueResult(BaseModel):
    total: list[BeganIn]
    periods: list[BeganIn]


class TimeToValueNumber(Number):
    """Who began in the period that begins on this day (or at all), or of those, who reached it."""

    model_config = {"json_schema_extra": {"example": {"reached": True}}}

    start: dt.date | None = None
    reached: bool = False

    @classmethod
    def at(cls, asked: Any, place: Place) -> Self | None:
        if place.column not in {"began", "reached"}:
            return None
        return cls(start=place.record["start"], reached=place.column == "reached")


def people(asked: TimeToValue, events: Events, number: TimeToValueNumber) -> Keys:
    """The actors behind a number. Raises `PropertyNotKept` or `NoSuchNumber`."""
    calendar = periods.cut(asked, asked.interval, asked.timezone)
    starts, waits = _waits(asked, events)
    chosen = np.isfinite(waits) if number.reached else np.ones(starts.size, np.bool_)
    if number.start is not None:
        chosen &= periods.numbers(starts, calendar.edges) == period_of(calendar.days, number.start)
    return newest_first(actors_of(starts[chosen]))


def evaluate(asked: TimeToValue, events: Events) -> TimeToValueResult:
    """Count. Raises `PropertyNotKept`."""
    calendar = periods.cut(asked, asked.interval, asked.timezone)
    starts, waits = _waits(asked, events)
    numbers = periods.numbers(starts, calendar.edges)
    rows = [_row(day, waits[numbers == number]) for number, day in enumerate(calendar.days)]
    return TimeToValueResult(total=[_row(None, waits)], periods=rows)


def _waits(asked: TimeToValue, events: Events) -> tuple[Keys, NDArray[np.float64]]:
    """Each actor's start, and the milliseconds from there to the value, inf where it did not come."""
    used = where_fields("start_event", asked.start_event) + where_fields("value_event", asked.value_event)
    refuse_unkept(used, events)
    starts = first_starts(asked.start_event, asked.actor, asked, events)
    values = keys_of(asked.value_event, asked.actor, events)
    return starts, next_after(starts, values, asked.longest_days * 86_400_000)


def _row(day: dt.date | None, waits: NDArray[np.float64]) -> BeganIn:
    reached = waits[np.isfinite(waits)] / 1000
    quarters = np.quantile(reached, [0.25, 0.5, 0.75]).tolist() if reached.size else [None] * 3
    half = np.sort(waits)[(waits.size - 1) // 2] / 1000 if waits.size else np.inf
    return BeganIn(
        start=day,
        began=waits.size,
        reached=reached.size,
        share=reached.size / waits.size if waits.size else None,
        quarter_seconds=quarters[0],
        median_seconds=quarters[1],
        three_quarters_seconds=quarters[2],
        median_of_all_seconds=float(half) if np.isfinite(half) else None,
    )
