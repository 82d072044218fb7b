"""Reports: one file each, one line in `REPORTS`. A report reads only the events that it is given, and every list of
its result is a table (`tables`), of which one is drawn (`charts`)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from plg.growth.columns.keys import Keys

from . import activation, funnel, lifecycle, paths, retention, stickiness, time_to_value, trend, trial_to_paid
from .charts import Drawn
from .definition import Definition
from .numbers import Number


@dataclass(frozen=True)
class Report:
    """What may be asked, and how it is answered: `evaluate(definition, events) -> result`, and `people(definition,
    events, number) -> actors` tells who stands behind a number. meaning: of the numbers. drawn: which of the tables
    its chart shows. side_by_side(definition, events by segment): the rows of the table `segments`."""

    definition: type[Definition]
    result: type[BaseModel]
    evaluate: Callable[[Any, Any], BaseModel]
    number: type[Number]
    people: Callable[[Any, Any, Any], Keys]
    meaning: str
    drawn: Drawn
    side_by_side: Callable[[Any, Any], Any] | None = None


REPORTS = {
    "funnel": Report(
        funnel.Funnel,
        funnel.FunnelResult,
        funnel.evaluate,
        funnel.FunnelNumber,
        funnel.people,
        funnel.__doc__,
        Drawn("bar", "steps", "name", ("entered",)),
        funnel.side_by_side,
    ),
    "trend": Report(
        trend.Trend,
        trend.TrendResult,
        trend.evaluate,
        trend.TrendNumber,
        trend.people,
        trend.__doc__ or "",
        Drawn("line", "periods", "start", ("events",), "series"),
    ),
    "retention": Report(
        retention.Retention,
        retention.RetentionResult,
        retention.evaluate,
        retention.RetentionNumber,
        retention.people,
        retention.__doc__,
        Drawn("line", "average", "period", ("rate",), unit="share"),
        retention.side_by_side,
    ),
    "lifecycle": Report(
        lifecycle.Lifecycle,
        lifecycle.LifecycleResult,
        lifecycle.evaluate,
        lifecycle.LifecycleNumber,
        lifecycle.people,
        lifecycle.__doc__,
        Drawn("line", "periods", "start", ("new", "returning", "resurrecting", "dormant")),
    ),
    "stickiness": Report(
        stickiness.Stickiness,
        stickiness.StickinessResult,
        stickiness.evaluate,
        stickiness.StickinessNumber,
        stickiness.people,
        stickiness.__doc__,
        Drawn("bar", "active", "periods", ("actors",)),
    ),
    "paths": Report(
        paths.Paths,
        paths.PathsResult,
        paths.evaluate,
        paths.PathsNumber,
        paths.people,
        paths.__doc__,
        Drawn("rows", "routes", "route", ("actors",)),
    ),
    "activation": Report(
        activation.Activation,
        activation.ActivationResult,
        activation.evaluate,
        activation.ActivationNumber,
        activation.people,
        activation.__doc__,
        Drawn("rows", "findings", "finding", ("phi",)),
    ),
    "time-to-value": Report(
        time_to_value.TimeToValue,
        time_to_value.TimeToValueResult,
        time_to_value.evaluate,
        time_to_value.TimeToValueNumber,
        time_to_value.people,
        time_to_value.__doc__,
        Drawn("line", "periods", "start", ("median_seconds",), unit="seconds"),
    ),
    "trial-to-paid": Report(
        trial_to_paid.TrialToPaid,
        trial_to_paid.TrialToPaidResult,
        trial_to_paid.evaluate,
        trial_to_paid.TrialToPaidNumber,
        trial_to_paid.people,
        trial_to_paid.__doc__,
        Drawn("line", "cohorts", "start", ("share", "forecast"), unit="share"),
    ),
}
