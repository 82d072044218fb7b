"""How long the widget's one state request takes, against an endpoint that does nothing: with the flows of the demo,
and with fifty."""

import itertools
from collections.abc import Iterator
from typing import Any

from onboarding_flows import flows
from plg.kit.db import db
from plg.worker import Worker
from tests.bench import load, measuring
from tests.bench.people import User, customers
from tests.bench.serving import Plg, new_plg
from tests.support.queries import count_queries

CLIENTS = 8
MANY = 50


def main(argv: list[str]) -> None:
    parser = measuring.arguments(argv, __doc__)
    parser.add_argument("--seconds", type=float, default=8.0, help="length of each measurement")
    options = parser.parse_args(argv)
    with new_plg(options.database) as plg, plg.serving():
        users = customers(plg, 200)
        _live_a_little(plg, users)
        for _warming in range(2):
            _run(plg, users, "/v1/widget/state", 2.0)
        empty = _run(plg, users, "/healthz", options.seconds)
        cpu = plg.cpu_ms()
        state = _run(plg, users, "/v1/widget/state", options.seconds)
        cpu = plg.cpu_ms() - cpu
        _publish_many(plg)
        _look_once(plg, users)
        for _warming in range(2):
            _run(plg, users, "/v1/widget/state", 4.0)
        empty_again = _run(plg, users, "/healthz", options.seconds)
        of_fifty = _run(plg, users, "/v1/widget/state", options.seconds)
        queries = _queries(plg, users[0])
    figures = {
        "state_p50_ms_c8": state.percentile_ms(50),
        "state_p95_ms_c8": state.percentile_ms(95),
        "state_per_s_c8": state.per_second(),
        "state_cpu_ms": cpu / len(state.latencies_ms["request"]),
        "empty_p50_ms_c8": empty.percentile_ms(50),
        "empty_p95_ms_c8": empty.percentile_ms(95),
        "ratio_p95": state.percentile_ms(95) / empty.percentile_ms(95),
        "fifty_flows_p50_ms_c8": of_fifty.percentile_ms(50),
        "fifty_flows_p95_ms_c8": of_fifty.percentile_ms(95),
        "fifty_flows_ratio_p95": of_fifty.percentile_ms(95) / empty_again.percentile_ms(95),
        "queries": queries,
    }
    measuring.report(figures, database=options.database, concurrency=CLIENTS, as_json=options.json)


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
    """Every request carries the same headers, so that the empty endpoint pays for them, too."""

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
