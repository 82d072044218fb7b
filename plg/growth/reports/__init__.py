"""Reports: one file each, one line in `REPORTS`. A report reads only a snapshot of the columns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from . import funnel, trend


@dataclass(frozen=True)
class Report:
    """What may be asked, and how it is answered: `evaluate(definition, snapshot) -> result`."""

    definition: type[BaseModel]
    result: type[BaseModel]
    evaluate: Callable[[Any, Any], BaseModel]


REPORTS = {
    "funnel": Report(funnel.Funnel, funnel.FunnelResult, funnel.evaluate),
    "trend": Report(trend.Trend, trend.TrendResult, trend.evaluate),
}
