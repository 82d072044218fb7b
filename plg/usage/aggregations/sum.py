"""The sum of a property; a negative value corrects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from plg.usage.aggregations.aggregation import Reading, Use
from plg.usage.amounts import Number, amount_of, within


class Sum:
    name = "sum"
    adds = True
    distinct = False

    def value(self, given: Any) -> Number | None:
        return amount_of(given)

    def fold(self, before: Reading, uses: Sequence[Use], sign: int = 1) -> Reading:
        total = sum([value for value, _ in uses])
        return Reading(within(before.used + sign * total), before.events + sign * len(uses))


SUM = Sum()
