"""Time to value: how long those who began in a day, week or month took to reach their first moment of value.

Who began is who did the start event for the first time at all within the range; they reached it with the first value
event at or after that, within `longest_days`."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from plg.growth.columns import Events

from . import periods
from .chosen import keys_of
from .definition import EXAMPLE_RANGE, Calendared, Chosen, refuse_unkept, where_fields
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


def evaluate(asked: TimeToValue, events: Events) -> TimeToValueResult:
    """Count. Raises `PropertyNotKept`."""
    refuse_unkept(
        where_fields("start_event", asked.start_event) + where_fields("value_event", asked.value_event),
        events,
    )
    calendar = periods.cut(asked, asked.interval, asked.timezone)
    starts = first_starts(asked.start_event, asked.actor, asked, events)
    waits = next_after(
        starts, keys_of(asked.value_event, asked.actor, events), asked.longest_days * 86_400_000
    )
    numbers = periods.numbers(starts, calendar.edges)
    rows = [_row(day, waits[numbers == number]) for number, day in enumerate(calendar.days)]
    return TimeToValueResult(total=[_row(None, waits)], periods=rows)


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
