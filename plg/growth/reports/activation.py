"""Activation finder: which "did it at least n times within d days" tells best who is kept from who is lost.

Of everybody who did the start event for the first time at all within the range: every candidate event is tried with
1 to `most_times` times within `days` of the start; kept is who did a kept event from `kept_from_day` to `kept_to_day`
after the start. One half of the actors, drawn by a hash of their number, finds; the other half checks.

phi: the correlation of both (Matthews). precision: of those who did it, the share kept; recall: of the kept, the
share that did it; lift: precision over the share kept of all. p_value: Pearson's chi-squared test of the finding
half, adjusted by Holm's method for all that was tried. `holds`: adjusted below 0.05, and in the held-out half phi is
above 0 with a p-value below 0.05. Correlation is no cause: try what is found in an experiment.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Any, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field, ValidationInfo, field_validator

from plg.growth.columns import Events, Log
from plg.growth.columns.keys import TIME_BITS, Keys, actors_of

from . import parts
from .chosen import keys_of
from .definition import EXAMPLE_RANGE, Chosen, Definition, EventName, refuse_unkept, where_fields
from .numbers import Number, Place, newest_first
from .waits import first_starts

DAY_MS = 86_400_000
MOST_TIMES = 50
Mask = NDArray[np.bool_]


class Activation(Definition):
    model_config = {
        "json_schema_extra": {
            "example": {
                **EXAMPLE_RANGE,
                "start_event": {"events": ["Signed Up"]},
                "kept_event": {"events": ["Invoice Sent"]},
            }
        }
    }

    start_event: Chosen
    kept_event: Chosen
    candidates: Annotated[tuple[EventName, ...], Field(max_length=200)] = Field(
        (), description="Events that are tried; else all but the start event"
    )
    days: Annotated[int, Field(ge=1, le=90)] = 7
    most_times: Annotated[int, Field(ge=1, le=MOST_TIMES)] = 10
    kept_from_day: Annotated[int, Field(ge=1, le=365, validate_default=True)] = 14
    kept_to_day: Annotated[int, Field(ge=2, le=366, validate_default=True)] = 28

    @field_validator("kept_from_day")
    @classmethod
    def _after_days(cls, day: int, info: ValidationInfo) -> int:
        if day < info.data.get("days", 0):
            raise ValueError("who is kept must be seen after 'days', or the finding explains itself")
        return day

    @field_validator("kept_to_day")
    @classmethod
    def _after_from(cls, day: int, info: ValidationInfo) -> int:
        if day <= info.data.get("kept_from_day", 0):
            raise ValueError("'kept_to_day' must lie after 'kept_from_day'")
        return day


class Finding(BaseModel):
    """finding: event and times in one, as the chart calls it."""

    finding: str
    event: str
    times: int
    did: int
    kept: int = Field(description="Of those who did it")
    precision: float | None
    recall: float | None
    lift: float | None
    phi: float
    p_value: float
    p_adjusted: float
    held_out_phi: float
    held_out_p_value: float
    holds: bool


class Looked(BaseModel):
    """actors: how many began; kept of them; tried: how many findings were weighed."""

    actors: int
    kept: int
    tried: int


class ActivationResult(BaseModel):
    """Findings by descending phi; those that nobody or everybody did are left out."""

    total: list[Looked]
    findings: list[Finding]


class ActivationNumber(Number):
    """Who began (or did the event so many times), or of those, who was kept."""

    model_config = {"json_schema_extra": {"example": {"event": "Invoice Sent", "times": 3, "kept": True}}}

    event: EventName | None = None
    times: Annotated[int, Field(ge=1, le=MOST_TIMES)] = 1
    kept: bool = False

    @classmethod
    def at(cls, asked: Any, place: Place) -> Self | None:
        if place.name in {"total.actors", "total.kept"}:
            return cls(kept=place.column == "kept")
        if place.name in {"findings.did", "findings.kept"}:
            event, times = place.record["event"], place.record["times"]
            return cls(event=event, times=times, kept=place.column == "kept")
        return None


def people(asked: Activation, log: Log, number: ActivationNumber) -> Keys:
    """The actors behind a number. Raises `PropertyNotKept`."""
    began = _began(asked, log, [number.event] if number.event is not None else [])
    chosen = began.kept if number.kept else np.ones(began.starts.size, np.bool_)
    if number.event is not None:
        chosen = chosen & (began.counts[0] >= number.times)
    return newest_first(actors_of(began.starts[chosen]))


@dataclass(frozen=True)
class Began:
    """Everybody's start, who was kept, and how often each did each event in time (at most MOST_TIMES)."""

    starts: Keys
    kept: Mask
    counts: NDArray[np.uint8]


