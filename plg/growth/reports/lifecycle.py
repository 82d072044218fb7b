"""Lifecycle: who is new, who came back, who came back after a break, and who stayed away, a day, week or month.

Of whole periods of the time zone: `new` did one of the events for the first time at all, `returning` did one in the
period before too, `resurrecting` did not, but earlier; `dormant` did one in the period before and none in this."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal, Self, get_args

import numpy as np
from pydantic import BaseModel

from plg.growth.columns import Events, Log
from plg.growth.columns.keys import Keys, actors_of, first_of_each
from plg.growth.columns.views import among

from . import parts, periods
from .chosen import keys_of, within
from .definition import EXAMPLE_RANGE, Calendared, Chosen, refuse_unkept, where_fields
from .numbers import Number, Place, newest_first, period_of
from .periods import Calendar

State = Literal["new", "returning", "resurrecting", "dormant"]
Counts = dict[State, list[int]]
"""How many were in a state in each period, the one before the first included."""


class Lifecycle(Calendared):
    model_config = {
        "json_schema_extra": {
            "example": {
                **EXAMPLE_RANGE,
                "interval": "week",
                "activity": {"events": ["Invoice Sent"]},
            }
        }
    }

    activity: Chosen


class LifecyclePeriod(BaseModel):
    start: dt.date
    new: int
    returning: int
    resurrecting: int
    dormant: int


class LifecycleResult(BaseModel):
    periods: list[LifecyclePeriod]


class LifecycleNumber(Number):
    """Who was in a state in the period that begins on this day."""

    model_config = {"json_schema_extra": {"example": {"start": "2026-05-04", "state": "dormant"}}}

    start: dt.date
    state: State

    @classmethod
    def at(cls, asked: Any, place: Place) -> Self | None:
        if place.table != "periods" or place.column not in get_args(State):
            return None
        return cls(start=place.record["start"], state=place.column)


def evaluate(lifecycle: Lifecycle, log: Log) -> LifecycleResult:
    """Count. Raises `PropertyNotKept`."""
    refuse_unkept(where_fields("activity", lifecycle.activity), log)
    calendar = _calendar(lifecycle)
    counts: Counts = log.counts(lifecycle) or {
        state: np.bincount(periods.split(visits)[1], minlength=calendar.count).tolist()
        for state, visits in _states(lifecycle, log, calendar).items()
    }
    rows = [
        LifecyclePeriod(start=day, **{state: each[number] for state, each in counts.items()})
        for number, day in enumerate(calendar.days)
    ]
    return LifecycleResult(periods=rows[1:])


def people(lifecycle: Lifecycle, log: Log, number: LifecycleNumber) -> Keys:
    """The actors behind a number. Raises `PropertyNotKept` or `NoSuchNumber`."""
    refuse_unkept(where_fields("activity", lifecycle.activity), log)
    calendar = _calendar(lifecycle)
    period = period_of(calendar.days[1:], number.start) + 1
    actors, periods_ = periods.split(_states(lifecycle, log, calendar)[number.state])
    return newest_first(actors[periods_ == period])


def _calendar(lifecycle: Lifecycle) -> Calendar:
    """The periods, with one before them."""
    return periods.whole(lifecycle, lifecycle.interval, lifecycle.timezone, before=1)


def _states(lifecycle: Lifecycle, log: Log, calendar: Calendar) -> dict[State, Keys]:
    """Of each state the visits (see `Calendar.visits`) in it."""

    def work(events: Events) -> dict[State, Keys]:
        return _visits(keys_of(lifecycle.activity, lifecycle.actor, events), calendar)

    found = parts.of_all(work, log, lifecycle.activity.events, lifecycle.actor)
    return {state: np.concatenate([visits[state] for visits in found]) for state in get_args(State)}


def _visits(keys: Keys, calendar: Calendar) -> dict[State, Keys]:
    first, last = calendar.edges[0], calendar.edges[-1]
    begun = within(keys[first_of_each(actors_of(keys))], first, last)
    visit = calendar.visits(within(keys, first, last))
    one = np.uint64(1)
    number = periods.split(visit)[1]
    # The same actor in the neighbouring period is the neighbouring number, as periods are the low bits.
    came_before = among(visit - one, visit) & (number > 0)
    is_new = among(visit, calendar.visits(begun))
    gone = ~among(visit + one, visit) & (number < calendar.count - 1)
    return {
        "new": visit[is_new],
        "returning": visit[came_before],
        "resurrecting": visit[~came_before & ~is_new],
        "dormant": visit[gone] + one,
    }
