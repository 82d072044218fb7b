"""What is counted of a funnel: how many chains reached which step, and after how long. Times are milliseconds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from plg.growth.columns import Log
from plg.growth.columns.keys import Keys
from plg.growth.reports import periods

from . import breakdowns
from .definition import Funnel, Periods
from .paths import best_paths, of_ranges
from .search import Paths

MOST_BINS = 60
Waited = tuple[float | None, float | None]
"""Median and average, None of nobody."""


@dataclass(frozen=True)
class Steps:
    """Of some chains, for each step: how many reached it, and the median and average time since the chain's step
    before, of those (None at the first, and where nobody did)."""

    entered: list[int]
    medians: list[float | None]
    averages: list[float | None]


@dataclass(frozen=True)
class Whole:
    """From the first step to the last, of those who got there: median, average, shortest and longest time, and how
    many lie in each of some equal bins between these."""

    median: float | None
    average: float | None
    shortest: int
    longest: int
    bins: list[int]


@dataclass(frozen=True)
class Valued:
    """The chains with one value of the breakdown (its JSON text, empty for none); other: with those not shown."""

    value: str
    other: bool
    steps: Steps


@dataclass(frozen=True)
class Counts:
    """trend: for each period how many started and got through. compared: the steps of the other range."""

    steps: Steps
    whole: Whole
    breakdown: list[Valued]
    trend: list[tuple[int, int]]
    compared: Steps | None


def of(funnel: Funnel, log: Log) -> Counts:
    """Count, here or where the events lie."""
    counts: Counts | None = log.counts(funnel)
    if counts is not None:
        return counts
    paths, breakdown = _broken_down(funnel, log)
    other = funnel.compare_to and {"start": funnel.compare_to.start, "end": funnel.compare_to.end}
    return Counts(
        steps=steps_of(paths),
        whole=whole_of(paths),
        breakdown=breakdown,
        trend=list(_trend(funnel, log)),
        compared=steps_of(best_paths(funnel.model_copy(update=other), log)) if other else None,
    )


def steps_of(paths: Paths) -> Steps:
    medians: list[float | None] = [None]
    averages: list[float | None] = [None]
    before = paths[0]
    for here in paths[1:]:
        median, average = _waited((here - before)[here > 0])
        medians.append(median)
        averages.append(average)
        before = np.maximum(before, here)
    return Steps((paths > 0).sum(axis=1).tolist(), medians, averages)


def whole_of(paths: Paths) -> Whole:
    through = paths[:, paths[-1] > 0]
    waits = through[-1] - through[0]
    if not waits.size:
        return Whole(None, None, 0, 0, [])
    bins = np.histogram(waits / 1000, bins=bins_of(waits.size))[0].tolist()
    return Whole(*_waited(waits), int(waits.min()), int(waits.max()), bins)


def bins_of(count: int) -> int:
    """How many bins so many times are told in: their cube root."""
    return min(MOST_BINS, max(1, round(count ** (1 / 3)))) if count else 0


def periods_of(funnel: Funnel, trend: Periods) -> tuple[list[dt.date], list[dt.datetime]]:
    """The first day of each period, and the moments between which they lie."""
    days = periods.cut(funnel, trend.interval, trend.timezone).days
    inner = (periods.midnight(day, trend.timezone) for day in days[1:])
    return days, [funnel.start, *inner, funnel.end]


def _broken_down(funnel: Funnel, log: Log) -> tuple[Paths, list[Valued]]:
    """The best paths, and the steps of each value."""
    if funnel.breakdown is None:
        return best_paths(funnel, log), []
    paths, codes = breakdowns.best_paths(funnel, funnel.breakdown, log)
    groups = breakdowns.groups(funnel.breakdown, log, paths, codes)
    return paths, [Valued(group.text, group.other, steps_of(group.paths)) for group in groups]


def _trend(funnel: Funnel, log: Log) -> Iterator[tuple[int, int]]:
    if funnel.trend is not None:
        edges = pairwise(periods_of(funnel, funnel.trend)[1])
        each = [funnel.model_copy(update={"start": start, "end": end}) for start, end in edges]
        for paths in of_ranges(each, log):
            yield paths.shape[1], int((paths[-1] > 0).sum())


def _waited(waits: Keys) -> Waited:
    return (float(np.median(waits)), float(waits.mean())) if waits.size else (None, None)
