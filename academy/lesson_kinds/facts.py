"""What is known of one person and one lesson: facts that only grow, whatever the order in which they are told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

Span = tuple[int, int]
"""A stretch of a video in milliseconds from its start: from, until."""

MAX_SPANS: Final = 500


@dataclass(frozen=True)
class Facts:
    """opened_at: when the lesson was first opened; present_ms: how long it was looked at; watched: the parts of its
    video that were played; position_ms: where that was left; counts: how often each event of `leaves` happened;
    reported: what its content said of the person, ever: `completed`, `passed`;
    pressed: the person says now that they are finished. at: the moment that all of this is asked about."""

    at: dt.datetime
    opened_at: dt.datetime | None = None
    present_ms: int = 0
    scrolled: bool = False
    watched: tuple[Span, ...] = ()
    position_ms: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    answered: bool = False
    reported: frozenset[str] = frozenset()
    pressed: bool = False

    @property
    def watched_ms(self) -> int:
        """How much of the video was played, each moment counted once."""
        return length(self.watched)


def merged(*spans: Sequence[int]) -> tuple[Span, ...]:
    """The same moments as spans that do not touch each other, in order."""
    found: list[Span] = []
    for start, end in sorted((start, end) for start, end in spans if start < end):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return tuple(found)


def length(spans: Iterable[Span]) -> int:
    """Milliseconds in spans that do not touch each other."""
    return sum(end - start for start, end in spans)


def with_claim(known: Sequence[Span], claimed: Sequence[Span], budget_ms: int) -> tuple[Span, ...]:
    """What is known with what is new in a claim, the earliest moments first, as far as the budget goes.

    A claim that would leave more than MAX_SPANS pieces adds nothing.
    """
    left, taken = budget_ms, []
    for start, end in _without(merged(*claimed), known):
        if left <= 0:
            break
        taken.append((start, min(end, start + left)))
        left -= end - start
    found = merged(*known, *taken)
    return found if len(found) <= MAX_SPANS else tuple(known)


def _without(spans: Iterable[Span], known: Sequence[Span]) -> Iterable[Span]:
    """The parts of `spans` that are in none of `known`."""
    for start, end in spans:
        for low, high in known:
            if high <= start or low >= end:
                continue
            if start < low:
                yield start, low
            start = max(start, high)
        if start < end:
            yield start, end
