"""Reads growth columns in a process of its own, so that its memory is the reader's alone."""

from __future__ import annotations

import datetime as dt
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from plg.growth.columns import Reader
from plg.growth.reports import funnel, retention, trend
from plg.growth.reports.definition import Chosen
from tests.bench import measuring
from tests.bench.funnel import NAMES, START_MS, STEPS, WINDOW_MS, ZERO_MS
from tests.bench.measuring import peak_rss_mb, timed, uncache

RUNS = 7
COLD_RUNS = 3
EPOCH = dt.date(1970, 1, 1).toordinal()


def asked() -> tuple[funnel.Funnel, funnel.Funnel, trend.Trend, retention.Retention]:
    """The ordered funnel, the same by a property, people a day, and weekly retention."""
    start = dt.datetime.fromtimestamp(START_MS / 1000, dt.UTC)
    range_ = {"start": start, "end": start + dt.timedelta(days=90)}
    steps = tuple(funnel.Step(events=(name,)) for name in STEPS)
    plain = funnel.Funnel(steps=steps, window_seconds=WINDOW_MS // 1000, **range_)
    by_plan = plain.model_copy(update={"breakdown": funnel.Breakdown(property="plan", attribution="step")})
    daily = trend.Trend(series=(trend.Series(events=NAMES),), **range_)
    return plain, by_plan, daily, weekly()


def read(folder: Path) -> dict[str, Any]:
    plain, by_plan, daily, returning = asked()
    reports: dict[str, Callable[[Reader], Any]] = {
        "funnel": lambda reader: funnel.evaluate(plain, reader.snapshot()),
        "funnel_breakdown": lambda reader: funnel.evaluate(by_plan, reader.snapshot()),
        "daily_people": lambda reader: trend.evaluate(daily, reader.snapshot()),
        "retention": lambda reader: retention.evaluate(returning, reader.snapshot()),
    }
    figures, found = {}, {}
    with measuring.PeakMemory() as memory:
        for name, report in reports.items():  # nothing else has the files mapped, or they stay in memory
            cold = timed(lambda report=report: report(Reader(folder)), COLD_RUNS, lambda: uncache(folder))
            figures[f"{name}_cold_ms"] = cold.ms
        reader = Reader(folder)
        for name, report in reports.items():
            warm = timed(lambda report=report: report(reader), RUNS)
            figures |= {f"{name}_ms": warm.ms, f"{name}_cpu_ms": warm.cpu_ms}
            found[name] = warm.answer
    return {
        **figures,
        "rss_mb": peak_rss_mb(),
        "own_peak_mb": memory.mb,
        "answers": {
            "funnel": [[step.entered for step in found["funnel"].steps]],
            "funnel_breakdown": _by_value(found["funnel_breakdown"].breakdown),
            "daily_people": [
                [day.start.toordinal() - EPOCH, day.actors] for day in found["daily_people"].periods
            ],
            "retention": _by_week(found["retention"].cells),
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
