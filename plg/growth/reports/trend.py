"""Trend: events, different actors and sums a day, week or month, and a formula over several such series.

Periods that the range cuts are counted in part."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field, ValidationInfo, field_validator

from plg.growth.columns import Events, Log
from plg.growth.columns.keys import Keys, actors_of

from . import formula, parts, periods, presence
from .chosen import amounts_of, keys_of, mask_within, within
from .definition import EXAMPLE_RANGE, Calendared, Chosen, EventName, refuse_unkept, where_fields
from .numbers import Number, Place, newest_first, period_of, refuse
from .periods import Calendar

LETTERS = "ABCDEFGHIJ"


class Series(Chosen):
    """measure: what the letter of the series stands for in a formula; sum: of a number property."""

    name: str = Field("", max_length=200)
    measure: Literal["events", "actors", "sum"] = "events"
    sum_of: EventName | None = Field(
        None, validate_default=True, description="A property whose numbers are summed"
    )

    @field_validator("sum_of")
    @classmethod
    def _summed(cls, name: str | None, info: ValidationInfo) -> str | None:
        if name is None and info.data.get("measure") == "sum":
            raise ValueError("a sum needs 'sum_of', a property")
        return name

    @property
    def title(self) -> str:
        return self.name or " / ".join(self.events)


class Trend(Calendared):
    """The series are called A, B, C… in the formula."""

    model_config = {
        "json_schema_extra": {
            "example": {
                **EXAMPLE_RANGE,
                "series": [{"events": ["Signed Up"]}],
            }
        }
    }

    series: Annotated[tuple[Series, ...], Field(min_length=1, max_length=len(LETTERS))]
    formula: Annotated[str, Field(max_length=200)] | None = None

    @field_validator("formula")
    @classmethod
    def _computable(cls, text: str | None, info: ValidationInfo) -> str | None:
        fault = formula.faults(text, LETTERS[: len(info.data.get("series", ()))]) if text is not None else ""
        if fault:
            raise ValueError(fault)
        return text


class SeriesPeriod(BaseModel):
    start: dt.date
    series: str
    events: int
    actors: int = Field(description="Different people or accounts")
    sum: float | None


class FormulaPeriod(BaseModel):
    """null where a divisor is 0."""

    start: dt.date
    value: float | None


class TrendResult(BaseModel):
    """Every period of the range in order, those without events too, series by series."""

    periods: list[SeriesPeriod]
    formula: list[FormulaPeriod] = []


class TrendNumber(Number):
    """Who did an event of a series (from 1) in the period that begins on this day."""

    model_config = {"json_schema_extra": {"example": {"series": 1, "start": "2026-05-04"}}}

    series: Annotated[int, Field(ge=1, le=len(LETTERS))] = 1
    start: dt.date

    @classmethod
    def at(cls, asked: Any, place: Place) -> Self | None:
        if place.name not in {"periods.events", "periods.actors"}:
            return None
        series = place.row * len(asked.series) // place.rows + 1
        return cls(series=series, start=place.record["start"])


def people(trend: Trend, log: Log, number: TrendNumber) -> Keys:
    """The actors behind a number. Raises `PropertyNotKept` or `NoSuchNumber`."""
    _refuse_unkept(trend, log)
    if number.series > len(trend.series):
        raise refuse("series", "there is no such series")
    calendar = periods.cut(trend, trend.interval, trend.timezone)
    period, series = period_of(calendar.days, number.start), trend.series[number.series - 1]

    def work(events: Events) -> Keys:
        keys = keys_of(series, trend.actor, events)
        return actors_of(within(keys, calendar.edges[period], calendar.edges[period + 1]))

    return newest_first(np.concatenate(parts.of_all(work, log, series.events, trend.actor)))


def evaluate(trend: Trend, log: Log) -> TrendResult:
    """Count. Raises `PropertyNotKept`."""
    _refuse_unkept(trend, log)
    calendar = periods.cut(trend, trend.interval, trend.timezone)
    counts: list[Counts] = log.counts(trend) or [
        _counts(trend, series, log, calendar) for series in trend.series
    ]
    counted = [_rows(*pair, calendar) for pair in zip(trend.series, counts, strict=True)]
    result = TrendResult(periods=[row for rows in counted for row in rows])
    if trend.formula is not None:
        tree = formula.parsed(trend.formula)
        for number, day in enumerate(calendar.days):
            values = {
                letter: getattr(rows[number], series.measure)
                for letter, series, rows in zip(LETTERS, trend.series, counted, strict=False)
            }
            result.formula.append(FormulaPeriod(start=day, value=formula.value_of(tree, values)))
    return result


def _refuse_unkept(trend: Trend, log: Log) -> None:
    used = [each for i, series in enumerate(trend.series) for each in where_fields(f"series.{i}", series)]
    used += [(f"series.{i}.sum_of", series.sum_of) for i, series in enumerate(trend.series) if series.sum_of]
    refuse_unkept(used, log)


@dataclass(frozen=True)
class Counts:
    """Of one series, for each period: events, different actors, and the sum (None where none is asked)."""

    events: list[int]
    actors: list[int]
    sums: list[float] | list[None]


def _counts(trend: Trend, series: Series, log: Log, calendar: Calendar) -> Counts:
    def work(events: Events) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
        return _counted(trend, series, events, calendar)

    found = parts.of_all(work, log, series.events, trend.actor)
    count, actors, sums = (np.sum(each, axis=0).tolist() for each in zip(*found, strict=True))
    return Counts(count, actors, sums if series.sum_of else [None] * calendar.count)


def _rows(series: Series, counts: Counts, calendar: Calendar) -> list[SeriesPeriod]:
    rows = zip(calendar.days, counts.events, counts.actors, counts.sums, strict=True)
    return [
        SeriesPeriod(start=day, series=series.title, events=number, actors=who, sum=total)
        for day, number, who, total in rows
    ]


def _counted(
    trend: Trend, series: Series, events: Events, calendar: Calendar
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """How many events, of how many actors, and their sum, in each period."""
    chosen = (Chosen(events=(name,), where=series.where) for name in dict.fromkeys(series.events))
    keys = [keys_of(each, trend.actor, events) for each in chosen]
    inside = [within(each, calendar.edges[0], calendar.edges[-1]) for each in keys]
    count, actors = presence.counted(inside, calendar)
    return count, actors, _sums(trend, series, events, calendar)


def _sums(trend: Trend, series: Series, events: Events, calendar: Calendar) -> NDArray[np.float64]:
    if series.sum_of is None:
        return np.zeros(calendar.count)
    keys, amounts = amounts_of(series, trend.actor, series.sum_of, events)
    inside = mask_within(keys, calendar.edges[0], calendar.edges[-1])
    numbers = calendar.numbers(keys[inside])
    sums = np.bincount(numbers, weights=amounts[inside], minlength=calendar.count)
    return sums.astype(np.float64)
