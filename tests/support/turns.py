"""Lets a test run the worker by hand, and hear about everything that went wrong in it."""

import datetime as dt
import time
from functools import cache

from flask import Flask
from sqlalchemy import CompoundSelect, select, union_all, update

from plg.events import stream
from plg.events.models import Cursor, JobRun, ParkedEvent
from plg.events.runner import MANY
from plg.kit.db import db, is_postgres, reading
from plg.kit.wing import Job
from plg.worker import Worker

PATIENCE = 5.0


class OnlyWorker(Worker):
    """No other takes its jobs, so it claims none: that cost more than most of them do."""

    def _claim(self, job: Job, moment: dt.datetime) -> bool:
        return True


class Turns:
    """`worker()` runs all subscribers until nothing is left; `worker(now=moment)` then also every job.

    Fails where an event was parked, a subscriber waits after an error, or a job failed, because a worker
    swallows all three: a test that expects them says `worker(may_fail=True)`.
    """

    def __init__(self, app: Flask) -> None:
        self.app = app
        self._worker = OnlyWorker(app)
        self._worker.runner.cursors = MANY
        self._prepared = False

    def __call__(self, now: dt.datetime | None = None, *, may_fail: bool = False) -> int:
        """Returns how many events were read and rows handled by jobs."""
        self._prepare()
        handled = self._read_log()
        if now is not None:
            handled += self._run_jobs(now)
            handled += self._read_log()
        if not may_fail:
            self._complain()
        return handled

    def _prepare(self) -> None:
        if not self._prepared:
            self._worker.prepare()
            self._prepared = True

    def _read_log(self) -> int:
        """Read to the end of the log; on a shared server, wait a little for transactions of others."""
        handled, deadline = 0, time.monotonic() + PATIENCE
        with self.app.app_context():
            while True:
                handled += self._worker.runner.run_until_done()
                if not _is_held_up() or time.monotonic() > deadline:
                    return handled
                time.sleep(0.02)

    def _run_jobs(self, now: dt.datetime) -> int:
        with self.app.app_context():
            db.session.execute(update(JobRun).values(due_at=now, last_run_at=now, last_error=None))
            db.session.commit()
        return self._worker.run_jobs(now)

    def _complain(self) -> None:
        with self.app.app_context():
            faults = db.session.execute(_faults()).all()
            db.session.rollback()
        assert not faults, "\n".join(f"{name}: {error}" for name, error in faults)


@cache
def _faults() -> CompoundSelect[str, str | None]:
    """Parked events, subscribers that wait after an error, and jobs that failed."""
    return union_all(
        select(ParkedEvent.subscriber, ParkedEvent.error).where(ParkedEvent.resolved_at.is_(None)),
        select(Cursor.subscriber, Cursor.last_error).where(Cursor.last_error.is_not(None)),
        select(JobRun.job, JobRun.last_error).where(JobRun.last_error.is_not(None)),
    )


def _is_held_up() -> bool:
    """Whether a subscriber that could go on has not come to the end of the log: where writers do not take turns, some
    may stand behind one that began earlier."""
    if not is_postgres():
        return False
    with reading():
        head = stream.head()
        ready = select(Cursor.tx, Cursor.position).where(Cursor.retry_at.is_(None))
        behind = any(tuple(place) < head for place in db.session.execute(ready))
        db.session.rollback()
    return behind
