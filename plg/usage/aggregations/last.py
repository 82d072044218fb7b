"""The value of a property in the event that happened last, whenever it came."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from plg.usage.aggregations.aggregation import Reading, Use
from plg.usage.amounts import Number, amount_of


class Last:
    name = "last"
    adds = False
    distinct = False

    def value(self, given: Any) -> Number | None:
        return amount_of(given)

    def fold(self, before: Reading, uses: Sequence[Use], sign: int = 1) -> Reading:
        events = before.events + len(uses)
        moments = [(event.occurred_at, event.position) for _, event in uses]
        newest = max(moments, default=None)
        if newest is None or (before.last is not None and before.last > newest):
            return Reading(before.used, events, before.last)
        return Reading(uses[moments.index(newest)][0], events, newest)


LAST = Last()
