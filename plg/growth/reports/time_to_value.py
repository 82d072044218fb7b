"""Time to value: how long those who began in a day, week or month took to reach their first moment of value.

Who began is who did the start event for the first time at all within the range; they reached it with the first value
event at or after that, within `longest_days`."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Annotated, Any, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from plg.growth.columns import Log
from plg.growth.columns.keys import Keys, actors_of

from . import periods
from .definition import EXAMPLE_RANGE, Calendared, Chosen, refuse_unkept, where_fields
from .numbers import Number, Place, newest_first, period_of
from .periods import Calendar
from .waits import until_next

DAY_MS = 86_400_000


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


def people(asked: TimeToValue, log: Log, number: TimeToValueNumber) -> Keys:
    """The actors behind a number. Raises `PropertyNotKept` or `NoSuchNumber`."""
    _refuse_unkept(asked, log)
    calendar = periods.cut(asked, asked.interval, asked.timezone)
    starts, waits = _waits(asked, log)
    chosen = np.isfinite(waits) if number.reached else np.ones(starts.size, np.bool_)
    if number.start is not None:
        chosen &= calendar.numbers(starts) == period_of(calendar.days, number.start)
    return newest_first(actors_of(starts[chosen]))


@dataclass(frozen=True)
class Counts:
    """Milliseconds. quarters: the quartiles of those who reached it; half: within which half of all who began had
    reached it. None where nobody, or fewer did."""

    began: int
    reached: int
    quarters: tuple[float, float, float] | None
    half: int | None


def evaluate(asked: TimeToValue, log: Log) -> TimeToValueResult:
    """Count. Raises `PropertyNotKept`."""
    _refuse_unkept(asked, log)
    calendar = periods.cut(asked, asked.interval, asked.timezone)
    counts: list[Counts] = log.counts(asked) or _counts(asked, log, calendar)
    total, *rows = (_row(*pair) for pair in zip([None, *calendar.days], counts, strict=True))
    return TimeToValueResult(total=[total], periods=rows)


def _refuse_unkept(asked: TimeToValue, log: Log) -> None:
    used = where_fields("start_event", asked.start_event) + where_fields("value_event", asked.value_event)
    refuse_unkept(used, log)


def _counts(asked: TimeToValue, log: Log, calendar: Calendar) -> list[Counts]:
    """Of all, and of each period."""
    starts, waits = _waits(asked, log)
    numbers = calendar.numbers(starts)
    return [_counted(each) for each in (waits, *(waits[numbers == n] for n in range(calendar.count)))]


def _waits(asked: TimeToValue, log: Log) -> tuple[Keys, NDArray[np.float64]]:
    """Each actor's start, and the milliseconds from there to the value, inf where it did not come."""
    return until_next(asked.start_event, asked.value_event, asked.longest_days * DAY_MS, asked, log)


def _counted(waits: NDArray[np.float64]) -> Counts:
    reached = waits[np.isfinite(waits)]
    quarters = np.quantile(reached, [0.25, 0.5, 0.75]).tolist() if reached.size else None
    half = np.sort(waits)[(waits.size - 1) // 2] if waits.size else np.inf
    return Counts(waits.size, reached.size, quarters, int(half) if np.isfinite(half) else None)


def _row(day: dt.date | None, counts: Counts) -> BeganIn:
    quarter, median, three = (each / 1000 for each in counts.quarters) if counts.quarters else (None,) * 3
    return BeganIn(
        start=day,
        began=counts.began,
        reached=counts.reached,
        share=counts.reached / counts.began if counts.began else None,
        quarter_seconds=quarter,
        median_seconds=median,
        three_quarters_seconds=three,
        median_of_all_seconds=None if counts.half is None else counts.half / 1000,
    )
