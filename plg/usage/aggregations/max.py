"""The largest value of a property."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from plg.usage.aggregations.aggregation import Reading, Use
from plg.usage.amounts import Number, amount_of


class Max:
    name = "max"
    adds = False
    distinct = False

    def value(self, given: Any) -> Number | None:
        return amount_of(given)

    def fold(self, before: Reading, uses: Sequence[Use], sign: int = 1) -> Reading:
        known = [before.used] if before.events else []
        largest = max([*known, *(value for value, _ in uses)], default=0)
        return Reading(largest, before.events + len(uses))


MAX = Max()
