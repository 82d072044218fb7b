"""Jobs that fall due while several workers look."""

import datetime as dt

from plg.kit.clock import now
from plg.kit.wing import Job
from plg.worker import Worker
from tests.support.story import in_parallel

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
