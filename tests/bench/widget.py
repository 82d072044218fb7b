"""How long the widget's one state request takes, with the flows of the demo and with fifty: against an endpoint that
lets the same callers in and does nothing (`floor`), and against one that asks nobody who they are (`healthz`)."""

import itertools
import statistics
import tempfile
from argparse import Namespace
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from onboarding_flows import flows
from plg.kit.db import db
from plg.worker import Worker
from tests.bench import floor, load, measuring
from tests.bench.people import User, customers
from tests.bench.serving import Plg, new_plg
from tests.support.queries import count_queries

CLIENTS = 8
MANY = 50
PATHS = {"healthz": "/healthz", "floor": floor.PATH, "state": "/v1/widget/state"}


class Figures(NamedTuple):
    """Of one path: ms of latency, and of processor time of each request."""

    p50: float
    p95: float
    cpu: float


def main(argv: list[str]) -> None:
    parser = measuring.arguments(argv, __doc__)
    parser.add_argument("--rounds", type=int, default=7, help="how often each path is measured in turn")
    parser.add_argument("--seconds", type=float, default=1.5, help="length of each of them")
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        floor.install(Path(folder))
        with new_plg(options.database, PYTHONPATH=folder) as plg, plg.serving():
            users = customers(plg, 200)
            _live_a_little(plg, users)
            figures = _measure(plg, users, options, "")
            _publish_many(plg)
            _look_once(plg, users)
            figures |= _measure(plg, users, options, "fifty_flows_")
            figures["queries"] = _queries(plg, users[0])
    measuring.report(figures, database=options.database, concurrency=CLIENTS, as_json=options.json)


def _measure(plg: Plg, users: list[User], options: Namespace, prefix: str) -> dict[str, float]:
    """Each path in turn, many times: the machine's speed changes, and which process a client speaks to is luck. The
    ratios are medians over the rounds."""
    _round(plg, users, 1.0)
    rounds = [_round(plg, users, options.seconds) for _ in range(options.rounds)]

    def median(figure: Callable[[dict[str, Figures]], float]) -> float:
        return statistics.median(figure(each) for each in rounds)

    return {
        f"{prefix}state_p50_ms_c8": median(lambda each: each["state"].p50),
        f"{prefix}state_p95_ms_c8": median(lambda each: each["state"].p95),
        f"{prefix}state_cpu_ms": median(lambda each: each["state"].cpu),
        f"{prefix}empty_p95_ms_c8": median(lambda each: each["floor"].p95),
        f"{prefix}empty_cpu_ms": median(lambda each: each["floor"].cpu),
        f"{prefix}ratio_p95": median(lambda each: each["state"].p95 / each["floor"].p95),
        f"{prefix}ratio_cpu": median(lambda each: each["state"].cpu / each["floor"].cpu),
        f"{prefix}ratio_p95_of_healthz": median(lambda each: each["state"].p95 / each["healthz"].p95),
    }


def _round(plg: Plg, users: list[User], seconds: float) -> dict[str, Figures]:
    return {name: _figures(plg, users, path, seconds) for name, path in PATHS.items()}


def _figures(plg: Plg, users: list[User], path: str, seconds: float) -> Figures:
    cpu = plg.cpu_ms()
    result = _run(plg, users, path, seconds)
    cpu = plg.cpu_ms() - cpu
    return Figures(
        result.percentile_ms(50), result.percentile_ms(95), cpu / len(result.latencies_ms["request"])
    )


def _live_a_little(plg: Plg, users: list[User]) -> None:
    """Each user did a few things, so that the state has something to show."""

    def client(number: int) -> load.Script:
        for user in users[number::CLIENTS]:
            yield load.http("GET", "/v1/widget/state", headers=user.headers(plg))
            for name in ("Company Details Added", "Customer Created", *["Invoice Sent"] * 6):
                yield load.http("POST", "/v1/track", body=user.event(name), headers=plg.secret_headers())

    load.run(plg.url, client, clients=CLIENTS).must_be(200)
    worker = Worker(plg.app)
    worker.prepare()
    while worker.turn():
        continue


def _publish_many(plg: Plg) -> None:
    """Until there are fifty: every user has begun ten checklists of five steps each, and forty prompts wait their
    turn."""
    with plg.app.app_context():
        for definition in itertools.islice(_more_flows(), MANY - len(flows.live())):
            flows.publish(definition, by="bench")
        db.session.commit()
        assert len(flows.live()) == MANY
        db.session.remove()


def _look_once(plg: Plg, users: list[User]) -> None:
    """Everybody begins what is new."""

    def client(number: int) -> load.Script:
        for user in users[number::CLIENTS]:
            yield load.http("GET", "/v1/widget/state", headers=user.headers(plg))

    load.run(plg.url, client, clients=CLIENTS).must_be(200)


def _more_flows() -> Iterator[dict[str, Any]]:
    text = {"es": "Un texto de tamaño corriente", "en": "A text of ordinary length"}
    named = {"title": text, "description": text}
    for number in range(9):
        steps = [
            {"key": f"s{i}", "title": text, "body": text, "completes_on": {"event": f"E{i}"}}
            for i in range(5)
        ]
        yield {"key": f"list-{number}", **named, "scope": "account", "steps": steps}
    for number in itertools.count():
        priority = {"priority": number % 100, "times": 1000}
        steps = [{"key": f"s{i}", "title": text, "body": text, "anchor": [f"#a{i}"]} for i in range(4)]
        yield {"key": f"tour-{number}", "kind": "tour", **named, "show": priority, "steps": steps}
        yield {"key": f"line-{number}", "kind": "banner", **named, "show": priority}
        yield {"key": f"news-{number}", "kind": "announcement", **named, "show": priority}


def _run(plg: Plg, users: list[User], path: str, seconds: float) -> load.Result:
    """Every request carries the same headers, so that the empty endpoints pay for them, too."""

    def client(number: int) -> load.Script:
        for user in itertools.cycle(users[number::CLIENTS]):
            yield load.http("GET", path, headers=user.headers(plg))

    return load.run(plg.url, client, clients=CLIENTS, seconds=seconds).must_be(200)


def _queries(plg: Plg, user: User) -> int:
    """SQL statements of one state request in a process that has answered one before."""
    client = plg.app.test_client()
    client.get("/v1/widget/state", headers=user.headers(plg))
    with plg.app.app_context():
        engine = db.engine
    with count_queries(engine) as queries:
        assert client.get("/v1/widget/state", headers=user.headers(plg)).status_code == 200
    return int(queries.count)
