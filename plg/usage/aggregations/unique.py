"""How many different values of a property there were: texts of at most 200 characters, numbers, true and false."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from plg.kit.db import encode_json
from plg.usage.aggregations.aggregation import Reading, Use

MAX_VALUE = 200


class Unique:
    name = "unique"
    adds = False
    distinct = True

    def value(self, given: Any) -> str | None:
        if given is None or not isinstance(given, str | int | float):
            return None
        return (given if isinstance(given, str) else encode_json(given))[:MAX_VALUE]

    def fold(self, before: Reading, uses: Sequence[Use], sign: int = 1) -> Reading:
        return Reading(before.used + len(uses), before.events + len(uses))


UNIQUE = Unique()
