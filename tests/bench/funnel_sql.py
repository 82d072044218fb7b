"""The funnel benchmark's rival: the same reports in SQL, over a narrow table with an index made for them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
from sqlalchemy import create_engine
from sqlalchemy.engine import Connection

from tests.bench.measuring import timed
from tests.support import postgres

if TYPE_CHECKING:
    from tests.bench.funnel import Chunk

RUNS = 3

# The latest start that has reached each step so far, level by level; ties favour the earlier step.
FUNNEL = """
WITH e AS (SELECT person, at, CASE name {cases} END AS step FROM bench WHERE name IN ({names})),
{levels}
SELECT {counts} FROM l{last}
"""
DAILY = "SELECT at / 86400000 AS day, count(DISTINCT person) FROM bench GROUP BY 1 ORDER BY 1"


def measured(database: str, folder: Path, chunks: Iterator[Chunk]) -> dict[str, Any]:
    """Figures of SQL on `sqlite`, `postgres` or the PostgreSQL server of a URL."""
    from tests.bench.funnel import STEPS, WINDOW_MS

    with _connection(database, folder) as connection:
        connection.exec_driver_sql("CREATE TABLE bench (name text, person bigint, at bigint)")
        for chunk in chunks:
            _store(connection, chunk)
        connection.exec_driver_sql("CREATE INDEX bench_name ON bench (name, person, at)")
        connection.commit()
        connection.exec_driver_sql("ANALYZE bench")
        query = funnel_query(STEPS, WINDOW_MS)
        entered = timed(lambda: connection.exec_driver_sql(query).one(), RUNS)
        days = timed(lambda: connection.exec_driver_sql(DAILY).all(), RUNS)
        figures = {"funnel_ms": entered.ms, "daily_people_ms": days.ms, "disk_mb": _disk_mb(connection)}
        connection.rollback()
    answers = {
        "funnel": [list(entered.answer)],
        "daily_people": [[day, people] for day, people in days.answer],
    }
    return figures | {"answers": answers}


def funnel_query(steps: tuple[str, ...], window_ms: int) -> str:
    """An ordered funnel where any start counts, by one running maximum a step."""
    over = "OVER (PARTITION BY person ORDER BY at, step ROWS UNBOUNDED PRECEDING)"
    levels = [f"l1 AS (SELECT *, max(CASE WHEN step = 1 THEN at END) {over} AS s1 FROM e)"]
    for k in range(2, len(steps) + 1):
        reached = f"CASE WHEN step = {k} AND at - s{k - 1} <= {window_ms} THEN s{k - 1} END"
        levels.append(f"l{k} AS (SELECT *, max({reached}) {over} AS s{k} FROM l{k - 1})")
    counts = [f"count(DISTINCT CASE WHEN s{k} IS NOT NULL THEN person END)" for k in range(1, len(steps) + 1)]
    return FUNNEL.format(
        cases=" ".join(f"WHEN '{name}' THEN {k}" for k, name in enumerate(steps, 1)),
        names=", ".join(f"'{name}'" for name in steps),
        levels=",\n".join(levels),
        counts=", ".join(counts),
        last=len(steps),
    )


@contextmanager
def _connection(database: str, folder: Path) -> Iterator[Connection]:
    if database == "sqlite":
        engine = create_engine(f"sqlite:///{folder / 'bench.sqlite3'}")
        with engine.connect() as connection:
            yield connection
        return
    with postgres.temporary_database(durable=True) as url:
        engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
        with engine.connect() as connection:
            yield connection
        engine.dispose()


def _store(connection: Connection, chunk: Chunk) -> None:
    rows = zip(chunk.names, chunk.persons.tolist(), chunk.times.tolist(), strict=True)
    raw = connection.connection.dbapi_connection
    if isinstance(raw, psycopg.Connection):
        with raw.cursor() as cursor, cursor.copy("COPY bench (name, person, at) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
    else:
        connection.exec_driver_sql("INSERT INTO bench VALUES (?, ?, ?)", list(rows))


def _disk_mb(connection: Connection) -> float:
    if connection.dialect.name == "postgresql":
        size = "SELECT pg_total_relation_size('bench')"
    else:
        size = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
    return connection.exec_driver_sql(size).scalar_one() / 1e6
