"""Funnels, retention, daily people over N events: the growth columns against SQL, chdb and DuckDB, same numbers."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import numpy as np
from numpy.typing import NDArray

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
    parser.add_argument(
        "--only-columns", action="store_true", help="without the SQL database, which takes hours"
    )
    asked = parser.parse_args(argv)
    database = "sqlite" if asked.database == "sqlite" else "postgres"
    with tempfile.TemporaryDirectory() as folder:
        measured = {"plg": _plg(Path(folder) / "columns", asked.events)}
        if not asked.only_columns:
            measured[database] = funnel_sql.measured(asked.database, Path(folder), chunks(asked.events))
        _write_parquet(Path(folder), asked.events)
        for engine in ("chdb", "duckdb"):
            measured |= _embedded(engine, Path(folder))
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


def _write_parquet(folder: Path, events: int) -> None:
    connection = duckdb.connect()
    for first, codes, times, persons in chunks(events):
        chunk = {"code": codes, "person": persons, "ts": times}
        connection.register("chunk", chunk)
        names = ", ".join(f"'{name}'" for name in NAMES)
        connection.execute(
            f"COPY (SELECT [{names}][code + 1] AS name, 'plan-' || person % 5 AS plan, person, ts FROM chunk)"
            f" TO '{folder}/{first:09d}.parquet'"
        )


def _embedded(engine: str, folder: Path) -> dict[str, dict[str, Any]]:
    """What an embedded engine needs; nothing where it is not installed."""
    if importlib.util.find_spec(engine) is None:
        print(f"{engine} is not installed: left out")
        return {}
    asked = [sys.executable, "-m", "tests.bench.funnel_engines", engine, str(folder)]
    told = subprocess.run(asked, check=True, capture_output=True, text=True)
    return {engine: json.loads(told.stdout.splitlines()[-1])}


class Chunk(NamedTuple):
    """first: position of the first event; codes: places in NAMES; times: Unix ms."""

    first: int
    codes: NDArray[np.int64]
    times: NDArray[np.int64]
    persons: NDArray[np.int64]

    @property
    def names(self) -> list[str]:
        return [NAMES[code] for code in self.codes.tolist()]


def chunks(events: int) -> Iterator[Chunk]:
    """Up to CHUNK events each: 50 events a person, in log order."""
    rng = np.random.default_rng(1)
    people = max(events // 50, 1)
    for first in range(0, events, CHUNK):
        count = min(CHUNK, events - first)
        codes = rng.choice(len(NAMES), count, p=WEIGHTS)
        low, high = SPAN_MS * first // events, SPAN_MS * (first + count) // events
        times = START_MS + np.sort(rng.integers(low, high, count))
        yield Chunk(first + 1, codes, times, rng.integers(1, people + 1, count))


def _plg(folder: Path, events: int) -> dict[str, Any]:
    """Build the columns, then let a fresh process read them."""
    seconds = 0.0
    with Writer(folder, ["plan"]) as writer:
        for chunk in chunks(events):
            batch = batch_of(chunk)
            started = time.perf_counter()
            writer.append(batch)
            seconds += time.perf_counter() - started
    reader = [sys.executable, "-m", "tests.bench.funnel_reader", str(folder)]
    read = json.loads(subprocess.run(reader, check=True, capture_output=True, text=True).stdout)
    disk = sum(path.stat().st_size for path in folder.iterdir()) / 1e6
    return read | {"build_events_per_s": events / seconds, "disk_mb": disk}


def batch_of(chunk: Chunk) -> Batch:
    nothing = np.zeros(chunk.codes.size, np.int64)
    places = np.column_stack([nothing, np.arange(chunk.first, chunk.first + chunk.codes.size)])
    plans = {"plan": [f"plan-{number}" for number in (chunk.persons % 5).tolist()]}
    return Batch(places, chunk.names, chunk.times, chunk.persons, nothing, plans)
