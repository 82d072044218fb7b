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
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field, ValidationInfo, field_validator

from plg.growth.columns import Events
from plg.growth.columns.keys import TIME_BITS, Keys, actors_of, clock, first_of_each, times_of
from plg.kit import proportions
from plg.kit.proportions import Share

from . import parts, periods
from .chosen import amounts_of, keys_of, mask_within
from .definition import (
    BY_SEGMENTS,
    EXAMPLE_RANGE,
    Calendared,
    Chosen,
    EventName,
    Moment,
    SegmentName,
    Segments,
    refuse_unkept,
    where_fields,
)
from .numbers import Number, Place, newest_first, period_of, refuse
from .periods import Calendar

DAY_MS = 86_400_000
SPAN_MS = {"day": DAY_MS, "week": 7 * DAY_MS, "month": 30 * DAY_MS}
MOST_COHORTS = 400


class Retention(Calendared):
    model_config = {
        "json_schema_extra": {
            "example": {
                **EXAMPLE_RANGE,
                "interval": "week",
                "start_event": {"events": ["Signed Up"]},
                "return_event": {"events": ["Invoice Sent"]},
            }
        }
    }

    start_event: Chosen
    return_event: Chosen
    first: bool = Field(True, description="Only who did the start event for the first time")
    periods: Annotated[int, Field(ge=1, le=100)] = Field(
        8, validate_default=True, description="How many after period 0"
    )
    kind: Literal["n_day", "unbounded", "bracket"] = "n_day"
    brackets: Annotated[tuple[Annotated[int, Field(ge=1, le=400)], ...], Field(max_length=30)] = Field(
        (), validate_default=True
    )
    clock: Literal["calendar", "rolling"] = "calendar"
    amount: EventName | None = Field(None, description="A number property of the return event that is summed")
    as_of: Moment | None = None
    by_segments: Segments = Field((), description=BY_SEGMENTS)
    own_calendar: bool = Field(False, description="Each by the zone of their own account, if they have one")

    @field_validator("brackets")
    @classmethod
    def _where_used(cls, brackets: tuple[int, ...], info: ValidationInfo) -> tuple[int, ...]:
        if bool(brackets) != (info.data.get("kind") == "bracket"):
            raise ValueError("brackets belong to the kind 'bracket', which needs some")
        if sum(brackets) > MOST_COHORTS:
            raise ValueError(f"at most {MOST_COHORTS} periods")
        return brackets

    @field_validator("periods")
    @classmethod
    def _few_cohorts(cls, count: int, info: ValidationInfo) -> int:
        if "start" in info.data and "end" in info.data:
            days = (info.data["end"] - info.data["start"]).days
            if days / {"day": 1, "week": 7, "month": 28}[info.data.get("interval", "day")] > MOST_COHORTS:
                raise ValueError(f"at most {MOST_COHORTS} cohorts")
        return count

    @field_validator("own_calendar")
    @classmethod
    def _fits_one_table(cls, own: bool, info: ValidationInfo) -> bool:
        if own and (info.data.get("clock") == "rolling" or info.data.get("by_segments")):
            raise ValueError("own calendars go neither with a rolling clock nor with segments side by side")
        return own

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many periods each column of the table is long."""
        return self.brackets or (1,) * (self.periods + 1)


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


def evaluate(retention: Retention, events: Events) -> RetentionResult:
    """Count. Raises `PropertyNotKept`."""
    _refuse_unkept(retention, events)
    calendar = _calendar(retention)
    counts: list[Counts] = events.counts(retention) or _counts(retention, events, calendar)
    cells = [cell for number, each in enumerate(counts) for cell in _cells(retention, calendar, number, each)]
    return RetentionResult(cells=cells, average=average(cells, len(retention.sizes)))


def side_by_side(retention: Retention, among: Mapping[str, Events]) -> list[SegmentAverage]:
    """The averages of each segment, given who is in it."""
    return [
        SegmentAverage(segment=name, **row.model_dump())
        for name, events in among.items()
        for row in evaluate(retention, events).average
    ]


def people(retention: Retention, events: Events, number: RetentionNumber) -> Keys:
    """The actors behind a number. Raises `PropertyNotKept` or `NoSuchNumber`."""
    _refuse_unkept(retention, events)
    calendar = _calendar(retention)
    cohorts, returns, _ = _cohorts(retention, events, calendar)
    if number.period >= len(retention.sizes):
        raise refuse("period", "there is no such period")
    if number.cohort is not None:
        cohorts = [cohorts[period_of(calendar.days[: len(cohorts)], number.cohort, "cohort")]]
    else:
        offset = sum(retention.sizes[: number.period])
        cohorts = [each for each in cohorts if _begun(retention, calendar, each.number, offset)]
    found = [np.empty(0, np.uint64)]
    for cohort in cohorts:
        low, high = _spans(retention, cohort, returns)[number.period]
        found.append(cohort.members[high > low] if number.returned else cohort.members)
    return newest_first(actors_of(np.concatenate(found)))


@dataclass(frozen=True)
class Cohort:
    """members: the first start of each, as keys; number: of its period in the calendar."""

    number: int
    calendar: Calendar
    members: Keys


@dataclass(frozen=True)
class Counts:
    """Of one cohort: how many, and for each period who returned, and the sum of their amounts if one is asked."""

    size: int
    returned: list[int]
    amounts: list[float] | None


def _refuse_unkept(retention: Retention, events: Events) -> None:
    used = where_fields("start_event", retention.start_event)
    used += where_fields("return_event", retention.return_event)
    refuse_unkept(used + ([("amount", retention.amount)] if retention.amount else []), events)


def _calendar(retention: Retention) -> Calendar:
    """The periods of the cohorts, and those after them in which one may return."""
    after = sum(retention.sizes)
    return periods.whole(retention, retention.interval, retention.timezone, after=after)


def _counts(retention: Retention, events: Events, calendar: Calendar) -> list[Counts]:
    """Cohort by cohort."""
    cohorts, returns, sums = _cohorts(retention, events, calendar)
    return parts.of_all(lambda cohort: _returned(retention, cohort, returns, sums), cohorts)


def _cohorts(
    retention: Retention, events: Events, calendar: Calendar
) -> tuple[list[Cohort], Keys, NDArray[np.float64] | None]:
    """The cohorts, the return events, and the sums of their amounts."""
    cohorts = calendar.count - sum(retention.sizes)
    returns, sums = _returns(retention, events)
    starts = _starts(retention, events, calendar.edges[: cohorts + 1])
    numbers = periods.numbers(starts, calendar.edges[: cohorts + 1])
    each = [Cohort(number, calendar, starts[numbers == number]) for number in range(cohorts)]
    return each, returns, sums


def _starts(retention: Retention, events: Events, edges: Keys) -> Keys:
    """The first start event of each member of each cohort."""
    keys = keys_of(retention.start_event, retention.actor, events)
    if retention.first:
        keys = keys[first_of_each(actors_of(keys))]
    keys = _until(retention, keys[mask_within(keys, edges[0], edges[-1])])
    visit = (actors_of(keys) << periods.PERIOD_BITS) | periods.numbers(keys, edges).astype(np.uint64)
    return keys[first_of_each(visit)]


def _returns(retention: Retention, events: Events) -> tuple[Keys, NDArray[np.float64] | None]:
    """The sorted return events, and the sum of the amounts of all before each (one more than events)."""
    if retention.amount is None:
        return _until(retention, keys_of(retention.return_event, retention.actor, events)), None
    keys, amounts = amounts_of(retention.return_event, retention.actor, retention.amount, events)
    if retention.as_of is not None:
        known = times_of(keys) < clock(retention.as_of)
        keys, amounts = keys[known], amounts[known]
    return keys, np.concatenate([[0.0], np.cumsum(amounts)])


def _until(retention: Retention, keys: Keys) -> Keys:
    return keys if retention.as_of is None else keys[times_of(keys) < clock(retention.as_of)]


def _spans(
    retention: Retention, cohort: Cohort, returns: Keys
) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """For each period from where to where (excluded) in the return events each member's lie."""
    places = [np.searchsorted(returns, cohort.members, side="right")]
    for offset in np.cumsum(retention.sizes).tolist():
        edge = _edge(retention, cohort, offset)
        places.append(np.maximum(np.searchsorted(returns, edge), places[0]))
    if retention.kind == "unbounded":
        last = np.searchsorted(returns, _end(cohort.members))
        return [(place, last) for place in places[:-1]]
    return list(zip(places[:-1], places[1:], strict=True))


