"""Reports on ClickHouse over N events: counted by its SQL, and read and counted by plg; the same answers."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path
from typing import Any
from unittest.mock import patch

from plg.growth.clickhouse import Reader, Store, Writer
from plg.growth.reports import funnel, retention, trend
from tests.bench import measuring
from tests.bench.funnel import batch_of, chunks
from tests.bench.funnel_reader import asked

RUNS = 3


def main(argv: list[str]) -> int:
    """Run it; 1 where the answers differ."""
    parser = measuring.arguments(argv, __doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    given = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        url = os.environ.get("PLG_CLICKHOUSE_URL") or f"chdb://{Path(folder) / 'engine'}"
        store = Store(url)
        figures: dict[str, Any] = {"events": given.events, "fill_events_per_s": _filled(store, given.events)}
        wrong = [name for name, each in _reports().items() if _differs(store, name, *each, figures)]
    figures["disagree"] = ", ".join(wrong)
    measuring.report(figures, database="clickhouse", concurrency=1, as_json=given.json)
    return 1 if wrong else 0


def _reports() -> dict[str, tuple[Any, Any]]:
    plain, by_plan, daily, weekly = asked()
    return {
        "funnel": (funnel, plain),
        "funnel_breakdown": (funnel, by_plan),
        "strict_funnel": (funnel, plain.model_copy(update={"order": "strict"})),
        "daily_people": (trend, daily),
        "retention": (retention, weekly),
    }


def _filled(store: Store, events: int) -> float:
    seconds = 0.0
    with Writer(store, ["plan"]) as writer, writer.anew():
        for chunk in chunks(events):
            batch = batch_of(chunk)
            started = time.perf_counter()
            writer.append(batch)
            seconds += time.perf_counter() - started
    return events / seconds


def _differs(store: Store, name: str, report: Any, definition: Any, figures: dict[str, Any]) -> bool:
    """Whether the two ways answer differently; adds what each took."""

    def answer() -> Any:
        return report.evaluate(definition, Reader(store).snapshot())

    there = measuring.timed(answer, RUNS)
    with patch("plg.growth.clickhouse.sql.counts", return_value=None):  # so all is read
        here = measuring.timed(answer, RUNS)
    for way, each in (("counted_there", there), ("read", here)):
        figures |= {f"{name}_{way}_ms": each.ms, f"{name}_{way}_cpu_ms": each.cpu_ms}
    return bool(there.answer != here.answer)
