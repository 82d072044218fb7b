"""Workers: jobs that fall due while several look, and the log that one of them reads."""

import datetime as dt
import threading
import time

import pytest

from plg.events.runner import Runner
from plg.events.subscribers import Subscription
from plg.kit.clock import now
from plg.kit.wing import Job
from plg.worker import BATCHES_A_TURN, SECONDS_A_TURN, Worker
from tests.support.story import happened, in_parallel

EVERY = dt.timedelta(minutes=1)


def test_of_many_workers_one_runs_a_job_that_is_due(app):
    ran: list[dt.datetime] = []
    workers = [Worker(app) for _ in range(4)]
    for worker in workers:
        worker.jobs = [Job("tests.once", lambda moment: ran.append(moment) or 0, every=EVERY)]
    workers[0].prepare()
    first = now() + EVERY

    for moment in (first, first + EVERY):
        in_parallel(app, len(workers), lambda i, moment=moment: workers[i].run_jobs(moment))

    assert ran == [first, first + EVERY]


def test_workers_that_start_at_once_prepare_once(app):
    workers = [Worker(app) for _ in range(4)]

    results = in_parallel(app, len(workers), lambda i: workers[i].prepare())

    assert results == [None] * len(workers)


def test_a_long_job_does_not_keep_the_worker_from_reading_the_log(app):
    heard, batches = threading.Event(), []
    worker = Worker(app)
    worker.runner = Runner([Subscription("tests.heard", lambda batch: heard.set())], worker.runner.canonical)

    def work(moment: dt.datetime) -> int:
        batches.append(moment)
        if len(batches) == 1:
            happened(app, "Hello")
        time.sleep(SECONDS_A_TURN / 6)
        return 0 if heard.is_set() else 1

    worker.jobs = [Job("tests.long", work, every=EVERY)]
    thread = threading.Thread(target=worker.run, daemon=True)
    thread.start()
    assert heard.wait(60)
    worker.stop()
    thread.join(timeout=10)

    assert len(batches) < BATCHES_A_TURN


@pytest.mark.parametrize("outside", [False, True])
def test_a_worker_alone_reads_what_happened_once_for_all_subscribers(app, outside):
    worker = Worker(app)
    worker.runner = worker.runner.lane(outside=outside)
    worker.prepare()
    happened(app, "Hello", times=3)

    assert [worker.turn(), worker.turn()] == [3, 0]
