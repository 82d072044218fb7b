"""Trial to paid: how many of each cohort pay, and how many will.

A cohort began its first trial in one day, week or month; who pays has the paid event at or after that. The forecast
asks how those of all cohorts that were followed longer went on from the cohort's age: the share that pays by
`horizon_days` is read off the Kaplan-Meier estimate of all (Kaplan and Meier 1958, JASA 53, 457), given that nothing
had happened until that age. Its interval of 95 % is that of a normal law with the variance of that share by
Greenwood's formula and that of as many draws as the cohort has left, cut at what has happened and at all.
"""

from __future__ import annotations

import datetime as dt
import math
from typing import Annotated, Any, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from plg.events import names
from plg.growth.columns import Actor, Events, Log
from plg.growth.columns.keys import Keys, actors_of, clock, times_of

from . import parts, periods
from .chosen import keys_of, mask_within
from .definition import EXAMPLE_RANGE, Calendared, Chosen, Interval, Moment, refuse_unkept, where_fields
from .numbers import Number, Place, newest_first, period_of
from .waits import first_starts, until_next

DAY_MS = 86_400_000
Z = 1.959963984540054


class TrialToPaid(Calendared):
    model_config = {"json_schema_extra": {"example": {**EXAMPLE_RANGE}}}

    actor: Actor = "account"
    interval: Interval = "week"
    start_event: Chosen = Chosen(events=(names.TRIAL_STARTED,))
    paid_event: Chosen = Chosen(events=(names.SUBSCRIPTION_STARTED,))
    horizon_days: Annotated[int, Field(ge=1, le=366)] = 60
    as_of: Moment | None = Field(None, description="What is known; else all that is in the log")


class TrialCohort(BaseModel):
    """paid: until now, and within the horizon. forecast: the share of all that will have paid by the horizon."""

    start: dt.date
    began: int
    paid: int
    share: float | None
    forecast: float | None
    low: float | None
    high: float | None


class TrialToPaidResult(BaseModel):
    cohorts: list[TrialCohort]


class TrialToPaidNumber(Number):
    """Who began the trial in the period that begins on this day, or of those, who pays."""

    model_config = {"json_schema_extra": {"example": {"start": "2026-05-04", "paid": True}}}

    start: dt.date
    paid: bool = False

    @classmethod
    def at(cls, asked: Any, place: Place) -> Self | None:
        if place.name not in {"cohorts.began", "cohorts.paid"}:
            return None
        return cls(start=place.record["start"], paid=place.column == "paid")


def people(asked: TrialToPaid, log: Log, number: TrialToPaidNumber) -> Keys:
    """The actors behind a number. Raises `PropertyNotKept` or `NoSuchNumber`."""
    calendar = periods.cut(asked, asked.interval, asked.timezone)
    starts, waits, _ = _followed(asked, log)
    chosen = calendar.numbers(starts) == period_of(calendar.days, number.start)
    return newest_first(actors_of(starts[chosen & np.isfinite(waits) if number.paid else chosen]))


def evaluate(asked: TrialToPaid, log: Log) -> TrialToPaidResult:
    """Count and forecast. Raises `PropertyNotKept`."""
    calendar = periods.cut(asked, asked.interval, asked.timezone)
    starts, waits, followed = _followed(asked, log)
    curve = Curve(np.minimum(waits, followed), np.isfinite(waits))
    numbers = calendar.numbers(starts)
    rows = [
        _row(day, waits[numbers == n], followed[numbers == n], curve) for n, day in enumerate(calendar.days)
    ]
    return TrialToPaidResult(cohorts=rows)


def _followed(asked: TrialToPaid, log: Log) -> tuple[Keys, NDArray[np.float64], NDArray[np.float64]]:
    """Each start, the milliseconds until it paid (inf where it did not), and for how many it is known."""
    used = where_fields("start_event", asked.start_event) + where_fields("paid_event", asked.paid_event)
    refuse_unkept(used, log)
    horizon = asked.horizon_days * DAY_MS
    starts, waits = until_next(asked.start_event, asked.paid_event, horizon, asked, log)
    known = clock(asked.as_of) if asked.as_of else _newest(asked, log)
    inside = mask_within(starts, np.uint64(0), known + np.uint64(0 if asked.as_of else 1))
    starts, waits = starts[inside], waits[inside]
    followed = np.minimum((known - times_of(starts)).astype(np.float64), horizon)
    waits[waits > followed] = np.inf
    return starts, waits, followed


class Curve:
    """The Kaplan-Meier estimate of the share that has not paid yet, by time."""

    def __init__(self, times: NDArray[np.float64], paid: NDArray[np.bool_]) -> None:
        self.times, counts = np.unique(times[paid], return_counts=True)
        at_risk = times.size - np.searchsorted(np.sort(times), self.times)
        left = 1 - counts / at_risk
        self._survival = np.concatenate([[1.0], np.cumprod(left)])
        with np.errstate(divide="ignore", invalid="ignore"):
            terms = counts / (at_risk * (at_risk - counts))
        self._greenwood = np.concatenate([[0.0], np.cumsum(np.where(np.isfinite(terms), terms, 0.0))])

    def pays_after(self, age: float) -> tuple[float, float]:
        """Of those who had not paid at an age: the share that does later, and its variance."""
        place = int(np.searchsorted(self.times, age, side="right"))
        if self._survival[place] <= 0:
            return 0.0, 0.0
        stay = float(self._survival[-1] / self._survival[place])
        return 1 - stay, stay * stay * float(self._greenwood[-1] - self._greenwood[place])


def _row(
    day: dt.date, waits: NDArray[np.float64], followed: NDArray[np.float64], curve: Curve
) -> TrialCohort:
    began, paid = waits.size, int(np.isfinite(waits).sum())
    if not began:
        return TrialCohort(start=day, began=0, paid=0, share=None, forecast=None, low=None, high=None)
    more = sure = chance = 0.0
    for age in np.sort(followed[~np.isfinite(waits)]).tolist():
        share, variance = curve.pays_after(age)
        more, chance, sure = more + share, chance + share * (1 - share), sure + math.sqrt(variance)
    # Each draw is its own chance; the error of the curve is shared by all, so its deviations add up.
    spread = Z * math.sqrt(chance + sure * sure)
    low, high = max(paid + more - spread, paid), min(paid + more + spread, began)
    return TrialCohort(
        start=day,
        began=began,
        paid=paid,
        share=paid / began,
        forecast=(paid + more) / began,
        low=low / began,
        high=high / began,
    )


def _newest(asked: TrialToPaid, log: Log) -> np.uint64:
    """The last moment of which is known: that of the newest start or payment."""

    def work(events: Events) -> np.uint64:
        each = [
            first_starts(asked.start_event, asked.actor, asked, events),
            keys_of(asked.paid_event, asked.actor, events),
        ]
        return max((times_of(keys).max() for keys in each if keys.size), default=np.uint64(0))

    names = asked.start_event.events + asked.paid_event.events
    return max(parts.of_all(work, log, names, asked.actor))
