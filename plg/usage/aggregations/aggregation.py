"""What every aggregation is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from plg.events.stream import LoggedEvent
from plg.usage.amounts import Number

Moment = tuple[dt.datetime, int]
"""When an event happened, and its position: no two events have the same."""


@dataclass(slots=True)  # frozen ones take four times as long to make, and there are many
class Reading:
    """What a meter reads. events: how many made it; last: the newest of them."""

    used: Number = 0
    events: int = 0
    last: Moment | None = None


Use = tuple[Any, LoggedEvent]
"""What one event brings to a meter, a Number (where the aggregation is `distinct`, a text), and the event."""


class Aggregation(Protocol):
    """Uses may come in any order and in parts: folding them gives the same reading.

    adds: a use can be added and subtracted (else a cancelled event has its period counted anew), and reserved.
    distinct: as many uses are folded as have values that were not seen before."""

    name: str
    adds: bool
    distinct: bool

    def value(self, given: Any) -> Number | str | None:
        """What an event with this value of the property brings; None: nothing."""

    def fold(self, before: Reading, uses: Sequence[Use], sign: int = 1) -> Reading:
        """The reading after these; sign is -1 where they are taken back."""