def _began(asked: Activation, log: Log, names: list[str]) -> Began:
    used = where_fields("start_event", asked.start_event) + where_fields("kept_event", asked.kept_event)
    refuse_unkept(used, log)

    def work(events: Events) -> tuple[Keys, Mask, NDArray[np.uint8]]:
        starts = first_starts(asked.start_event, asked.actor, asked, events)
        kept = _count(
            starts, keys_of(asked.kept_event, asked.actor, events), asked.kept_from_day, asked.kept_to_day
        )
        counts = np.zeros((len(names), starts.size), np.uint8)
        for row, name in zip(counts, names, strict=True):
            row[:] = np.minimum(_count(starts, events.keys(name, asked.actor), 0, asked.days), MOST_TIMES)
        return starts, kept > 0, counts

    every = (*asked.start_event.events, *asked.kept_event.events, *names)
    found = zip(*parts.of_all(work, log, every, asked.actor), strict=True)
    return Began(*(np.concatenate(each, axis=-1) for each in found))


def evaluate(asked: Activation, log: Log) -> ActivationResult:
    """Find. Raises `PropertyNotKept`."""
    names = list(asked.candidates or sorted(set(log.names()) - set(asked.start_event.events)))
    began = _began(asked, log, names)
    finds, kept = _finds(actors_of(began.starts)), began.kept
    tries = [(n, times) for n in range(len(names)) for times in range(1, asked.most_times + 1)]
    tries = [(n, times) for n, times in tries if 0 < np.count_nonzero(began.counts[n] >= times) < kept.size]
    tests = [_phi(began.counts[n, finds] >= times, kept[finds]) for n, times in tries]
    adjusted = holm([p for _, p in tests])
    found = []
    for (n, times), test, p_adjusted in zip(tries, tests, adjusted, strict=True):
        did = began.counts[n] >= times
        held_out = _phi(did[~finds], kept[~finds])
        found.append(_finding((names[n], times, did), kept, test, p_adjusted, held_out))
    found.sort(key=lambda each: (-each.phi, each.event, each.times))
    looked = Looked(actors=kept.size, kept=int(kept.sum()), tried=len(tries))
    return ActivationResult(total=[looked], findings=found)


def holm(p_values: list[float]) -> list[float]:
    """Adjusted for as many tests as there are. Holm (1979), Scandinavian Journal of Statistics 6, 65."""
    adjusted, largest = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = largest
    return adjusted


def _finding(
    row: tuple[str, int, Mask],
    kept: Mask,
    test: tuple[float, float],
    adjusted: float,
    held_out: tuple[float, float],
) -> Finding:
    name, times, did = row
    both, all_did, all_kept = int((did & kept).sum()), int(did.sum()), int(kept.sum())
    precision = both / all_did
    return Finding(
        finding=f"{name} × {times}",
        event=name,
        times=times,
        did=all_did,
        kept=both,
        precision=precision,
        recall=both / all_kept if all_kept else None,
        lift=precision * kept.size / all_kept if all_kept else None,
        phi=test[0],
        p_value=test[1],
        p_adjusted=adjusted,
        held_out_phi=held_out[0],
        held_out_p_value=held_out[1],
        holds=adjusted < 0.05 and held_out[0] > 0 and held_out[1] < 0.05,
    )


def _count(starts: Keys, keys: Keys, from_day: int, to_day: int) -> NDArray[np.int64]:
    """How many of these keys each actor has from one day after its start (excluded where it is 0) until another."""
    end = ((actors_of(starts) + np.uint64(1)) << np.uint64(TIME_BITS)) - np.uint64(1)
    low = np.minimum(starts + np.uint64(from_day * DAY_MS), end)
    high = np.minimum(starts + np.uint64(to_day * DAY_MS), end)
    first = np.searchsorted(keys, low, side="left" if from_day else "right")
    return np.maximum(np.searchsorted(keys, high) - first, 0)


def _phi(did: Mask, kept: Mask) -> tuple[float, float]:
    """The correlation of two yes-or-nos and the p-value of none; 0 and 1 where one of them does not vary."""
    n, a, b = did.size, int(did.sum()), int(kept.sum())
    below = math.sqrt(a) * math.sqrt(n - a) * math.sqrt(b) * math.sqrt(n - b)
    if not below:
        return 0.0, 1.0
    phi = (n * int((did & kept).sum()) - a * b) / below
    return phi, math.erfc(math.sqrt(n * phi * phi / 2))


def _finds(actors: Keys) -> Mask:
    """Which actors find (the others check): a bit of a hash of the number (the finalizer of splitmix64)."""
    x = actors + np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ((x ^ (x >> np.uint64(31))) & np.uint64(1)).astype(np.bool_)
