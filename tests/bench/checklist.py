"""Whole onboardings: begin a checklist and do its five steps, each committed; each answer holds the new state.

A client is a host product's server that says which step is done, and must see the tick in the answer. A worker reads
the log beside it, and what it takes to read it to the end counts, too.
"""

import time

from tests.bench import load, measuring, stream
from tests.bench.people import User, customers
from tests.bench.serving import Plg, new_plg

CLIENTS = 8
FLOW = "getting-started"
STEPS = ("company", "customer", "invoice", "payment", "teammate")


def main(argv: list[str]) -> None:
    parser = measuring.arguments(argv, __doc__)
    parser.add_argument("--onboardings", type=int, default=400)
    options = parser.parse_args(argv)
    with new_plg(options.database) as plg:
        users = customers(plg, 10 * CLIENTS + options.onboardings)
        with plg.serving(), plg.working():
            _onboard(plg, users[: 10 * CLIENTS])
            stream.wait_until_read(plg)
            cpu = plg.cpu_ms()
            seconds, steps_ms = _onboard(plg, users[10 * CLIENTS :])
            stream.wait_until_read(plg)
            cpu = plg.cpu_ms() - cpu
    figures = {
        "onboardings_per_s_c8": options.onboardings / seconds,
        "step_p50_ms_c8": measuring.percentile(steps_ms, 50),
        "step_p95_ms_c8": measuring.percentile(steps_ms, 95),
        "cpu_ms_per_onboarding": cpu / options.onboardings,
    }
    measuring.report(figures, database=options.database, concurrency=CLIENTS, as_json=options.json)


def _onboard(plg: Plg, users: list[User]) -> tuple[float, list[float]]:
    """How many seconds all took, and ms from saying that a step is done until the new state is here."""

    def client(number: int) -> load.Script:
        for user in users[number::CLIENTS]:
            yield from _onboarding(plg, user, steps_ms)

    steps_ms: list[float] = []
    result = load.run(plg.url, client, clients=CLIENTS).must_be(200)
    return result.seconds, steps_ms


def _onboarding(plg: Plg, user: User, steps_ms: list[float]) -> load.Script:
    who, server = {"person": user.id, "account": user.account}, plg.secret_headers()
    yield load.http("POST", f"/v1/flows/{FLOW}/enrol", body=who, headers=server)
    for step in STEPS:
        began = time.perf_counter()
        answer = yield load.http("POST", f"/v1/flows/{FLOW}/steps/{step}/complete", body=who, headers=server)
        steps_ms.append((time.perf_counter() - began) * 1000)
        if not stream.is_done({"checklists": [answer.json()["checklist"]]}, step):
            raise RuntimeError(f"{step} was completed, and the new state does not say so: {answer.json()}")
