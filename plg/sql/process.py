"""One query in a process of its own, which can read the copy and nothing else.

Run by its path, isolated, in the copy's folder: a JSON object on stdin ({sql, rows, bytes, seconds, memory}), one on
stdout: {columns, rows, truncated}, or {code, message}. It imports nothing of plg: so it knows no secret, and starts
quickly. What holds it: files can be read below this folder only (DuckDB's `enable_external_access`, locked), none can
be written (RLIMIT_FSIZE), one SELECT is all that is run, memory and processor time have an end."""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path
from typing import Any

import duckdb

VIEWS = {
    "people": "SELECT * FROM read_parquet('people.parquet')",
    "accounts": "SELECT * FROM read_parquet('accounts.parquet')",
    "events": "SELECT e.id, e.name, coalesce(p.merged_into, e.person_id) AS person_id, e.account_id, e.occurred_at, "
    "e.received_at, e.properties, e.context, e.source FROM read_parquet({events}, hive_partitioning = false) e "
    "LEFT JOIN (SELECT id, merged_into FROM people WHERE merged_into IS NOT NULL) p ON p.id = e.person_id",
    "sessions": "WITH gaps AS (SELECT person_id, account_id, occurred_at, occurred_at - lag(occurred_at) OVER "
    "(PARTITION BY person_id ORDER BY occurred_at) AS gap FROM events WHERE person_id IS NOT NULL), "
    "numbered AS (SELECT *, count(*) FILTER (WHERE gap IS NULL OR gap > INTERVAL 30 MINUTE) OVER "
    "(PARTITION BY person_id ORDER BY occurred_at ROWS UNBOUNDED PRECEDING) AS session FROM gaps) "
    "SELECT person_id, session, max(account_id) AS account_id, min(occurred_at) AS started_at, "
    "max(occurred_at) AS ended_at, count(*) AS events FROM numbered GROUP BY person_id, session",
}
TEXTS = ("id", "name", "person_id", "account_id", "source")
COLUMNS = {
    **dict.fromkeys(TEXTS, "VARCHAR"),
    **dict.fromkeys(("occurred_at", "received_at"), "TIMESTAMPTZ"),
    **dict.fromkeys(("properties", "context"), "JSON"),
}
NO_EVENTS = f"SELECT {', '.join(f'NULL::{kind} AS {name}' for name, kind in COLUMNS.items())} WHERE false"


ADDRESSES = 2 * 1024**3
"""Bytes of memory of the whole process: what DuckDB may use, and the answer on its way."""


def main() -> None:
    asked = json.load(sys.stdin)
    _limit(asked["seconds"])
    try:
        answer = _answer(asked)
    except (duckdb.OutOfMemoryException, MemoryError):
        answer = {"code": "query_too_large", "message": "The query needs more memory than a query may have."}
    except (duckdb.Error, UnicodeError) as error:
        answer = {"code": "sql_faulty", "message": str(error)[:2000]}
    json.dump(answer, sys.stdout)


def _limit(seconds: int) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESSES, ADDRESSES))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds + 1, seconds + 2))


def _answer(asked: dict[str, Any]) -> dict[str, Any]:
    connection = _connect(asked["memory"])
    statements = connection.extract_statements(asked["sql"])
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        return {"code": "only_select", "message": "One SELECT, and nothing else, can be asked."}
    found = connection.execute(statements[0])
    columns = [{"name": str(each[0]), "type": str(each[1])} for each in found.description]
    rows: list[list[Any]] = []
    size, truncated = 0, False
    while batch := found.fetchmany(500):
        for row in batch:
            told = [_plain(value) for value in row]
            size += len(json.dumps(told))
            if len(rows) >= asked["rows"] or size > asked["bytes"]:
                truncated = True
                break
            rows.append(told)
        if truncated:
            break
    return {"columns": columns, "rows": rows, "truncated": truncated}


def _connect(memory: str) -> duckdb.DuckDBPyConnection:
    extensions = ("autoinstall_known_extensions", "autoload_known_extensions", "allow_community_extensions")
    closed: dict[str, Any] = dict.fromkeys(extensions, "false")
    connection = duckdb.connect(":memory:", config={**closed, "threads": "2", "memory_limit": memory})
    connection.execute("SET TimeZone = 'UTC'; SET temp_directory = ''")
    files = sorted(str(path) for path in Path("events").glob("*.parquet"))
    for name, query in VIEWS.items():
        told = query.replace("{events}", str(files)) if files or name != "events" else NO_EVENTS
        connection.execute(f"CREATE VIEW {name} AS {told}")  # noqa: S608 - our own text
    folders = ["events/", "people.parquet", "accounts.parquet"]
    connection.execute(f"SET allowed_directories = {folders[:1]}; SET allowed_paths = {folders[1:]}")
    connection.execute("SET enable_external_access = false; SET lock_configuration = true")
    return connection


def _plain(value: Any) -> Any:
    """As JSON has it: what it has no form for becomes text; a float that is no number, null."""
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else None
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


if __name__ == "__main__":
    main()
