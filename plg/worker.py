"""The worker: wakes subscribers when the log has grown and jobs when they fall due. The truth stays in the
database; any number of workers may run, and one that dies loses nothing."""

from __future__ import annotations

import datetime as dt
import gc
import math
import threading
import time
from collections.abc import Sequence
from typing import NamedTuple

import structlog
from flask import Flask
from sqlalchemy import select, update

from plg import wiring
from plg.events import renumbering
from plg.events.models import JobRun
from plg.events.runner import Runner
from plg.events.subscribers import start_cursors
from plg.kit.clock import now
from plg.kit.db import db, give_way, insert, is_transient, lock, reading
from plg.kit.wing import Job

log = structlog.get_logger()

GATHER_PAUSE = 0.1
"""After a look that came to the end of the log: what happens meanwhile is read together, for much less work."""
ACTIVE_PAUSE = 0.05
IDLE_PAUSE = 0.2
JOBS_EVERY = dt.timedelta(seconds=1)
BATCHES_A_TURN = 50
SECONDS_A_TURN = 0.1
"""How long a job may keep a lane from reading the log; what is left then goes on when it has been read to its end, or
after JOBS_EVERY: a job that records much does not leave what happens meanwhile further and further behind."""
OUTSIDE_GRACE = 5.0
"""Seconds that a stop waits for an answer from outside; what was not answered is sent again."""


class Ran(NamedTuple):
    """How many rows a job handled, and whether it has done all that there was to do."""

    handled: int
    finished: bool = True


class Worker:
    """`run()` until `stop()`. Tests call `turn()` and `run_jobs(now)` by hand."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.runner = wiring.runner_of(app)
        self.jobs: Sequence[Job] = wiring.jobs_of(app)
        self._stopping = threading.Event()

    def stop(self) -> None:
        self._stopping.set()

    def prepare(self) -> None:
        """Cursors of new subscribers, rows of new jobs. Raises `NumbersOfAnotherServer`."""
        with self.app.app_context():
            renumbering.check()
            lock("worker.prepare")
            start_cursors(self.runner.subscriptions.values())
            rows = [{"job": job.name, "due_at": now()} for job in self.jobs]
            db.session.execute(insert(JobRun).on_conflict_do_nothing(), rows)
            db.session.commit()

    def run(self) -> None:
        """What talks to the outside world has a thread of its own: a slow host holds up nothing else."""
        self.prepare()
        gc.freeze()  # What is there now stays: to look through it again and again took a quarter of some jobs' time.
        log.info("worker runs", subscribers=len(self.runner.subscriptions), jobs=len(self.jobs))
        outside = threading.Thread(target=self._run_lane, args=(True,), daemon=True)
        outside.start()
        self._run_lane(False)
        outside.join(timeout=OUTSIDE_GRACE)

    def _run_lane(self, outside: bool) -> None:
        runner = self.runner.lane(outside=outside)
        jobs = [job for job in self.jobs if job.outside == outside]
        quiet, finished, jobs_at = 0, True, now()
        while not self._stopping.is_set():
            handled = self._turn(runner)
            late = now() - jobs_at
            if late >= JOBS_EVERY or (late >= dt.timedelta() and handled < runner.limit):
                finished = all(ran.finished for ran in self._run_all(jobs, now(), SECONDS_A_TURN))
                jobs_at = now() + (JOBS_EVERY if finished else dt.timedelta())
            quiet = 0 if handled else quiet + 1
            if handled < runner.limit and finished:
                self._stopping.wait(_pause(handled, quiet))
            elif handled < runner.limit:  # What happens gathers while the jobs go on.
                with self.app.app_context():
                    give_way(SECONDS_A_TURN * 3)

    def turn(self) -> int:
        """One pass of all subscribers that lag. A transient failure is told and tried again later."""
        return self._turn(self.runner)

    def _turn(self, runner: Runner) -> int:
        with self.app.app_context():
            try:
                return runner.run_once()
            except Exception as error:
                db.session.rollback()
                if not is_transient(error):
                    log.exception("worker turn failed")
                self._stopping.wait(0.1)
                return 0

    def run_jobs(self, moment: dt.datetime) -> int:
        """Every job that is due at `moment`, until its work is done. Returns rows handled."""
        return sum(ran.handled for ran in self._run_all(self.jobs, moment))

    def _run_all(self, jobs: Sequence[Job], moment: dt.datetime, seconds: float = math.inf) -> list[Ran]:
        with self.app.app_context():
            due = _due(moment)
        return [self._run_job(job, moment, seconds) for job in jobs if job.name in due]

    def _run_job(self, job: Job, moment: dt.datetime, seconds: float) -> Ran:
        total, began = 0, time.monotonic()
        with self.app.app_context():
            if not self._claim(job, moment):
                return Ran(0)
            for _ in range(BATCHES_A_TURN):
                try:
                    handled = job.run(moment)
                    db.session.commit()
                except Exception as error:
                    db.session.rollback()
                    log.exception("job failed", job=job.name)
                    _note(job, repr(error))
                    break
                total += handled
                if not handled or self._stopping.is_set():
                    break
                if time.monotonic() - began > seconds:
                    _leave(job, moment)
                    return Ran(total, finished=False)
        return Ran(total)

    def _claim(self, job: Job, moment: dt.datetime) -> bool:
        """Whether this worker runs the job now; its next turn is set at once, so that no other takes it."""
        row = db.session.scalar(
            select(JobRun)
            .where(JobRun.job == job.name, JobRun.due_at <= moment)
            .with_for_update(skip_locked=True)
        )
        if row is not None:
            row.due_at, row.last_run_at, row.last_error = moment + job.every, now(), None
        db.session.commit()
        return row is not None


def _pause(handled: int, quiet: int) -> float:
    """Seconds until the next look at the log."""
    if handled:
        return GATHER_PAUSE
    return ACTIVE_PAUSE if quiet < 20 else IDLE_PAUSE


def _due(moment: dt.datetime) -> set[str]:
    """The names of the jobs whose turn it is."""
    with reading():
        due = set(db.session.scalars(select(JobRun.job).where(JobRun.due_at <= moment)))
        db.session.rollback()
    return due


def _leave(job: Job, moment: dt.datetime) -> None:
    """The job's time is up before its work is done: it is due again at once, here or at another worker."""
    db.session.execute(update(JobRun).where(JobRun.job == job.name).values(due_at=moment))
    db.session.commit()


def _note(job: Job, error: str) -> None:
    row = db.session.get_one(JobRun, job.name)
    row.last_error = error
    db.session.commit()