def _returned(
    retention: Retention, cohort: Cohort, returns: Keys, sums: NDArray[np.float64] | None
) -> Counts:
    spans = _spans(retention, cohort, returns)
    returned = [int((high > low).sum()) for low, high in spans]
    amounts = None if sums is None else [float((sums[high] - sums[low]).sum()) for low, high in spans]
    return Counts(cohort.members.size, returned, amounts)


def _cells(retention: Retention, calendar: Calendar, cohort: int, counts: Counts) -> list[Cell]:
    cells = []
    for number, returned in enumerate(counts.returned):
        begun = _begun(retention, calendar, cohort, sum(retention.sizes[:number]))
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


def _edge(retention: Retention, cohort: Cohort, offset: int) -> Keys:
    """Where period `offset` begins for each member, as a key; never beyond the member's last possible moment."""
    members = cohort.members
    if retention.clock == "calendar":
        edge = cohort.calendar.edges[cohort.number + offset]
        return (actors_of(members) << np.uint64(TIME_BITS)) | edge
    return np.minimum(members + np.uint64(offset * SPAN_MS[retention.interval]), _end(members))


def _end(members: Keys) -> Keys:
    return ((actors_of(members) + np.uint64(1)) << np.uint64(TIME_BITS)) - np.uint64(1)


def _begun(retention: Retention, calendar: Calendar, cohort: int, offset: int) -> bool:
    """Whether the period has begun, for who started first."""
    edge = calendar.edges[cohort + offset]
    return retention.as_of is None or bool(edge < clock(retention.as_of))


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
