"""A query is asked of the copy, within limits, and written down with who asked."""

from __future__ import annotations

import datetime as dt
import json
import subprocess  # noqa: S404 - the query's own process is the point
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any

from sqlalchemy import select

from plg.kit.clock import now
from plg.kit.db import db, writing
from plg.kit.errors import Refusal, Unprocessable
from plg.sql import copy
from plg.sql.models import SqlQuery

LONGEST = 20_000
ROWS = 10_000
BYTES = 20_000_000
SECONDS = 10
MEMORY = "512MB"
AT_ONCE = BoundedSemaphore(2)
WAIT_SECONDS = 5
PROCESS = Path(__file__).with_name("process.py")


class SqlFaulty(Unprocessable):
    """The database engine does not understand the query, or refuses it; in its words."""


class OnlySelect(Unprocessable):
    """One SELECT, and nothing else, can be asked."""


class QueryTooSlow(Unprocessable):
    """The query took longer than a query may."""


class QueryTooLarge(Unprocessable):
    """The query needed more memory than a query may have."""


class TooManyQueries(Refusal):
    """Others are asking at the same time."""

    status = 429
    title = "Too many queries at once"


@dataclass(frozen=True)
class Answer:
    """rows: as JSON has them; truncated: there are more. as_of: what has happened until then is in it."""

    columns: list[dict[str, str]]
    rows: list[list[Any]]
    truncated: bool
    milliseconds: int
    as_of: dt.datetime


REFUSALS: dict[str, type[Unprocessable]] = {
    "only_select": OnlySelect,
    "query_too_large": QueryTooLarge,
    "sql_faulty": SqlFaulty,
}


def ask(sql: str, *, by: str) -> Answer:
    """Answer a query. Commits the record of it, whatever came of it. Raises `SqlFaulty`, `OnlySelect`,
    `QueryTooSlow`, `QueryTooLarge`, `TooManyQueries` or `CopyNotReady`."""
    begun, outcome, rows = time.monotonic(), "ok", 0
    try:
        as_of = copy.wanted(now())
        told = _in_its_process(sql)
        rows = len(told["rows"])
    except Refusal as refusal:
        outcome = refusal.code
        raise
    finally:
        took = round((time.monotonic() - begun) * 1000)
        _note(sql, by, took, rows, outcome)
    return Answer(told["columns"], told["rows"], told["truncated"], took, as_of)


def recent(limit: int = 20) -> Sequence[SqlQuery]:
    """The newest queries of everybody."""
    return db.session.scalars(select(SqlQuery).order_by(SqlQuery.id.desc()).limit(limit)).all()


def _in_its_process(sql: str) -> dict[str, Any]:
    asked = {"sql": sql, "rows": ROWS, "bytes": BYTES, "seconds": SECONDS, "memory": MEMORY}
    if not AT_ONCE.acquire(timeout=WAIT_SECONDS):
        raise TooManyQueries("Other queries are being answered. Ask again in a moment.")
    try:
        ran = subprocess.run(  # noqa: S603 - our own file, nothing of the query is in the command
            [sys.executable, "-I", str(PROCESS)],
            input=json.dumps(asked).encode(),
            capture_output=True,
            cwd=copy.folder(),
            env={"HOME": "/nonexistent", "LANG": "C.UTF-8"},
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise QueryTooSlow(f"The query took longer than {SECONDS} seconds.") from None
    finally:
        AT_ONCE.release()
    return _told(ran)


def _told(ran: subprocess.CompletedProcess[bytes]) -> dict[str, Any]:
    if ran.returncode:
        # Out of processor time, or killed for its memory: it could not say so any more.
        raise QueryTooLarge("The query needed more time or memory than a query may have.")
    told: dict[str, Any] = json.loads(ran.stdout)
    if "code" in told:
        raise REFUSALS[told["code"]](told["message"])
    return told


def _note(sql: str, by: str, milliseconds: int, rows: int, outcome: str) -> None:
    db.session.rollback()
    with writing():
        row = SqlQuery(actor=by, sql=sql[:LONGEST], asked_at=now(), milliseconds=milliseconds, rows=rows)
        row.outcome = outcome
        db.session.add(row)
        db.session.commit()
