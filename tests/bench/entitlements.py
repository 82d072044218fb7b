"""How fast thirty features of an account are told, read as committed, against an endpoint that does nothing."""

import itertools
from typing import Any

from plg.accounts import accounts
from plg.kit.db import db
from plg.plans import folder
from plg.plans.schemas import Catalogue, PlansFile
from plg.usage import entitlements
from plg.worker import Worker
from tests.bench import load, measuring
from tests.bench.serving import Plg, new_plg
from tests.support.queries import count_queries
from tests.support.story import new_event, store_events

CLIENTS = 8
ACCOUNTS = 200
METERED = 10


def main(argv: list[str]) -> None:
    parser = measuring.arguments(argv, __doc__)
    parser.add_argument("--seconds", type=float, default=8.0, help="length of each measurement")
    options = parser.parse_args(argv)
    with new_plg(options.database, folder=None) as plg:
        _publish(plg)
        keys = _used_accounts(plg)
        with plg.serving():
            _run(plg, keys, "/v1/entitlements", 2.0)
            empty, empty_cpu = _measured(plg, keys, "/healthz", options.seconds)
            all30, cpu = _measured(plg, keys, "/v1/entitlements", options.seconds)
            flags, flags_cpu = _measured(plg, keys, "/ofrep", options.seconds)
            cached, cached_cpu = _measured(plg, keys, "/ofrep", options.seconds, cached=True)
        queries = _queries(plg, keys[0])
    figures = {
        "all30_per_s_c8": all30.per_second(),
        "p50_ms_c8": all30.percentile_ms(50),
        "p95_ms_c8": all30.percentile_ms(95),
        "cpu_ms": cpu,
        "queries": queries,
        "ofrep_per_s_c8": flags.per_second(),
        "ofrep_cpu_ms": flags_cpu,
        "cached_per_s_c8": cached.per_second(),
        "cached_cpu_ms": cached_cpu,
        "empty_per_s_c8": empty.per_second(),
        "empty_cpu_ms": empty_cpu,
    }
    measuring.report(figures, database=options.database, concurrency=CLIENTS, as_json=options.json)


def _publish(plg: Plg) -> None:
    """Ten metered features, ten numbers, ten that are given or not."""
    name = {"en": "A feature", "es": "Una función"}
    features: dict[str, Any] = {
        f"metered-{i}": {"name": name, "type": "metered", "event": f"Event {i}"} for i in range(METERED)
    }
    features |= {f"number-{i}": {"name": name, "type": "static"} for i in range(10)}
    features |= {f"flag-{i}": {"name": name, "type": "boolean"} for i in range(10)}
    given = {key: key.startswith("flag") or 100 for key in features}
    plans = {"free": {"name": name, "features": given}}
    file = PlansFile(**{"default": "free", "order": ["free"], "features": features, "plans": plans})
    with plg.app.app_context():
        folder.publish("free", file.plans["free"].model_dump(mode="json"), "bench")
        rest = Catalogue(**file.model_dump(exclude={"plans"})).model_dump(mode="json")
        folder.publish("catalogue", rest, "bench")
        db.session.commit()


def _used_accounts(plg: Plg) -> list[str]:
    """Accounts that have used some of everything."""
    keys = [f"company-{i}" for i in range(ACCOUNTS)]
    with plg.app.app_context():
        ids = accounts.resolve(keys)
        db.session.commit()
    events = [new_event(f"Event {i}", account_id=ids[key]) for key in keys for i in range(METERED)]
    store_events(plg.app, events)
    worker = Worker(plg.app)
    worker.prepare()
    while worker.turn():
        continue
    with plg.app.app_context():
        found = entitlements.of_account(ids[keys[0]]).by_feature
        assert len(found) == 30 and found["metered-0"].used == 1
        db.session.remove()
    return keys


def _measured(
    plg: Plg, keys: list[str], path: str, seconds: float, *, cached: bool = False
) -> tuple[load.Result, float]:
    """What was answered, and the processor time of one answer in ms."""
    before = plg.cpu_ms()
    found = _run(plg, keys, path, seconds, cached=cached)
    return found, (plg.cpu_ms() - before) / len(found.latencies_ms["request"])


def _run(plg: Plg, keys: list[str], path: str, seconds: float, *, cached: bool = False) -> load.Result:
    headers = plg.secret_headers()
    etags: dict[str, str] = {}

    def client(number: int) -> load.Script:
        for key in itertools.cycle(keys[number::CLIENTS]):
            if path != "/ofrep":
                yield load.http("GET", f"{path}?account={key}", headers=headers)
                continue
            known = {"If-None-Match": etags[key]} if cached and key in etags else {}
            body = {"context": {"targetingKey": key}}
            answer = yield load.http("POST", f"{path}/v1/evaluate/flags", body=body, headers=headers | known)
            if cached and key not in etags:
                etags[key] = answer.etag

    return load.run(plg.url, client, clients=CLIENTS, seconds=seconds).must_be(
        200, *([304] if cached else [])
    )


def _queries(plg: Plg, key: str) -> int:
    """SQL statements of one request in a process that has answered one before."""
    client, headers = plg.app.test_client(), plg.secret_headers()
    with plg.app.app_context():
        engine = db.engine
    client.get(f"/v1/entitlements?account={key}", headers=headers)
    with count_queries(engine) as queries:
        assert client.get(f"/v1/entitlements?account={key}", headers=headers).status_code == 200
    return int(queries.count)
