"""What a report takes while events pour in, against quiet; and how soon an event is in it.

A funnel of four steps is asked over HTTP again and again, first while nothing happens, then while other clients send
batches of 500 events, about 5,000 a second, and a worker reads the log. From an event to the report: sent alone, then
in the middle of the batches."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from plg.worker import Worker
from tests.bench import load, measuring
from tests.bench.people import User, customers
from tests.bench.serving import Plg, new_plg
from tests.bench.stream import wait_until_read

BATCH = 500
MIX = ("Signed Up", "Customer Created", "Invoice Created", "Invoice Sent", *("Page Viewed",) * 6)
FUNNEL: dict[str, object] = {
    "steps": [{"events": [name]} for name in MIX[:4]],
    "from": "2026-01-01T00:00:00Z",
    "to": "2036-01-01T00:00:00Z",
}
MARKS: dict[str, object] = {
    "series": [{"events": ["Marked"]}],
    "interval": "month",
    "from": "2026-01-01T00:00:00Z",
    "to": "2030-01-01T00:00:00Z",
}


def main(argv: list[str]) -> None:
    parser = measuring.arguments(argv, __doc__)
    parser.add_argument("--events", type=int, default=50_000, help="there before it begins")
    parser.add_argument("--seconds", type=float, default=10)
    options = parser.parse_args(argv)
    quiet: list[float] = []
    busy: list[float] = []
    fresh: list[float] = []
    late: list[float] = []
    with new_plg(options.database) as plg, plg.serving():
        users = customers(plg, 500)
        Worker(plg.app).prepare()
        with plg.working():
            load.run(plg.url, lambda number: _send(plg, users, options.events, number), clients=4).must_be(
                200
            )
            wait_until_read(plg)
            until = _deadline(options.seconds)
            load.run(plg.url, lambda _: _ask(plg, quiet, until), clients=1).must_be(200)
            load.run(plg.url, lambda _: _mark(plg, users[0], fresh, 10), clients=1).must_be(200)
            with _pouring(plg, users):
                until = _deadline(options.seconds)
                load.run(plg.url, lambda _: _ask(plg, busy, until), clients=1).must_be(200)
            wait_until_read(plg)
            with _pouring(plg, users):
                load.run(plg.url, lambda _: _mark(plg, users[0], late, 5), clients=1).must_be(200)
    p50 = {"quiet": measuring.percentile(quiet, 50), "burst": measuring.percentile(busy, 50)}
    figures = {f"report_{name}_p50_ms": value for name, value in p50.items()}
    figures |= {"report_burst_p95_ms": measuring.percentile(busy, 95), "ratio": p50["burst"] / p50["quiet"]}
    figures |= {"fresh_quiet_max_ms": max(fresh), "fresh_burst_max_ms": max(late)}
    measuring.report(figures, database=options.database, concurrency=3, as_json=options.json)


def _deadline(seconds: float) -> Callable[[], bool]:
    end = time.monotonic() + seconds
    return lambda: time.monotonic() < end


@contextmanager
def _pouring(plg: Plg, users: list[User]) -> Iterator[None]:
    """Meanwhile two clients, each in a thread of its own, send batches."""
    over = threading.Event()

    def pour() -> None:
        load.run(plg.url, lambda _: _pour(plg, users, over), clients=1).must_be(200)

    with ThreadPoolExecutor(2) as threads:
        try:
            poured = [threads.submit(pour) for _ in range(2)]
            yield
        finally:
            over.set()
    for each in poured:
        each.result()


def _send(plg: Plg, users: list[User], events: int, number: int) -> load.Script:
    for first in range(number * BATCH, events, 4 * BATCH):
        yield load.http("POST", "/v1/batch", body=_batch(users, first), headers=plg.secret_headers())


def _pour(plg: Plg, users: list[User], over: threading.Event) -> load.Script:
    first = 0
    while not over.wait(0.2):
        yield load.http("POST", "/v1/batch", body=_batch(users, first), headers=plg.secret_headers())
        first += BATCH


def _batch(users: list[User], first: int) -> bytes:
    events = [users[n % len(users)].event(MIX[n % len(MIX)], number=n) for n in range(first, first + BATCH)]
    return json.dumps({"batch": events}).encode()


def _ask(plg: Plg, taken: list[float], until: Callable[[], bool]) -> load.Script:
    while until():
        begun = time.perf_counter()
        yield load.http("POST", "/v1/reports/funnel", body=FUNNEL, headers=plg.secret_headers())
        taken.append((time.perf_counter() - begun) * 1000)


def _mark(plg: Plg, user: User, taken: list[float], times: int) -> load.Script:
    """ms from sending an event until the report counts it."""
    answer = yield load.http("POST", "/v1/reports/trend", body=MARKS, headers=plg.secret_headers())
    seen = _counted(answer.json())
    for _ in range(times):
        begun = time.perf_counter()
        yield load.http("POST", "/v1/track", body=user.event("Marked"), headers=plg.secret_headers())
        seen += 1
        while time.perf_counter() - begun < 60:
            answer = yield load.http("POST", "/v1/reports/trend", body=MARKS, headers=plg.secret_headers())
            if _counted(answer.json()) == seen:
                break
            time.sleep(0.02)
        taken.append((time.perf_counter() - begun) * 1000)


def _counted(told: dict[str, list[dict[str, int]]]) -> int:
    return sum(row["events"] for row in told["periods"])
