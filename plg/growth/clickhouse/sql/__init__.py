"""Reports counted where the events lie: one module a kind makes, from its definition, the SQL statement whose rows
are the kind's `Counts`. What is not in `COUNTED`, what a module declines (`NotCountableError`), and who stands behind
a number, is read and counted here as from the embedded columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from plg.growth.reports.funnels.definition import Funnel
from plg.growth.reports.lifecycle import Lifecycle
from plg.growth.reports.retention import Retention
from plg.growth.reports.stickiness import Stickiness
from plg.growth.reports.time_to_value import TimeToValue
from plg.growth.reports.trend import Trend

from . import funnel, lifecycle, retention, stickiness, time_to_value, trend
from .query import NotCountableError, Tables

__all__ = ["COUNTED", "Tables", "counts"]

COUNTED: Mapping[type, Callable[[Any, Tables], Any]] = {
    Funnel: funnel.counts,
    Lifecycle: lifecycle.counts,
    Retention: retention.counts,
    Stickiness: stickiness.counts,
    TimeToValue: time_to_value.counts,
    Trend: trend.counts,
}


def counts(asked: Any, tables: Tables) -> Any:
    """The `Counts` of a definition; None where they are not counted there."""
    try:
        return COUNTED[type(asked)](asked, tables) if type(asked) in COUNTED else None
    except NotCountableError:
        return None
