"""The funnel benchmark's other rivals: embedded ClickHouse and DuckDB, where the machine has them.

`python -m tests.bench.funnel_engines chdb|duckdb FOLDER` reads `FOLDER/*.parquet` and prints one JSON object.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import duckdb

from tests.bench.funnel import STEPS, WINDOW_MS, ZERO_MS
from tests.bench.measuring import PeakMemory, peak_rss_mb, timed, uncache

DAY_MS = 86_400_000
WEEK_MS = 7 * DAY_MS
RUNS = 5
COLD_RUNS = 3
NAMES = "', '".join(STEPS)
CASES = " ".join(f"WHEN '{name}' THEN {step}" for step, name in enumerate(STEPS, 1))
CONDITIONS = ", ".join(f"name = '{name}'" for name in STEPS)
LEVELS = ", ".join(f"countIf(level >= {step})" for step in range(1, len(STEPS) + 1))

WINDOW_FUNNEL = f"windowFunnel({WINDOW_MS})(ts, {CONDITIONS}) AS level"
OF_STEPS = f"FROM bench.e WHERE name IN ('{NAMES}') GROUP BY person"
PLAN = f"argMinIf(plan, ts, name = '{STEPS[0]}') AS plan"

CHDB = {
    "funnel": f"SELECT {LEVELS} FROM (SELECT person, {WINDOW_FUNNEL} {OF_STEPS})",
    "funnel_breakdown": f"SELECT plan, {LEVELS} FROM (SELECT person, {PLAN}, {WINDOW_FUNNEL} {OF_STEPS})"
    " WHERE level > 0 GROUP BY plan ORDER BY plan",
    "daily_people": f"SELECT intDiv(ts, {DAY_MS}) AS day, uniqExact(person) FROM bench.e GROUP BY day ORDER BY day",
    "retention": f"""
        SELECT c.week, v.week - c.week AS n, uniqExact(c.person)
        FROM (SELECT person, intDiv(min(ts) - {{zero}}, {WEEK_MS}) AS week
              FROM bench.e WHERE name = '{STEPS[0]}' GROUP BY person) c
        JOIN (SELECT DISTINCT person, intDiv(ts - {{zero}}, {WEEK_MS}) AS week
              FROM bench.e WHERE name = 'Page Viewed') v ON v.person = c.person
        WHERE v.week > c.week AND v.week <= c.week + 8 AND c.week < 8
        GROUP BY 1, 2 ORDER BY 1, 2""",
}


def levels_sql() -> str:
    """An ordered funnel where any start counts, by one running maximum a step."""
    over = "OVER (PARTITION BY person ORDER BY ts, step ROWS UNBOUNDED PRECEDING)"
    parts = [f"e AS (SELECT person, ts, CASE name {CASES} END AS step FROM e0 WHERE name IN ('{NAMES}'))"]
    parts.append(f"l1 AS (SELECT *, max(CASE WHEN step = 1 THEN ts END) {over} AS s1 FROM e)")
    for k in range(2, len(STEPS) + 1):
        reached = f"CASE WHEN step = {k} AND ts - s{k - 1} <= {WINDOW_MS} THEN s{k - 1} END"
        parts.append(f"l{k} AS (SELECT *, max({reached}) {over} AS s{k} FROM l{k - 1})")
    counts = [f"count(DISTINCT CASE WHEN s{k} IS NOT NULL THEN person END)" for k in range(1, len(STEPS) + 1)]
    return f"WITH {', '.join(parts)} SELECT {', '.join(counts)} FROM l{len(STEPS)}"


DUCKDB = {
    "funnel": levels_sql(),
    "daily_people": f"SELECT ts // {DAY_MS} AS day, count(DISTINCT person) FROM e0 GROUP BY day ORDER BY day",
    "retention": f"""
        SELECT c.week, v.week - c.week AS n, count(DISTINCT c.person)
        FROM (SELECT person, (min(ts) - {{zero}}) // {WEEK_MS} AS week
              FROM e0 WHERE name = '{STEPS[0]}' GROUP BY person) c
        JOIN (SELECT DISTINCT person, (ts - {{zero}}) // {WEEK_MS} AS week
              FROM e0 WHERE name = 'Page Viewed') v ON v.person = c.person
        WHERE v.week > c.week AND v.week <= c.week + 8 AND c.week < 8
        GROUP BY 1, 2 ORDER BY 1, 2""",
}


class Chdb:
    def __init__(self, folder: Path, events: str) -> None:
        from chdb import session

        self._session = session.Session(str(folder))
        self._session.query("CREATE DATABASE bench ENGINE = Atomic")
        self._session.query(
            "CREATE TABLE bench.e (name LowCardinality(String), plan LowCardinality(String), person UInt32,"
            " ts UInt64) ENGINE = MergeTree ORDER BY (name, person, ts)"
        )
        self._session.query(
            f"INSERT INTO bench.e SELECT name, plan, person, ts FROM file('{events}', Parquet)"
        )
        self._session.query("OPTIMIZE TABLE bench.e FINAL")

    def forget(self) -> None:
        self._session.query("SYSTEM DROP MARK CACHE")
        self._session.query("SYSTEM DROP UNCOMPRESSED CACHE")

    def ask(self, query: str) -> list[list[Any]]:
        text = str(self._session.query(query, "JSONCompact"))
        return [[_plain(cell) for cell in row] for row in json.loads(text)["data"]]


class DuckDB:
    def __init__(self, folder: Path, events: str) -> None:
        self._path = str(folder / "bench.duckdb")
        folder.mkdir()
        self._connection = duckdb.connect(self._path)
        self._connection.execute(
            f"CREATE TABLE e0 AS SELECT * FROM read_parquet('{events}') ORDER BY name, person, ts"
        )

    def forget(self) -> None:
        self._connection.close()
        self._connection = duckdb.connect(self._path)

    def ask(self, query: str) -> list[list[Any]]:
        return [list(row) for row in self._connection.execute(query).fetchall()]


def _plain(cell: Any) -> Any:
    return int(cell) if isinstance(cell, str) and cell.lstrip("-").isdigit() else cell


def main(name: str, folder: Path) -> dict[str, Any]:
    stored = folder / name
    engine = (Chdb if name == "chdb" else DuckDB)(stored, f"{folder}/*.parquet")

    def forget() -> None:
        engine.forget()
        uncache(stored)

    figures: dict[str, Any] = {"answers": {}}
    with PeakMemory() as memory:
        for report, query in (CHDB if name == "chdb" else DUCKDB).items():
            asked = query.replace("{zero}", str(ZERO_MS))
            cold = timed(lambda asked=asked: engine.ask(asked), COLD_RUNS, forget)
            warm = timed(lambda asked=asked: engine.ask(asked), RUNS)
            figures |= {
                f"{report}_cold_ms": cold.ms,
                f"{report}_ms": warm.ms,
                f"{report}_cpu_ms": warm.cpu_ms,
            }
            figures["answers"][report] = warm.answer
    figures["rss_mb"] = peak_rss_mb()
    figures["own_peak_mb"] = memory.mb
    files = [path for path in stored.rglob("*") if path.is_file()]
    figures["disk_mb"] = sum(path.stat().st_size for path in files) / 1e6
    return figures


if __name__ == "__main__":
    told = json.dumps(main(sys.argv[1], Path(sys.argv[2])))
    print(told, flush=True)
    os._exit(0)
