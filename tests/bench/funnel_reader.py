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
from plg.growth.reports import funnel, trend
from tests.bench import measuring
from tests.bench.funnel import NAMES, START_MS, STEPS, WINDOW_MS

RUNS = 7


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
    daily = trend.Trend(events=NAMES, **range_)
    reader = Reader(folder)
    first_ms, _ = timed(lambda: funnel.evaluate(asked, reader.snapshot()), 1)
    funnel_ms, counted = timed(lambda: funnel.evaluate(asked, reader.snapshot()))
    daily_ms, days = timed(lambda: trend.evaluate(daily, reader.snapshot()))
    return {
        "funnel_ms": funnel_ms,
        "funnel_first_ms": first_ms,
        "daily_people_ms": daily_ms,
        "rss_mb": measuring.rss_mb(os.getpid()),
        "counts": [[step.entered for step in counted.steps], [day.actors for day in days.days]],
    }


if __name__ == "__main__":
    print(json.dumps(read(Path(sys.argv[1]))))
