"""Reads growth columns in a process of its own, so that its memory is the reader's alone."""

from __future__ import annotations

import datetime as dt
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from plg.growth.columns import Reader
from plg.growth.reports import funnel, retention, trend
from plg.growth.reports.definition import Chosen
from tests.bench import measuring
from tests.bench.funnel import NAMES, START_MS, STEPS, WINDOW_MS, ZERO_MS

RUNS = 7
EPOCH = dt.date(1970, 1, 1).toordinal()


def timed(run: Callable[[], Any], runs: int = RUNS) -> tuple[float, Any]:
    """(median ms, the last answer)."""
    taken, answer = [], None
    for _ in range(runs):
        started = time.perf_counter()
        answer = run()
        taken.append((time.perf_counter() - started) * 1000)
    return statistics.median(taken), answer


def read(folder: Path) -> dict[str, Any]:
    start = dt.datetime.fromtimestamp(START_MS / 1000, dt.UTC)
    range_ = {"start": start, "end": start + dt.timedelta(days=90)}
    steps = tuple(funnel.Step(events=(name,)) for name in STEPS)
    asked = funnel.Funnel(steps=steps, window_seconds=WINDOW_MS // 1000, **range_)
    by_plan = asked.model_copy(update={"breakdown": funnel.Breakdown(property="plan", attribution="step")})
    daily = trend.Trend(series=(trend.Series(events=NAMES),), **range_)
    reader = Reader(folder)
    first_ms, _ = timed(lambda: funnel.evaluate(asked, reader.snapshot()), 1)
    funnel_ms, counted = timed(lambda: funnel.evaluate(asked, reader.snapshot()))
    breakdown_ms, plans = timed(lambda: funnel.evaluate(by_plan, reader.snapshot()))
    daily_ms, days = timed(lambda: trend.evaluate(daily, reader.snapshot()))
    retention_ms, weeks = timed(lambda: retention.evaluate(weekly(), reader.snapshot()))
    return {
        "funnel_ms": funnel_ms,
        "funnel_first_ms": first_ms,
        "funnel_breakdown_ms": breakdown_ms,
        "daily_people_ms": daily_ms,
        "retention_ms": retention_ms,
        "rss_mb": measuring.rss_mb(os.getpid()),
        "answers": {
            "funnel": [[step.entered for step in counted.steps]],
            "funnel_breakdown": _by_value(plans.breakdown),
            "daily_people": [[day.start.toordinal() - EPOCH, day.actors] for day in days.periods],
            "retention": _by_week(weeks.cells),
        },
    }


def weekly() -> retention.Retention:
    """Eight weeks of sign-ups, and who of them looked at a page in each of the eight weeks after."""
    zero = dt.datetime.fromtimestamp(ZERO_MS / 1000, dt.UTC)
    return retention.Retention(
        start=zero,
        end=zero + dt.timedelta(weeks=8),
        interval="week",
        start_event=Chosen(events=STEPS[:1]),
        return_event=Chosen(events=("Page Viewed",)),
    )


def _by_value(rows: list[funnel.ValueStep]) -> list[list[Any]]:
    values = sorted({str(row.value) for row in rows})
    return [[value, *(row.entered for row in rows if row.value == value)] for value in values]


def _by_week(cells: list[retention.Cell]) -> list[list[Any]]:
    first = cells[0].cohort
    return [[(c.cohort - first).days // 7, c.period, c.returned] for c in cells if c.period and c.returned]


if __name__ == "__main__":
    print(json.dumps(read(Path(sys.argv[1]))))
