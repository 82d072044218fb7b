"""Small logs of events, written into columns."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from plg.growth.columns import Batch, Reader, Snapshot, Writer, segment
from plg.growth.columns.manifest import Manifest
from plg.growth.columns.merges import Merges
from plg.growth.reports.funnel import Funnel

DAY_ONE = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Happened:
    """One event; `at` in milliseconds after DAY_ONE."""

    name: str
    at: int
    person: int = 1
    account: int = 0
    properties: Mapping[str, Any] = field(default_factory=dict)


def moment(at: int) -> dt.datetime:
    return DAY_ONE + dt.timedelta(milliseconds=at)


def batch(
    events: Sequence[Happened], first: int = 1, transaction: int = 0, properties: Iterable[str] = ("plan",)
) -> Batch:
    """The events at positions first, first + 1, … of one transaction."""
    zero = round(DAY_ONE.timestamp() * 1000)
    places = [(transaction, position) for position in range(first, first + len(events))]
    return Batch(
        np.array(places, dtype=np.int64).reshape(-1, 2),
        [event.name for event in events],
        np.array([zero + event.at for event in events], dtype=np.int64),
        np.array([event.person for event in events], dtype=np.int64),
        np.array([event.account for event in events], dtype=np.int64),
        {name: [event.properties.get(name) for event in events] for name in properties},
    )


def columns(folder: Path, *batches: Sequence[Happened]) -> Snapshot:
    """The columns after these batches arrived one after another."""
    first = 1
    with Writer(folder, ["plan"]) as writer:
        for events in batches:
            writer.append(batch(events, first))
            first += len(events)
    return Reader(folder).snapshot()


def in_memory(log: Sequence[Happened], cut: int | None = None) -> Snapshot:
    """The same as two segments that no file holds, which is much faster; cut: where the second begins."""
    half = len(log) // 2 if cut is None else cut
    segments = [segment.build(batch(part)) for part in (log[:half], log[half:])]
    return Snapshot(Manifest(properties=("plan",)), segments, Merges())


def funnel(*steps: Any, window: int = 10, **given: Any) -> Funnel:
    """A funnel over names or step mappings; window in seconds; the range is ten days from DAY_ONE."""
    written = [{"events": [step]} if isinstance(step, str) else step for step in steps]
    given = {"from": DAY_ONE, "to": DAY_ONE + dt.timedelta(days=10), "window_seconds": window} | given
    return Funnel.model_validate({"steps": written} | given)
