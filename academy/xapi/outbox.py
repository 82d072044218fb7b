"""The outbox: statements are put in, taken to be sent, and leave it when the store has them."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, delete, func, select, update

from academy.xapi.models import XapiStatement
from plg.kit.clock import now
from plg.kit.db import db
from plg.kit.db_bulk import insert_new

BATCH: Final = 100
LEASE: Final = dt.timedelta(minutes=5)
SECONDS_BEFORE_RETRY: Final = (5, 30, 120, 600, 1800, 3600)
"""After that once an hour, for as long as the store cannot be reached: nothing is given up for that."""
LONGEST_PAUSE: Final = dt.timedelta(days=1)
JITTER: Final = 0.2


def put(statements: Iterable[tuple[int, dict[str, Any]]]) -> None:
    """Each with the person whom it is about. One that waits already is left as it is."""
    moment = now()
    rows = [
        {
            "id": told["id"],
            "person_id": person,
            "statement": told,
            "made_at": moment,
            "due_at": moment,
            "attempts": 0,
        }
        for person, told in statements
    ]
    if rows:
        insert_new(XapiStatement.__table__, rows)


def claim(moment: dt.datetime) -> Sequence[XapiStatement]:
    """Take those that have been due for longest, for LEASE. Commits. Should this process die, they fall due again."""
    due = select(XapiStatement).where(XapiStatement.due_at <= moment).order_by(XapiStatement.due_at)
    rows = db.session.scalars(due.limit(BATCH).with_for_update(skip_locked=True)).all()
    for row in rows:
        row.due_at = moment + LEASE
    db.session.commit()
    return rows


def delivered(rows: Sequence[XapiStatement]) -> None:
    """The store has them."""
    db.session.execute(delete(XapiStatement).where(_these(rows)))


def postpone(
    rows: Sequence[XapiStatement], moment: dt.datetime, reason: str, asked: dt.timedelta | None
) -> None:
    """The store cannot be reached, or asks to be left alone for so long."""
    for row in rows:
        seconds = SECONDS_BEFORE_RETRY[min(row.attempts, len(SECONDS_BEFORE_RETRY) - 1)]
        pause = dt.timedelta(seconds=seconds * (1 + random.uniform(0, JITTER)))
        due_at = moment + max(pause, min(asked or pause, LONGEST_PAUSE))
        _change(row, due_at, reason)


def refused(row: XapiStatement, reason: str) -> None:
    """The store does not take it as it is; it stays to be looked at."""
    _change(row, None, reason)


def _change(row: XapiStatement, due_at: dt.datetime | None, reason: str) -> None:
    values = {"due_at": due_at, "attempts": row.attempts + 1, "error": reason[:500]}
    db.session.execute(update(XapiStatement).where(XapiStatement.id == row.id).values(values))


def standing() -> tuple[int, int]:
    """How many wait, and how many were refused."""
    waiting, all_ = db.session.execute(
        select(func.count(XapiStatement.due_at), func.count(XapiStatement.id))
    ).one()
    return waiting, all_ - waiting


def try_refused_again() -> int:
    """All that were refused fall due; returns how many."""
    again = update(XapiStatement).where(XapiStatement.due_at.is_(None)).values(due_at=now())
    return len(db.session.scalars(again.returning(XapiStatement.id)).all())


def _these(rows: Sequence[XapiStatement]) -> ColumnElement[bool]:
    return XapiStatement.id.in_([row.id for row in rows])
