"""The counts of rate limits, in the database: a limit holds across processes and machines, and over a restart."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import structlog
from flask import current_app, g
from limits.storage import MemoryStorage, Storage
from sqlalchemy import case, delete, func, or_, select, update
from sqlalchemy.exc import SQLAlchemyError

from plg.kit.clock import now
from plg.kit.db import db, insert, reading, writing
from plg.kit.models import RateCount

log = structlog.get_logger()

BATCH = 1000
Count = tuple[int, dt.datetime]


class DatabaseCounts(Storage):
    """Flask-Limiter's storage, for fixed windows: each use is one upsert in a transaction of its own, so that a
    refused request counts, too.

    Limits are counted before the view begins or after its work was committed. What the front door has written
    until then (somebody who was seen for the first time) is committed here, because SQLite has one writer and
    the request must not wait for itself. Limits by the second stay in the process: the doors for events have
    them, and such a window is over before a row would be worth its while. Where the database cannot count,
    nobody is refused."""

    STORAGE_SCHEME = ["plg-database"]

    def __init__(self, uri: str | None = None, **options: Any) -> None:
        super().__init__(uri, **options)
        self._seconds = MemoryStorage()

    @property
    def base_exceptions(self) -> type[Exception]:
        return SQLAlchemyError

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count a use; returns how many there were in the window, which begins with its first."""
        if _is_by_the_second(key):
            return self._seconds.incr(key, expiry, amount)
        return _kept(key, _run(writing, _counted(key, expiry, amount)))[0]

    def reserve(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Count a use if there is room for it, in one statement; returns whether there was."""
        if _is_by_the_second(key):
            return self._seconds.incr(key, expiry, amount) <= limit
        uses = _kept(key, _run(writing, _counted(key, expiry, amount, limit)))[0]
        if uses == 0:  # refused, or the database cannot count: look
            _counts().pop(key)
            return _seen(key)[0] + amount <= limit
        return True

    def give_back(self, key: str, amount: int = 1) -> None:
        """Take back a use that was reserved."""
        if _is_by_the_second(key):
            self._seconds.decr(key, amount)
            return
        mine = (RateCount.key == _hashed(key), RateCount.ends_at > now(), RateCount.hits >= amount)
        less = update(RateCount).where(*mine).values(hits=RateCount.hits - amount)
        _run(writing, less.returning(RateCount.hits, RateCount.ends_at))

    def get(self, key: str) -> int:
        """How many uses there were in the window that runs."""
        return self._seconds.get(key) if _is_by_the_second(key) else _seen(key)[0]

    def get_expiry(self, key: str) -> float:
        """When the window that runs ends (seconds since 1970); now, where none does."""
        return self._seconds.get_expiry(key) if _is_by_the_second(key) else _seen(key)[1].timestamp()

    def check(self) -> bool:
        with reading(), db.engine.begin() as connection:
            return connection.scalar(select(func.count()).select_from(RateCount)) is not None

    def reset(self) -> int | None:
        self._seconds.reset()
        with writing(), db.engine.begin() as connection:
            return connection.execute(delete(RateCount)).rowcount

    def clear(self, key: str) -> None:
        self._seconds.clear(key)
        with writing(), db.engine.begin() as connection:
            connection.execute(delete(RateCount).where(RateCount.key == _hashed(key)))


def forget_ended(moment: dt.datetime) -> int:
    """Delete a batch of the counts whose window is over. Does not commit; returns how many."""
    is_over = RateCount.ends_at <= moment
    batch = select(RateCount.key).where(is_over).limit(BATCH).with_for_update(skip_locked=True)
    once = batch.cte("batch").prefix_with("MATERIALIZED")  # PostgreSQL may run a subquery once for each row
    gone = delete(RateCount).where(RateCount.key.in_(select(once.c.key)), is_over)
    return len(db.session.connection().execute(gone.returning(RateCount.key)).all())


def _counted(key: str, expiry: int, amount: int, limit: int | None = None) -> Any:
    """The upsert that counts a use; with a limit, it does nothing where that would be passed."""
    moment = now()
    ends_at = moment + dt.timedelta(seconds=expiry)
    new = insert(RateCount).values(key=_hashed(key), hits=amount, ends_at=ends_at)
    is_over = RateCount.ends_at <= moment
    changed = {
        "hits": case((is_over, new.excluded.hits), else_=RateCount.hits + new.excluded.hits),
        "ends_at": case((is_over, new.excluded.ends_at), else_=RateCount.ends_at),
    }
    room = None if limit is None else or_(is_over, RateCount.hits + amount <= limit)
    row = new.on_conflict_do_update(index_elements=["key"], set_=changed, where=room)
    return row.returning(RateCount.hits, RateCount.ends_at)


def _is_by_the_second(key: str) -> bool:
    return key.endswith("/second")


def _hashed(key: str) -> str:
    return hmac.new(current_app.config["SECRET_KEY"].encode(), key.encode(), hashlib.sha256).hexdigest()


def _seen(key: str) -> Count:
    """A count as this request has read it last: Flask-Limiter asks several times for the headers."""
    if key in _counts():
        return _counts()[key]
    mine = (RateCount.key == _hashed(key), RateCount.ends_at > now())
    return _kept(key, _run(reading, select(RateCount.hits, RateCount.ends_at).where(*mine)))


def _kept(key: str, count: Count) -> Count:
    _counts()[key] = count
    return count


def _counts() -> dict[str, Count]:
    return g.setdefault("rate_counts", {})


def _run(access: Callable[[], AbstractContextManager[None]], statement: Any) -> Count:
    """(uses, end of the window) that a statement answers; no uses where the database cannot."""
    db.session.commit()
    try:
        with access(), db.engine.begin() as connection:
            row = connection.execute(statement).first()
    except SQLAlchemyError as error:
        log.error("a rate limit was not counted", error=str(error))
        row = None
    return (row[0], row[1]) if row else (0, now())
