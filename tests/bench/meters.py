"""How fast meters count the log, against how fast the capture doors take it in: with one meter, and with five on each
event (count, sum, max, unique, last)."""

from __future__ import annotations

import json
import time
from argparse import Namespace
from typing import Any

from plg.events import stream
from plg.kit import memory
from plg.kit.db import db
from plg.plans import catalogue, folder
from plg.plans.catalogue import CATALOGUE
from plg.usage import counting
from tests.bench import load, measuring
from tests.bench.people import User, customers
from tests.bench.serving import Plg, new_plg

BATCH, WINDOW, CLIENTS = 100, 1000, 8
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
        sent = load.run(plg.url, lambda number: _senders(plg, users, options.events, number)).must_be(200)
        seconds, cpu = _count(plg)
    return {
        "captured_per_s": options.events / sent.seconds,
        "counted_per_s": options.events / seconds,
        "ratio": sent.seconds / seconds,
        "cpu_us_per_event": cpu * 1e6 / options.events,
    }


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


def _senders(plg: Plg, users: list[User], events: int, number: int) -> load.Script:
    for first in range(number * BATCH, events, CLIENTS * BATCH):
        batch = [_event(users, each) for each in range(first, min(first + BATCH, events))]
        body = json.dumps({"batch": batch}).encode()
        yield load.http("POST", "/v1/batch", body=body, headers=plg.secret_headers())


def _event(users: list[User], number: int) -> dict[str, object]:
    return users[number % len(users)].event(NAME, total=number % 997, customer=f"c{number % 313}")


def _count(plg: Plg) -> tuple[float, float]:
    """Seconds, and those of the processor, until the usage subscriber alone has read it all."""
    memory.settle()  # as a worker does
    with plg.app.app_context():
        place, began, cpu = stream.START, time.perf_counter(), time.process_time()
        while window := stream.read_window(place, WINDOW, lambda ids: {}):
            counting.hear(window)
            db.session.commit()
            place = window[-1].place
        return time.perf_counter() - began, time.process_time() - cpu
