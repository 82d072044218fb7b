"""Funnel: how many went from one step to the next, within a window, and where the others stopped.

Semantics, those of PostHog's funnels: an actor counts for a step if some chain of distinct events reaches it, one
event a step, all within the window of the chain's first. Any event of the first step may start a chain (re-entry).
Unlike PostHog's, the range holds the start alone: who starts in it may convert after it.

- `ordered`: no event of the chain is earlier than the one before; other events may lie between. Log of the same
  millisecond may stand in either order, whichever converts; one event is never used for two steps.
- `strict`: any event that does not fit the chain's last step breaks the chain.
- `any`: the steps in whatever order; row n counts those who did n different ones of them.
- An exclusion breaks a chain that stands between its two steps. An actor whose every deepest chain is broken there
  counts for no step.
- A chain may go on without optional steps; what follows one is compared with the last step that is needed.
- A step's own window counts from the chain's step before, which is then taken as late as possible.
- With `strict`, exclusions, optional steps or step windows, events of one millisecond stand in the order of the
  first step that each fits, then of their names, and break nothing.
- `hold`: every event of a chain has the same value of these properties; an event without one counts for none.

Times are those of one chain an actor: its deepest, of those the first to get there, of those the one that started
last. Counting completions: see `funnels.attempts`.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

import numpy as np
from pydantic import Field

from plg.growth.columns import Log
from plg.growth.columns.keys import Keys, actors_of, times_of
from plg.kit import proportions
from plg.kit.proportions import Share

from .definition import SegmentName, refuse_unkept
from .funnels import breakdowns
from .funnels import counts as counting
from .funnels.counts import MOST_BINS, Steps, Valued, Whole
from .funnels.definition import Breakdown, Exclusion, Funnel, Periods, Step
from .funnels.paths import best_paths, last_of
from .funnels.result import (
    ComparedStep,
    FunnelPeriod,
    FunnelResult,
    FunnelStep,
    SegmentStep,
    TimeBin,
    ValueStep,
)
from .funnels.search import Paths
from .numbers import Number, Place, period_of, refuse

__all__ = [
    "Breakdown",
    "Exclusion",
    "Funnel",
    "FunnelResult",
    "FunnelStep",
    "Periods",
    "Step",
    "evaluate",
    "people",
]


def evaluate(funnel: Funnel, log: Log) -> FunnelResult:
    """Count. Raises `PropertyNotKept` naming every property that the columns do not keep."""
    refuse_unkept(funnel.used_properties(), log)
    counts = counting.of(funnel, log)
    return FunnelResult(
        median_seconds=_seconds(counts.whole.median),
        average_seconds=_seconds(counts.whole.average),
        steps=_steps(funnel, counts.steps),
        times=_times(counts.whole),
        breakdown=_breakdown(funnel, counts.breakdown),
        trend=_trend(funnel, counts.trend),
        comparison=_comparison(funnel, counts.steps, counts.compared),
    )


class FunnelNumber(Number):
    """Who reached a step (from 1), or where dropped the one before that is needed, and not this. by: only those with
    this value of the breakdown, or with the others. start: only those of this period of the trend. compared: those of
    the other range. bin: of who got through, those of a row of `times` (from 1)."""

    model_config = {"json_schema_extra": {"example": {"step": 2, "dropped": True}}}

    step: Annotated[int, Field(ge=1, le=20)]
    dropped: bool = False
    by: Literal["all", "value", "other"] = "all"
    value: Annotated[str, Field(max_length=200)] | bool | int | float | None = None
    start: dt.date | None = None
    compared: bool = False
    bin: Annotated[int, Field(ge=1, le=MOST_BINS)] | None = None
    segment: SegmentName | None = None

    @classmethod
    def at(cls, asked: Any, place: Place) -> Self | None:
        row, last = place.row, len(asked.steps)
        if place.name in {"steps.entered", "comparison.entered"}:
            return cls(step=row + 1)
        if place.name == "comparison.entered_before":
            return cls(step=row + 1, compared=True)
        if place.name == "times.actors":
            return cls(step=last, bin=row + 1)
        if place.name in {"trend.entered", "trend.converted"}:
            return cls(step=last if place.column == "converted" else 1, start=place.record["start"])
        if place.name in {"segments.entered", "segments.drop_off"}:
            step, segment = place.record["step"], place.record["segment"]
            return cls(step=step, dropped=place.column == "drop_off", segment=segment)
        if place.name in {"breakdown.entered", "breakdown.drop_off"}:
            by: Any = "other" if place.record["other"] else "value"
            number, value = place.record["step"], place.record["value"]
            return cls(step=number, dropped=place.column == "drop_off", by=by, value=value)
        return cls(step=row + 1, dropped=True) if place.name == "steps.drop_off" else None


def side_by_side(funnel: Funnel, among: Mapping[str, Log]) -> list[SegmentStep]:
    """The steps of each segment, given who is in it."""
    bare = funnel.model_copy(update={"breakdown": None, "trend": None, "compare_to": None})
    return [
        SegmentStep(segment=name, step=number, **step.model_dump())
        for name, log in among.items()
        for number, step in enumerate(_steps(funnel, counting.of(bare, log).steps), start=1)
    ]


def people(funnel: Funnel, log: Log, number: FunnelNumber) -> Keys:
    """The actors behind a number; who did the last thing of their chain last stands first. Raises `PropertyNotKept`
    or `NoSuchNumber`."""
    refuse_unkept(funnel.used_properties(), log)
    if number.step > len(funnel.steps):
        raise refuse("step", "there is no such step")
    funnel = _within_period(funnel, number)
    paths = _of_value(funnel, log, number)
    if number.bin is not None:
        paths = _of_bin(paths, number.bin)
    reached = paths[number.step - 1] > 0
    if number.dropped:
        reached = (paths[_needed_before(funnel, number.step - 1)] > 0) & ~reached
    paths = paths[:, reached]
    actors = actors_of(paths[0, np.lexsort((paths[0], ~times_of(last_of(paths))))])
    return actors[np.sort(np.unique(actors, return_index=True)[1])]


def _within_period(funnel: Funnel, number: FunnelNumber) -> Funnel:
    """The funnel of the period, or of the other range, that a number is of."""
    if number.compared:
        if funnel.compare_to is None:
            raise refuse("compared", "the report compares nothing")
        other = {"start": funnel.compare_to.start, "end": funnel.compare_to.end}
        return funnel.model_copy(update=other)
    if number.start is None:
        return funnel
    if funnel.trend is None:
        raise refuse("start", "the report has no trend")
    days, edges = counting.periods_of(funnel, funnel.trend)
    period = period_of(days, number.start)
    return funnel.model_copy(update={"start": edges[period], "end": edges[period + 1]})


def _of_value(funnel: Funnel, log: Log, number: FunnelNumber) -> Paths:
    """The paths of those whose value of the breakdown a number is of."""
    if number.by == "all":
        return best_paths(funnel, log)
    if funnel.breakdown is None:
        raise refuse("by", "the report has no breakdown")
    paths, codes = breakdowns.best_paths(funnel, funnel.breakdown, log)
    for group in breakdowns.groups(funnel.breakdown, log, paths, codes):
        same = group.value == number.value and type(group.value) is type(number.value)
        if group.other if number.by == "other" else same and not group.other:
            return group.paths
    return paths[:, :0]


def _of_bin(paths: Paths, number: int) -> Paths:
    """The paths whose time to convert lies in a row of `times`."""
    whole = paths[:, paths[-1] > 0]
    waits = whole[-1] - whole[0]
    bins = _times(counting.whole_of(paths))
    if number > len(bins):
        raise refuse("bin", "there is no such row")
    seconds, edges = waits / 1000, np.array([each.from_seconds for each in bins])
    return whole[:, np.searchsorted(edges, seconds, side="right") == number]


def _steps(funnel: Funnel, counts: Steps) -> list[FunnelStep]:
    entered = counts.entered
    steps = []
    for number, step in enumerate(funnel.steps):
        earlier = entered[_needed_before(funnel, number)]
        steps.append(
            FunnelStep(
                name=f"{number + 1} / {len(funnel.steps)}" if funnel.order == "any" else step.title,
                entered=entered[number],
                conversion_from_start=_rate(entered[number], entered[0]),
                conversion_from_previous=_rate(entered[number], earlier),
                drop_off=earlier - entered[number],
                median_seconds=_seconds(counts.medians[number]),
                average_seconds=_seconds(counts.averages[number]),
            )
        )
    return steps


def _needed_before(funnel: Funnel, number: int) -> int:
    """The last step before this one that is not optional; the first has itself."""
    return max((i for i in range(number) if not funnel.steps[i].optional), default=0)


def _rate(part: int, of: int) -> float | None:
    return part / of if of else None


def _seconds(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else milliseconds / 1000


def _times(whole: Whole) -> list[TimeBin]:
    """Equal bins from the shortest time to the longest."""
    if not whole.bins:
        return []
    ends = np.array([whole.shortest, whole.longest]) / 1000
    edges = np.histogram_bin_edges(ends, len(whole.bins)).tolist()
    pairs = zip(edges[:-1], edges[1:], whole.bins, strict=True)
    return [TimeBin(from_seconds=low, to_seconds=high, actors=number) for low, high, number in pairs]


def _breakdown(funnel: Funnel, counts: list[Valued]) -> list[ValueStep]:
    return [
        ValueStep(
            **step.model_dump(),
            value=json.loads(each.value) if each.value else None,
            other=each.other,
            step=number,
        )
        for each in counts
        for number, step in enumerate(_steps(funnel, each.steps), start=1)
    ]


def _trend(funnel: Funnel, counts: list[tuple[int, int]]) -> list[FunnelPeriod]:
    if funnel.trend is None:
        return []
    days = counting.periods_of(funnel, funnel.trend)[0]
    return [
        FunnelPeriod(start=day, entered=entered, converted=converted, conversion=_rate(converted, entered))
        for day, (entered, converted) in zip(days, counts, strict=True)
    ]


def _comparison(funnel: Funnel, counts: Steps, compared: Steps | None) -> list[ComparedStep]:
    if compared is None:
        return []
    of, of_before = counts.entered[0], compared.entered[0]
    pairs = zip(_steps(funnel, counts), _steps(funnel, compared), strict=True)
    return [_compared(now, then, of, of_before) for now, then in pairs]


def _compared(now: FunnelStep, then: FunnelStep, of: int, of_before: int) -> ComparedStep:
    share = proportions.wilson(Share(now.entered, of)) if of else None
    both = of and of_before
    change = proportions.difference(Share(now.entered, of), Share(then.entered, of_before)) if both else None
    return ComparedStep(
        name=now.name,
        entered=now.entered,
        entered_before=then.entered,
        share=share.value if share else None,
        low=share.low if share else None,
        high=share.high if share else None,
        share_before=_rate(then.entered, of_before),
        difference=change.value if change else None,
        difference_low=change.low if change else None,
        difference_high=change.high if change else None,
    )
