"""Retention: of those who did one thing in a day, week or month, how many came back to do another in the n-th after.

A cohort is who did the start event within a period (whole periods of the range, in its time zone); with `first` only
who did it there for the first time at all. A member's clock starts with its first start event in the period. Only
events after that moment count as returns.

- `calendar`: period n is the n-th of the calendar after the cohort's; with `own_calendar` of that of each one's own
  account, whose days are the same, from its own midnights. `rolling`: it is the n-th span of 24 hours (7 days, 30
  days) from the member's own start.
- `n_day`: returned within period n. `unbounded`: within period n or later. `bracket`: within a span of several
  periods, each as long as `brackets` says: [1, 3, 7] are period 0, periods 1 to 3, periods 4 to 10.
- With `amount`, the sum of that property of the return events stands beside the number of those who returned.

Cells that begin at `as_of` or later are null, and so is what had not happened by then.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Self, TypeVar

import numpy as np
from pydantic import BaseModel, Field

from plg.growth.columns import Events, Log
from plg.growth.columns.keys import Keys, actors_of
from plg.kit import proportions
from plg.kit.proportions import Share

from . import parts
from .definition import SegmentName, refuse_unkept, where_fields
from .numbers import Number, Place, newest_first, period_of, refuse
from .periods import Calendar
from .retentions import cohorts
from .retentions.definition import Retention

__all__ = ["Retention", "RetentionNumber", "RetentionResult", "evaluate", "people", "side_by_side"]

Found = TypeVar("Found")


class Cell(BaseModel):
    """Of the cohort of the period that begins on this day: who returned in period n (or bracket n)."""

    cohort: dt.date
    size: int
    period: int
    returned: int | None
    rate: float | None
    amount: float | None


class PeriodAverage(BaseModel):
    """All cohorts for which the period has begun, together: the share with Wilson's interval of 95 %."""

    period: int
    size: int
    returned: int
    rate: float | None
    low: float | None
    high: float | None


class SegmentAverage(PeriodAverage):
    """The same of those in a segment."""

    segment: str


class RetentionResult(BaseModel):
    cells: list[Cell]
    average: list[PeriodAverage]
    segments: list[SegmentAverage] = []


class RetentionNumber(Number):
    """Of the cohort of the period that begins on this day, or of all for which the period (or bracket) has begun: its
    members, or who returned in it."""

    model_config = {"json_schema_extra": {"example": {"period": 1, "returned": True}}}

    cohort: dt.date | None = None
    period: Annotated[int, Field(ge=0, le=100)] = 0
    returned: bool = False
    segment: SegmentName | None = None

    @classmethod
    def at(cls, asked: Any, place: Place) -> Self | None:
        if place.table == "summary" or place.column not in {"size", "returned"}:
            return None
        record = place.record
        cohort, segment = record.get("cohort"), record.get("segment")
        returned = place.column == "returned"
        return cls(cohort=cohort, segment=segment, period=record["period"], returned=returned)


def evaluate(retention: Retention, log: Log) -> RetentionResult:
    """Count. Raises `PropertyNotKept`."""
    _refuse_unkept(retention, log)
    calendar = cohorts.calendar(retention)
    counts: list[cohorts.Counts] = log.counts(retention) or cohorts.added_up(
        retention, _in_parts(lambda events: cohorts.counted(retention, calendar, events), retention, log)
    )
    cells = [cell for number, each in enumerate(counts) for cell in _cells(retention, calendar, number, each)]
    return RetentionResult(cells=cells, average=average(cells, len(retention.sizes)))


def side_by_side(retention: Retention, among: Mapping[str, Log]) -> list[SegmentAverage]:
    """The averages of each segment, given who is in it."""
    return [
        SegmentAverage(segment=name, **row.model_dump())
        for name, log in among.items()
        for row in evaluate(retention, log).average
    ]


def people(retention: Retention, log: Log, number: RetentionNumber) -> Keys:
    """The actors behind a number. Raises `PropertyNotKept` or `NoSuchNumber`."""
    _refuse_unkept(retention, log)
    if number.period >= len(retention.sizes):
        raise refuse("period", "there is no such period")
    calendar, offset = cohorts.calendar(retention), sum(retention.sizes[: number.period])
    days = calendar.days[: cohorts.count_of(retention, calendar)]
    if number.cohort is not None:
        wanted = [period_of(days, number.cohort, "cohort")]
    else:
        wanted = [each for each in range(len(days)) if cohorts.begun(retention, calendar, each + offset)]

    def work(events: Events) -> Keys:
        each = cohorts.members(retention, calendar, events)
        chosen = np.isin(each.cohorts, wanted)
        if number.returned:
            chosen &= cohorts.returned_in(retention, calendar, events, each, number.period)
        return each.starts[chosen]

    return newest_first(actors_of(np.concatenate(_in_parts(work, retention, log))))


def _in_parts(work: Callable[[Events], Found], retention: Retention, log: Log) -> list[Found]:
    names = retention.start_event.events + retention.return_event.events
    return parts.of_all(work, log, names, retention.actor)


def _refuse_unkept(retention: Retention, log: Log) -> None:
    used = where_fields("start_event", retention.start_event)
    used += where_fields("return_event", retention.return_event)
    refuse_unkept(used + ([("amount", retention.amount)] if retention.amount else []), log)


def _cells(retention: Retention, calendar: Calendar, cohort: int, counts: cohorts.Counts) -> list[Cell]:
    cells = []
    for number, returned in enumerate(counts.returned):
        begun = cohorts.begun(retention, calendar, cohort + sum(retention.sizes[:number]))
        cells.append(
            Cell(
                cohort=calendar.days[cohort],
                size=counts.size,
                period=number,
                returned=returned if begun else None,
                rate=returned / counts.size if begun and counts.size else None,
                amount=counts.amounts[number] if begun and counts.amounts else None,
            )
        )
    return cells


def average(cells: Sequence[Cell], count: int) -> list[PeriodAverage]:
    """All cohorts together, for so many periods."""
    rows = []
    for period in range(count):
        known = [cell for cell in cells if cell.period == period and cell.returned is not None]
        size, returned = sum(cell.size for cell in known), sum(cell.returned or 0 for cell in known)
        told = proportions.wilson(Share(returned, size)) if size else None
        rate, low, high = (told.value, told.low, told.high) if told else (None, None, None)
        rows.append(PeriodAverage(period=period, size=size, returned=returned, rate=rate, low=low, high=high))
    return rows
