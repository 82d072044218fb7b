"""How fast a hard limit is held for callers at the same moment, and whether it holds exactly."""

from typing import Any

from plg.accounts import accounts
from plg.kit.db import db
from plg.plans import folder
from plg.plans.schemas import Catalogue, PlansFile
from tests.bench import load, measuring
from tests.bench.serving import Plg, new_plg

CLIENTS = 8


def main(argv: list[str]) -> None:
    parser = measuring.arguments(argv, __doc__)
    parser.add_argument("--limit", type=int, default=2000, help="units that there are")
    options = parser.parse_args(argv)
    with new_plg(options.database, folder=None) as plg:
        _publish(plg, options.limit)
        with plg.serving():
            _ask(plg, "warming", 100)
            before = plg.cpu_ms()
            found = _ask(plg, "company", options.limit + CLIENTS * 5)
            cpu = (plg.cpu_ms() - before) / len(found.latencies_ms["request"])
    figures = {
        "per_s_c8": found.per_second(),
        "p50_ms_c8": found.percentile_ms(50),
        "p95_ms_c8": found.percentile_ms(95),
        "cpu_ms": cpu,
        "admitted": found.statuses[201],
        "limit": options.limit,
    }
    measuring.report(figures, database=options.database, concurrency=CLIENTS, as_json=options.json)
    assert found.statuses[201] == options.limit


def _publish(plg: Plg, limit: int) -> None:
    name = {"en": "Calls", "es": "Llamadas"}
    features: dict[str, Any] = {"calls": {"name": name, "type": "metered", "event": "Call"}}
    plans = {"free": {"name": name, "features": {"calls": limit}}}
    file = PlansFile(**{"default": "free", "order": ["free"], "features": features, "plans": plans})
    with plg.app.app_context():
        folder.publish("free", file.plans["free"].model_dump(mode="json"), "bench")
        rest = Catalogue(**file.model_dump(exclude={"plans"})).model_dump(mode="json")
        folder.publish("catalogue", rest, "bench")
        accounts.resolve(["warming", "company"])
        db.session.commit()


def _ask(plg: Plg, account: str, times: int) -> load.Result:
    """So many callers ask for one unit each, eight at a time, all of the same account."""
    body, headers = {"account": account, "feature": "calls"}, plg.secret_headers()

    def client(number: int) -> load.Script:
        for _ in range(times // CLIENTS):
            yield load.http("POST", "/v1/usage/reservations", body=body, headers=headers)

    return load.run(plg.url, client, clients=CLIENTS).must_be(201, 409)
