"""How fast one process counts meters, against how fast the capture doors take events in: with one meter, and with
five on each event (count, sum, max, unique, last).

In turn, some events are sent and then counted as a worker does that lags so far behind, several times; the ratio is
the median of these pairs. The other ratio is of processor time, the database's included: another program that runs
meanwhile disturbs it less."""

from __future__ import annotations

import json
import statistics
import time
from argparse import Namespace
from typing import Any, NamedTuple

from plg import wiring
from plg.events.runner import Runner
from plg.events.subscribers import start_cursors
from plg.kit import memory
from plg.kit.db import db
from plg.plans import catalogue, folder
from plg.plans.catalogue import CATALOGUE
from tests.bench import load, measuring
from tests.bench.people import User, customers
from tests.bench.serving import Plg, new_plg

BATCH, CLIENTS, ROUNDS = 100, 8, 5
NAME = "Invoice Sent"


def main(argv: list[str]) -> None:
    parser = measuring.arguments(argv, __doc__)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--accounts", type=int, default=1000)
    options = parser.parse_args(argv)
    figures: dict[str, Any] = {"events": options.events, "accounts": options.accounts}
    for meters in (1, 5):
        figures |= {f"{name}_{meters}": value for name, value in _figures(options, meters).items()}
    measuring.report(figures, database=options.database, concurrency=CLIENTS, as_json=options.json)


def _figures(options: Namespace, meters: int) -> dict[str, float]:
    with new_plg(options.database) as plg, plg.serving():
        _publish(plg, meters)
        users = customers(plg, options.accounts, on_trial=False)
        runner = _counting(plg)
        memory.settle()  # as a worker does
        share = options.events // ROUNDS
        _taken_in(plg, users, 0, share // 2)
        _counted(plg, runner)
        rounds = [
            (_taken_in(plg, users, number * share, share), _counted(plg, runner))
            for number in range(1, ROUNDS + 1)
        ]
    taken, counted = (Spent(*map(sum, zip(*each, strict=True))) for each in zip(*rounds, strict=True))
    events = share * ROUNDS
    return {
        "captured_per_s": events / taken.seconds,
        "counted_per_s": events / counted.seconds,
        "ratio": statistics.median(sent.seconds / read.seconds for sent, read in rounds),
        "captured_cpu_us": (taken.own + taken.others) * 1e6 / events,
        "counted_cpu_us": (counted.own + counted.others) * 1e6 / events,
        "counting_process_cpu_us": counted.own * 1e6 / events,
        "cpu_ratio": (taken.own + taken.others) / (counted.own + counted.others),
    }


class Spent(NamedTuple):
    """Seconds: on the clock, of the processor by this process, and by the servers of plg and of its database."""

    seconds: float
    own: float
    others: float


def _publish(plg: Plg, meters: int) -> None:
    ways: list[dict[str, Any]] = [
        {"aggregation": "count"},
        {"aggregation": "sum", "property": "total"},
        {"aggregation": "max", "property": "total"},
        {"aggregation": "unique", "property": "customer"},
        {"aggregation": "last", "property": "total"},
    ]
    with plg.app.app_context():
        told = dict(folder.live()[CATALOGUE])
        told["features"] = dict(told["features"])
        for number, way in enumerate(ways[:meters]):
            name = {"es": f"Medidor {number}", "en": f"Meter {number}"}
            key = f"meter_{number}" if number else "invoices"
            told["features"][key] = {"type": "metered", "name": name, "event": NAME, "per": "month", **way}
        folder.publish(CATALOGUE, told, "bench")
        db.session.commit()
        assert len(_meters()) == meters


def _meters() -> list[str]:
    return [key for key, f in catalogue.published().catalogue.features.items() if f.event is not None]


def _taken_in(plg: Plg, users: list[User], first: int, count: int) -> Spent:
    """What it took the doors; sending is not their work."""
    bodies = [_body(users, each) for each in range(first, first + count, BATCH)]
    waiting = iter([load.http("POST", "/v1/batch", body=b, headers=plg.secret_headers()) for b in bodies])
    before = plg.cpu_ms()
    sent = load.run(plg.url, lambda _: (each for each in waiting), clients=CLIENTS).must_be(200)
    return Spent(sent.seconds, 0.0, (plg.cpu_ms() - before) / 1000)


def _body(users: list[User], first: int) -> bytes:
    return json.dumps({"batch": [_event(users, each) for each in range(first, first + BATCH)]}).encode()


def _event(users: list[User], number: int) -> dict[str, object]:
    return users[number % len(users)].event(NAME, total=number % 997, customer=f"c{number % 313}")


def _counting(plg: Plg) -> Runner:
    """A worker's runner that has nothing else to do."""
    with plg.app.app_context():
        runner = wiring.runner_of(plg.app)
        runner.subscriptions = {"usage": runner.subscriptions["usage"]}
        start_cursors(runner.subscriptions.values())
        db.session.commit()
        return runner


def _counted(plg: Plg, runner: Runner) -> Spent:
    """What it took until all was counted."""
    others, own, began = plg.cpu_ms(), time.process_time(), time.perf_counter()
    with plg.app.app_context():
        runner.run_until_done()
    spent = time.perf_counter() - began, time.process_time() - own
    return Spent(*spent, (plg.cpu_ms() - others) / 1000)
