"""The sum of a property; a negative value corrects."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from plg.usage.aggregations.aggregation import Reading, Use
from plg.usage.amounts import amount_of, within


class Sum:
    name = "sum"
    adds = True
    distinct = False

    def value(self, given: Any) -> Decimal | None:
        return amount_of(given)

    def fold(self, before: Reading, uses: Sequence[Use], sign: int = 1) -> Reading:
        total = sum((Decimal(use.value) for use in uses), Decimal(0))
        return Reading(within(before.used + sign * total), before.events + sign * len(uses))


SUM = Sum()
