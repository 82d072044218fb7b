"""Funnel and daily people over N events: the growth columns against SQL on the database, same numbers required."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from plg.growth.columns import Batch, Writer
from tests.bench import funnel_sql, measuring

STEPS = ("Signed Up", "Activated", "Limit Reached", "Subscription Started")
NAMES = (*STEPS, "Page Viewed", "Invoice Sent", "Payment Recorded", "Customer Created")
WEIGHTS = (0.10, 0.08, 0.05, 0.03, 0.40, 0.18, 0.10, 0.06)
WINDOW_MS = 14 * 86_400_000
START_MS = 1_767_225_600_000  # 2026-01-01
SPAN_MS = 90 * 86_400_000
CHUNK = 500_000


def main(argv: list[str]) -> int:
    """Run it; 1 where the engines disagree."""
    parser = measuring.arguments(argv, __doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    asked = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        plg = _plg(Path(folder) / "columns", asked.events)
        rival = funnel_sql.measured(asked.database, Path(folder), chunks(asked.events))
    engine = "sqlite" if asked.database == "sqlite" else "postgres"
    agree = plg.pop("counts") == (expected := rival.pop("counts"))
    figures: dict[str, Any] = {"events": asked.events, "counts_agree": agree, "entered": expected[0]}
    figures |= {f"plg_{key}": value for key, value in plg.items()}
    figures |= {f"{engine}_{key}": value for key, value in rival.items()}
    for report in ("funnel_ms", "daily_people_ms"):
        figures[f"ratio_vs_{engine}_{report.removesuffix('_ms')}"] = plg[report] / rival[report]
    measuring.report(figures, database=asked.database, concurrency=1, as_json=asked.json)
    return 0 if agree else 1


def chunks(events: int) -> Iterator[tuple[int, list[str], np.ndarray, np.ndarray]]:
    """(first position, names, Unix ms, persons) of up to CHUNK events each: 50 events a person, in log order."""
    rng = np.random.default_rng(1)
    people = max(events // 50, 1)
    for first in range(0, events, CHUNK):
        count = min(CHUNK, events - first)
        codes = rng.choice(len(NAMES), count, p=WEIGHTS)
        low, high = SPAN_MS * first // events, SPAN_MS * (first + count) // events
        times = START_MS + np.sort(rng.integers(low, high, count))
        yield first + 1, [NAMES[code] for code in codes], times, rng.integers(1, people + 1, count)


def _plg(folder: Path, events: int) -> dict[str, Any]:
    """Build the columns, then let a fresh process read them."""
    seconds = 0.0
    with Writer(folder) as writer:
        for first, names, times, persons in chunks(events):
            places = np.column_stack([np.zeros(len(names), np.int64), np.arange(first, first + len(names))])
            started = time.perf_counter()
            writer.append(Batch(places, names, times, persons, np.zeros(len(names), np.int64)))
            seconds += time.perf_counter() - started
    reader = [sys.executable, "-m", "tests.bench.funnel_reader", str(folder)]
    read = json.loads(subprocess.run(reader, check=True, capture_output=True, text=True).stdout)
    disk = sum(path.stat().st_size for path in folder.iterdir()) / 1e6
    return read | {"build_events_per_s": events / seconds, "disk_mb": disk}
