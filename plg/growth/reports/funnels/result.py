"""What a funnel answers."""

from __future__ import annotations

import datetime as dt

from pydantic import BaseModel, Field


class FunnelStep(BaseModel):
    """`entered` actors (or attempts) reached the step. Rates are fractions of one, null where nobody could convert;
    times are seconds from the step before, null where nobody converted."""

    name: str
    entered: int
    conversion_from_start: float | None
    conversion_from_previous: float | None
    drop_off: int = Field(description="Actors that reached the step before and not this one")
    median_seconds: float | None
    average_seconds: float | None


class ValueStep(FunnelStep):
    """A step of those with one value of the property; null is none, `other` the values that are not shown."""

    value: str | int | float | bool | None
    other: bool
    step: int


class SegmentStep(FunnelStep):
    """A step of those in a segment."""

    segment: str
    step: int


class TimeBin(BaseModel):
    """How many took from so long to so long (excluded, but for the last) from the first step to the last."""

    from_seconds: float
    to_seconds: float
    actors: int


class FunnelPeriod(BaseModel):
    """Of those who started in the period that begins on this day."""

    start: dt.date
    entered: int
    converted: int
    conversion: float | None


class ComparedStep(BaseModel):
    """A step in this range and in the other: shares of the start with Wilson's intervals of 95 %, and Newcombe's of
    their difference; null where nobody started."""

    name: str
    entered: int
    entered_before: int
    share: float | None
    low: float | None
    high: float | None
    share_before: float | None
    difference: float | None
    difference_low: float | None
    difference_high: float | None


class FunnelResult(BaseModel):
    """The seconds are from the first step to the last, of those who got there."""

    median_seconds: float | None
    average_seconds: float | None
    steps: list[FunnelStep]
    times: list[TimeBin] = []
    breakdown: list[ValueStep] = []
    segments: list[SegmentStep] = []
    trend: list[FunnelPeriod] = []
    comparison: list[ComparedStep] = []
