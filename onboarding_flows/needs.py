"""Needs: what a way of doing a step asks of the log. See `completion`, which makes them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import ColumnElement, SQLColumnExpression


class Happening(Protocol):
    """An event as a step sees it; events of the stream are such."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def position(self) -> int: ...
    @property
    def occurred_at(self) -> dt.datetime: ...
    @property
    def person_id(self) -> int | None: ...
    @property
    def account_id(self) -> int | None: ...
    @property
    def properties(self) -> dict[str, Any]: ...


def in_order(events: Iterable[Happening]) -> list[Happening]:
    """Oldest first; of one moment, by their place in the log."""
    return sorted(events, key=lambda event: (event.occurred_at, event.position))


@dataclass(frozen=True)
class Need:
    """So many events of a name. within: in one span of that length; fits: only those for which it holds; in_log: what
    holds in SQL, given the column of the properties, for all that fit and maybe for more."""

    event: str
    count: int = 1
    within: dt.timedelta | None = None
    fits: Callable[[Happening], bool] | None = None
    in_log: Callable[[SQLColumnExpression[Any]], ColumnElement[bool]] | None = None

    def met_by(self, events: Sequence[Happening]) -> Happening | None:
        """The event with which there were enough. events: those that fit, each once, in order."""
        for last in range(self.count - 1, len(events)):
            if self._near(events[last - self.count + 1], events[last]):
                return events[last]
        return None

    def so_far(self, events: Sequence[Happening]) -> int:
        """The most that there were together."""
        most = first = 0
        for last, event in enumerate(events):
            while not self._near(events[first], event):
                first += 1
            most = max(most, last - first + 1)
        return min(most, self.count)

    def _near(self, first: Happening, last: Happening) -> bool:
        return self.within is None or last.occurred_at - first.occurred_at <= self.within

    def relevant(self, events: list[Happening]) -> list[Happening]:
        """Those that can still matter when others become known: without a span, the first ones."""
        return events[: self.count] if self.within is None else events
