"""Funnel: how many went from one step to the next, in order, within a window.

Semantics, those of PostHog's ordered funnel: an actor counts for a step if some chain of distinct events
reaches it, one event a step, none earlier than the one before, all within the window of the chain's first.
Any event of the first step may start a chain, and other events may lie between. Events of the same
millisecond may stand in either order, whichever converts. Unlike PostHog's, the range holds the start alone:
who starts in it may convert after it. Times are those of one chain an actor: its deepest, of those the first
to get there, of those the one that started last.
"""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from plg.growth.columns import PropertyNotKept, Snapshot
from plg.growth.columns.keys import Keys, clock
from plg.kit.errors import Fault

from .chains import Paths, Question, shortest_chains
from .definition import Definition, EventNames, Where

LONGEST_WINDOW = 366 * 86_400


class Step(BaseModel):
    """One of these events, if it has all these property values. name: what the report calls the step."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    events: EventNames
    where: Where = Field(default_factory=dict)
    name: str = Field("", max_length=200)

    @property
    def title(self) -> str:
        return self.name or " / ".join(self.events)


class Funnel(Definition):
    """Steps in order; the window counts in seconds from the first."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "from": "2026-01-01T00:00:00Z",
                "to": "2027-01-01T00:00:00Z",
                "steps": [{"events": ["Signed Up"]}, {"events": ["Subscription Started"]}],
            }
        }
    )

    steps: Annotated[tuple[Step, ...], Field(min_length=2, max_length=20)]
    window_seconds: Annotated[int, Field(ge=1, le=LONGEST_WINDOW)] = 14 * 86_400
    order: Literal["ordered"] = "ordered"


class FunnelStep(BaseModel):
    """`entered` actors reached the step. Rates are fractions of one, null where nobody could convert; times
    are seconds from the step before, null where nobody converted."""

    name: str
    entered: int
    conversion_from_start: float | None
    conversion_from_previous: float | None
    drop_off: int = Field(description="Actors that reached the step before and not this one")
    median_seconds: float | None
    average_seconds: float | None


class FunnelResult(BaseModel):
    """The last two are seconds from the first step to the last, of those who got there."""

    steps: list[FunnelStep]
    median_seconds: float | None
    average_seconds: float | None


def evaluate(funnel: Funnel, columns: Snapshot) -> FunnelResult:
    """Count. Raises `PropertyNotKept` naming every filter on a property that the columns do not keep."""
    _refuse_unkept(funnel, columns)
    question = Question(
        steps=[(frozenset(step.events), step.where) for step in funnel.steps],
        actor=funnel.actor,
        window=np.uint64(funnel.window_seconds * 1000),
        start=clock(funnel.start),
        end=clock(funnel.end),
    )
    paths = shortest_chains(question, columns)
    entered = [sum(path.shape[1] for path in paths if len(path) > i) for i in range(len(funnel.steps))]
    steps = [_step(funnel.steps[i].title, i, entered, paths) for i in range(len(funnel.steps))]
    median, average = _seconds([path[-1] - path[0] for path in paths if len(path) == len(funnel.steps)])
    return FunnelResult(steps=steps, median_seconds=median, average_seconds=average)


def _step(title: str, index: int, entered: list[int], paths: Paths) -> FunnelStep:
    before = entered[max(index - 1, 0)]
    waits = [path[index] - path[index - 1] for path in paths if len(path) > index] if index else []
    median, average = _seconds(waits)
    return FunnelStep(
        name=title,
        entered=entered[index],
        conversion_from_start=entered[index] / entered[0] if entered[0] else None,
        conversion_from_previous=entered[index] / before if before else None,
        drop_off=before - entered[index],
        median_seconds=median,
        average_seconds=average,
    )


def _seconds(waits: list[Keys]) -> tuple[float | None, float | None]:
    """Median and average of milliseconds, in seconds."""
    joined: NDArray[np.float64] = np.concatenate([np.empty(0), *waits])
    if not joined.size:
        return None, None
    return float(np.median(joined)) / 1000, float(joined.mean()) / 1000


def _refuse_unkept(funnel: Funnel, columns: Snapshot) -> None:
    faults = [
        Fault(f"steps.{place}.where.{name}", "this property is not kept for reports")
        for place, step in enumerate(funnel.steps)
        for name in step.where
        if name not in columns.properties
    ]
    if faults:
        kept = ", ".join(columns.properties) or "none"
        raise PropertyNotKept(f"Reports can filter by: {kept}", errors=faults)
