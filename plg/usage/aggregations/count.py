"""How many events there were. One that confirms a reservation counts as many as were used."""

from __future__ import annotations

from typing import Any

from plg.usage.aggregations.sum import Sum


class Count(Sum):
    name = "count"

    def value(self, given: Any) -> int:
        return 1


COUNT = Count()
