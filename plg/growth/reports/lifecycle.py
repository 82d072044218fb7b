"""Lifecycle: who is new, who came back, who came back after a break, and who stayed away, a day, week or month.

Of whole periods of the time zone: `new` did one of the events for the first time at all, `returning` did one in the
period before too, `resurrecting` did not, but earlier; `dormant` did one in the period before and none in this."""

from __future__ import annotations

import datetime as dt

import numpy as np
from pydantic import BaseModel

from plg.growth.columns import Events
from plg.growth.columns.keys import actors_of, first_of_each
from plg.growth.columns.views import among

from . import periods
from .chosen import keys_of, within
from .definition import EXAMPLE_RANGE, Calendared, Chosen, refuse_unkept, where_fields


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


def evaluate(lifecycle: Lifecycle, events: Events) -> LifecycleResult:
    """Count. Raises `PropertyNotKept`."""
    refuse_unkept(where_fields("activity", lifecycle.activity), events)
    calendar = periods.whole(lifecycle, lifecycle.interval, lifecycle.timezone, before=1)
    edges, count = calendar.edges, calendar.count
    keys = keys_of(lifecycle.activity, lifecycle.actor, events)
    firsts = within(keys[first_of_each(actors_of(keys))], edges[0], edges[-1])
    visit = periods.visits(within(keys, edges[0], edges[-1]), edges)
    one = np.uint64(1)
    number = periods.split(visit)[1]
    # The same actor in the neighbouring period is the neighbouring number, as periods are the low bits.
    came_before = among(visit - one, visit) & (number > 0)
    is_new = among(visit, periods.visits(firsts, edges))
    gone = ~among(visit + one, visit)
    new = np.bincount(number[is_new], minlength=count)
    returning = np.bincount(number[came_before], minlength=count)
    resurrecting = np.bincount(number[~came_before & ~is_new], minlength=count)
    dormant = np.concatenate([[0], np.bincount(number[gone], minlength=count)[:-1]])
    rows = zip(
        calendar.days, new.tolist(), returning.tolist(), resurrecting.tolist(), dormant.tolist(), strict=True
    )
    return LifecycleResult(
        periods=[
            LifecyclePeriod(start=day, new=n, returning=back, resurrecting=again, dormant=away)
            for day, n, back, again, away in rows
        ][1:]
    )
