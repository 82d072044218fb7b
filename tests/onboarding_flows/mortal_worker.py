"""A worker that lets people begin a new flow with what they did before, until it is killed.

Reads lines of JSON: {"moment", "falls_at"}. For each, a child does what is due at that moment and reads the log; it
gets SIGKILL at its falls_at-th moment before or after a commit, and one line says whether it did. Run by
`test_replay_under_kills`.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import sys
from itertools import count

from flask import Flask

from onboarding_flows import jobs
from plg.app import create_app
from plg.kit.db import db
from plg.settings import Settings
from plg.worker import Worker

PEOPLE_A_BATCH = 2


def main() -> None:
    app = create_app(Settings())
    jobs.OWNERS_A_BATCH = PEOPLE_A_BATCH
    print("ready", flush=True)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            _work(app, **json.loads(line))
            os._exit(0)
        print(os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL, flush=True)


def _work(app: Flask, moment: str, falls_at: int) -> None:
    worker = Worker(app)
    worker.jobs = [job for job in worker.jobs if job.name == "onboarding_flows.enrol"]
    worker.runner = worker.runner.lane(outside=False)
    _fall_at(falls_at)
    worker.run_jobs(dt.datetime.fromisoformat(moment))
    while worker.turn():
        pass


def _fall_at(falls_at: int) -> None:
    commit, moments = db.session.commit, count(1)

    def moment() -> None:
        if next(moments) == falls_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def watched() -> None:
        moment()
        commit()
        moment()

    db.session.commit = watched  # type: ignore[method-assign]


if __name__ == "__main__":
    main()
