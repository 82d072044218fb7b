"""How fast all subscribers together follow the log, and how soon a step that was done shows as done."""

import json
import time
from typing import Any

from sqlalchemy import select, text

from plg.events import stream
from plg.events.models import Cursor, ParkedEvent
from plg.kit.db import db, reading
from plg.worker import Worker
from tests.bench import load, measuring
from tests.bench.people import User, customers
from tests.bench.serving import Plg, new_plg

BATCH = 500
CLIENTS = 8
MIX = ("Page Viewed",) * 12 + ("Customer Created",) * 3 + ("Invoice Created",) * 3 + ("Invoice Sent",) * 2


def main(argv: list[str]) -> None:
    parser = measuring.arguments(argv, __doc__)
    parser.add_argument("--events", type=int, default=200_000, help="size of the burst")
    parser.add_argument("--ticks", type=int, default=100)
    options = parser.parse_args(argv)
    with new_plg(options.database) as plg, plg.serving():
        users = customers(plg, 1000 + options.ticks)
        _know_sizes(plg)
        with plg.working():
            ticks = _ticks(plg, users[: options.ticks])
        figures = _burst(plg, users[options.ticks :], options.events)
    figures |= {
        "tick_p50_ms": measuring.percentile(ticks, 50),
        "tick_p95_ms": measuring.percentile(ticks, 95),
    }
    measuring.report(figures, database=options.database, concurrency=CLIENTS, as_json=options.json)


def _know_sizes(plg: Plg) -> None:
    """As PostgreSQL does by itself within a minute: it takes tables that it has not looked at for empty ones."""
    if plg.database != "sqlite":
        with plg.app.app_context():
            db.session.execute(text("ANALYZE"))
            db.session.commit()


def _burst(plg: Plg, users: list[User], events: int) -> dict[str, Any]:
    """Take in all events while nobody reads the log; then let one worker read it to its end."""
    Worker(plg.app).prepare()
    load.run(plg.url, lambda number: _visitors(plg, users[number::CLIENTS])).must_be(200)
    sent = load.run(plg.url, lambda number: _senders(plg, users, events, number)).must_be(200)
    with plg.working():
        _wait(plg, lambda places, head: max(places) != min(places) or min(places) == head, pause=0.01)
        started, cpu = time.perf_counter(), plg.cpu_ms()
        wait_until_read(plg)
        seconds, cpu = time.perf_counter() - started, plg.cpu_ms() - cpu
    return {
        "events_per_s_all_subscribers": events / seconds,
        "burst_200k_drain_s": seconds,
        "cpu_ms_per_1000_events": cpu * 1000 / events,
        "burst_events": events,
        "burst_taken_in_s": sent.seconds,
        "subscribers": _count(plg, Cursor),
        "parked": _count(plg, ParkedEvent),
    }


def _visitors(plg: Plg, users: list[User]) -> load.Script:
    """Everybody has seen their checklist once, so that the burst ticks it."""
    for user in users:
        yield load.http("GET", "/v1/widget/state", headers=user.headers(plg))


def _senders(plg: Plg, users: list[User], events: int, number: int) -> load.Script:
    for first in range(number * BATCH, events, CLIENTS * BATCH):
        batch = [_event(users, each) for each in range(first, min(first + BATCH, events))]
        body = json.dumps({"batch": batch}).encode()
        yield load.http("POST", "/v1/batch", body=body, headers=plg.secret_headers())


def _event(users: list[User], number: int) -> dict[str, object]:
    return users[number % len(users)].event(MIX[number % len(MIX)], number=number, path=f"/invoices/{number}")


def _ticks(plg: Plg, users: list[User]) -> list[float]:
    """ms from sending a step's event until the widget's state shows the step as done, one user at a time."""

    def client(_number: int) -> load.Script:
        for user in users:
            yield load.http("GET", "/v1/widget/state", headers=user.headers(plg), label="enrol")
            yield from _tick(plg, user, found)

    found: list[float] = []
    load.run(plg.url, client, clients=1).must_be(200)
    return found


def _tick(plg: Plg, user: User, found: list[float]) -> load.Script:
    event = user.event("Customer Created")
    started = time.perf_counter()
    yield load.http("POST", "/v1/track", body=event, headers=plg.secret_headers(), label="track")
    while time.perf_counter() - started < 30:
        state = yield load.http("GET", "/v1/widget/state", headers=user.headers(plg), label="state")
        if is_done(state.json(), "customer"):
            found.append((time.perf_counter() - started) * 1000)
            return
        time.sleep(0.01)
    raise RuntimeError(f"the step of {user.id} never showed as done: {state.json()}")


def is_done(state: dict[str, Any], step: str) -> bool:
    """Whether the widget's state shows the step as done."""
    steps = [each for flow in state.get("checklists", []) for each in flow["steps"]]
    return any(each["key"] == step and each["done"] for each in steps)


def wait_until_read(plg: Plg) -> None:
    """Until every subscriber has come to the end of the log."""
    _wait(plg, lambda places, head: bool(places) and min(places) == head, pause=0.2)


def _wait(plg: Plg, reached: Any, *, pause: float, seconds: float = 900) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with plg.app.app_context(), reading():
            places = [tuple(place) for place in db.session.execute(select(Cursor.tx, Cursor.position))]
            if reached(places, stream.head()):
                return
        time.sleep(pause)
    raise RuntimeError("the subscribers did not reach the end of the log")


def _count(plg: Plg, model: Any) -> int:
    with plg.app.app_context(), reading():
        return db.session.query(model).count()
