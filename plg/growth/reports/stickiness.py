"""Stickiness: on how many days (weeks, months) of the range each was active. Periods that the range cuts count."""

from __future__ import annotations

import numpy as np
from pydantic import BaseModel

from plg.growth.columns import Events
from plg.growth.columns.keys import first_of_each

from . import periods
from .chosen import bounds, keys_of, within
from .definition import EXAMPLE_RANGE, Calendared, Chosen, refuse_unkept, where_fields


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


def evaluate(stickiness: Stickiness, events: Events) -> StickinessResult:
    """Count. Raises `PropertyNotKept`."""
    refuse_unkept(where_fields("activity", stickiness.activity), events)
    calendar = periods.cut(stickiness, stickiness.interval, stickiness.timezone)
    keys = within(keys_of(stickiness.activity, stickiness.actor, events), *bounds(stickiness))
    actors, _ = periods.split(periods.visits(keys, calendar.edges))
    starts = np.flatnonzero(first_of_each(actors))
    days = np.diff(np.append(starts, actors.size))
    counts = (
        np.bincount(days, minlength=calendar.count + 1)[1:] if days.size else np.zeros(calendar.count, int)
    )
    at_least = np.cumsum(counts[::-1])[::-1]
    total = max(int(counts.sum()), 1)
    rows = zip(counts.tolist(), at_least.tolist(), strict=True)
    return StickinessResult(
        active=[
            ActiveOn(periods=number, actors=count, at_least=more, share=count / total)
            for number, (count, more) in enumerate(rows, start=1)
        ]
    )
