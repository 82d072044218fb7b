"""Stickiness: on how many days (weeks, months) of the range each was active. Periods that the range cuts count."""

from __future__ import annotations

from typing import Annotated, Any, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from plg.growth.columns import Events, Log
from plg.growth.columns.keys import Keys, first_of_each

from . import parts, periods
from .chosen import bounds, keys_of, within
from .definition import EXAMPLE_RANGE, Calendared, Chosen, refuse_unkept, where_fields
from .numbers import Number, Place, newest_first
from .periods import Calendar


class Stickiness(Calendared):
    model_config = {
        "json_schema_extra": {
            "example": {
                **EXAMPLE_RANGE,
                "activity": {"events": ["Invoice Sent"]},
            }
        }
    }

    activity: Chosen


class ActiveOn(BaseModel):
    """actors: active in exactly so many periods; at_least: in so many or more; share: of all active."""

    periods: int
    actors: int
    at_least: int
    share: float


class StickinessResult(BaseModel):
    active: list[ActiveOn]


class StickinessNumber(Number):
    """Who was active in exactly so many periods, or at_least in so many."""

    model_config = {"json_schema_extra": {"example": {"periods": 3, "at_least": True}}}

    periods: Annotated[int, Field(ge=1, le=periods.MOST_PERIODS)]
    at_least: bool = False

    @classmethod
    def at(cls, asked: Any, place: Place) -> Self | None:
        if place.name not in {"active.actors", "active.at_least"}:
            return None
        return cls(periods=place.record["periods"], at_least=place.column == "at_least")


def evaluate(stickiness: Stickiness, log: Log) -> StickinessResult:
    """Count. Raises `PropertyNotKept`."""
    refuse_unkept(where_fields("activity", stickiness.activity), log)
    counts: list[int] = log.counts(stickiness) or _counts(stickiness, log)
    at_least = np.cumsum(counts[::-1])[::-1]
    total = max(sum(counts), 1)
    rows = zip(counts, at_least.tolist(), strict=True)
    return StickinessResult(
        active=[
            ActiveOn(periods=number, actors=count, at_least=more, share=count / total)
            for number, (count, more) in enumerate(rows, start=1)
        ]
    )


def _counts(stickiness: Stickiness, log: Log) -> list[int]:
    """How many were active in exactly one period, in two, and so on to all."""
    calendar = periods.cut(stickiness, stickiness.interval, stickiness.timezone)
    found = _active(stickiness, log, calendar)
    each = [np.bincount(days, minlength=calendar.count + 1)[1:] for _, days in found]
    return np.sum(each, axis=0).tolist()


def people(stickiness: Stickiness, log: Log, number: StickinessNumber) -> Keys:
    """The actors behind a number. Raises `PropertyNotKept`."""
    refuse_unkept(where_fields("activity", stickiness.activity), log)
    calendar = periods.cut(stickiness, stickiness.interval, stickiness.timezone)
    found = [
        actors[days >= number.periods if number.at_least else days == number.periods]
        for actors, days in _active(stickiness, log, calendar)
    ]
    return newest_first(np.concatenate(found))


def _active(stickiness: Stickiness, log: Log, calendar: Calendar) -> list[tuple[Keys, NDArray[np.int64]]]:
    """Everybody who was active, and in how many periods, by part of the actors."""

    def work(events: Events) -> tuple[Keys, NDArray[np.int64]]:
        keys = within(keys_of(stickiness.activity, stickiness.actor, events), *bounds(stickiness))
        actors, _ = periods.split(calendar.visits(keys))
        starts = np.flatnonzero(first_of_each(actors))
        return actors[starts], np.diff(np.append(starts, actors.size))

    return parts.of_all(work, log, stickiness.activity.events, stickiness.actor)
