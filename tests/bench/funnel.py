"""Funnels, retention, daily people over N events: the growth columns against SQL, chdb and DuckDB, same numbers."""

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
ZERO_MS = 1_766_966_400_000  # Monday, 2025-12-29
CHUNK = 500_000


def main(argv: list[str]) -> int:
    """Run it; 1 where the engines disagree."""
    parser = measuring.arguments(argv, __doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--python", default=sys.executable, help="an interpreter that has chdb and duckdb")
    asked = parser.parse_args(argv)
    database = "sqlite" if asked.database == "sqlite" else "postgres"
    with tempfile.TemporaryDirectory() as folder:
        measured = {"plg": _plg(Path(folder) / "columns", asked.events)}
        measured[database] = funnel_sql.measured(asked.database, Path(folder), chunks(asked.events))
        for engine in ("chdb", "duckdb"):
            measured |= _embedded(engine, asked.python, Path(folder) / engine, asked.events)
    ours = measured["plg"].pop("answers")
    wrong = [
        f"{engine} {report}"
        for engine, figures in measured.items()
        for report, answer in figures.pop("answers", {}).items()
        if answer != ours[report]
    ]
    figures: dict[str, Any] = {
        "events": asked.events,
        "disagree": ", ".join(wrong),
        "entered": ours["funnel"],
    }
    for engine, taken in measured.items():
        figures |= {f"{engine}_{key}": value for key, value in taken.items()}
        if engine != "plg":
            both = sorted(key for key in taken if key.endswith("_ms"))
            figures |= {f"ratio_vs_{engine}_{key[:-3]}": measured["plg"][key] / taken[key] for key in both}
    measuring.report(figures, database=asked.database, concurrency=1, as_json=asked.json)
    return 1 if wrong else 0


def _embedded(engine: str, python: str, folder: Path, events: int) -> dict[str, dict[str, Any]]:
    """What an embedded engine needs; nothing where it is not installed."""
    if subprocess.run([python, "-c", f"import {engine}"], capture_output=True, check=False).returncode:
        print(f"{engine} is not installed: left out")
        return {}
    folder.mkdir()
    (folder / "zero").write_text(str(ZERO_MS))
    with (folder / "events.csv").open("w") as file:
        file.write("name,plan,person,ts\n")
        for _, names, times, persons in chunks(events):
            rows = zip(names, persons.tolist(), times.tolist(), strict=True)
            file.writelines(f"{name},{plan_of(person)},{person},{at}\n" for name, person, at in rows)
    script = Path(__file__).with_name("funnel_engines.py")
    told = subprocess.run(
        [python, str(script), engine, str(folder)], check=True, capture_output=True, text=True
    )
    return {engine: json.loads(told.stdout.splitlines()[-1])}


def plan_of(person: int) -> str:
    return f"plan-{person % 5}"


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
    with Writer(folder, ["plan"]) as writer:
        for first, names, times, persons in chunks(events):
            places = np.column_stack([np.zeros(len(names), np.int64), np.arange(first, first + len(names))])
            plans = {"plan": [plan_of(person) for person in persons.tolist()]}
            started = time.perf_counter()
            writer.append(Batch(places, names, times, persons, np.zeros(len(names), np.int64), plans))
            seconds += time.perf_counter() - started
    reader = [sys.executable, "-m", "tests.bench.funnel_reader", str(folder)]
    read = json.loads(subprocess.run(reader, check=True, capture_output=True, text=True).stdout)
    disk = sum(path.stat().st_size for path in folder.iterdir()) / 1e6
    return read | {"build_events_per_s": events / seconds, "disk_mb": disk}
