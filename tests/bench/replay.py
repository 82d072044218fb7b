"""How long trying a flow on the past takes and what memory it needs; then publishing it, and ticks meanwhile.

People of ten to an account have acted over ninety days. The flow is a person's, with a count and a condition. It is
tried; then it is published, a worker enrols everybody, and a step of another flow is done now and then beside it.
"""

import datetime as dt
import itertools
import os
import time
from contextlib import ExitStack
from typing import Any

from sqlalchemy import insert, select, update

from onboarding_flows import flows, trying
from onboarding_flows.models import FlowVersion, StepCompletion
from plg.accounts.models import Account, Membership
from plg.events import log, stream
from plg.events.models import Cursor
from plg.growth import subscribers as growth_subscribers
from plg.kit.clock import now
from plg.kit.db import db, reading
from plg.kit.ids import new_event_id, new_id
from plg.people.models import Person
from plg.worker import Worker
from tests.bench import measuring
from tests.bench.serving import Plg, new_plg

DAYS, PEOPLE_AN_ACCOUNT, CHUNK = 90, 10, 5_000
PROBING = 100
"""The first people; the flow whose ticks are timed is for them alone, or everybody would begin it meanwhile, too."""
NAMES = ("Page Viewed",) * 6 + ("Customer Created", "Invoice Created", "Invoice Sent", "Payment Recorded")
PROBE = "Probed"


def main(argv: list[str]) -> None:
    parser = measuring.arguments(argv, __doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--workers", type=int, default=1, help="how many, where the database lets many write")
    options = parser.parse_args(argv)
    with new_plg(options.database, folder=None) as plg:
        _seed(plg, options.people, options.events)
        figures = _try(plg) | _publish(plg, options.workers)
    figures |= {"events": options.events, "people": options.people}
    measuring.report(figures, database=options.database, concurrency=options.workers, as_json=options.json)


def _flow(key: str, *steps: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    return {
        "key": key,
        "title": {"es": key, "en": key},
        "steps": [{"key": k, "title": {"es": k, "en": k}, "completes_on": on} for k, on in steps],
    }


TRIED = _flow(
    "tried",
    ("customer", {"event": "Customer Created"}),
    ("pages", {"event": "Page Viewed", "count": 3}),
    ("large", {"event": "Invoice Sent", "where": {"amount": {"gte": 50}}}),
    ("payment", {"event": "Payment Recorded"}),
)


def _seed(plg: Plg, people: int, events: int) -> None:
    """Rows as the rooms make them. Commits a chunk at a time; every subscriber stands at the end of the log, and the
    columns, which ask no cursor, hold it."""
    moment = now()
    with plg.app.app_context():
        for first in range(1, people + 1, CHUNK):
            ids = range(first, min(first + CHUNK, people + 1))
            accounts = [i for i in ids if i % PEOPLE_AN_ACCOUNT == 1]
            made = [{"id": i, "public_id": new_id("acct"), "created_at": moment} for i in accounts]
            db.session.execute(insert(Account), made)
            db.session.execute(
                insert(Person), [{"id": i, "public_id": new_id("per"), "created_at": moment} for i in ids]
            )
            db.session.execute(
                insert(Membership),
                [
                    {
                        "account_id": _account(i),
                        "person_id": i,
                        "role": "admin" if i <= PROBING else "member",
                        "created_at": moment,
                    }
                    for i in ids
                ],
            )
            db.session.commit()
        for first in range(0, events, CHUNK):
            log.store([_event(i, people, moment) for i in range(first, min(first + CHUNK, events))])
            db.session.commit()
        Worker(plg.app).prepare()
        place = dict(zip(("tx", "position"), stream.head(), strict=True))
        db.session.execute(update(Cursor).values(place))
        db.session.commit()
        growth_subscribers.catch_up()


def _account(person: int) -> int:
    return person - (person - 1) % PEOPLE_AN_ACCOUNT


def _event(number: int, people: int, moment: dt.datetime) -> log.NewEvent:
    person = number % people + 1
    back = dt.timedelta(days=DAYS * 0.99 * ((number * 7919) % 100_003) / 100_003)
    name = NAMES[(number // people + person) % len(NAMES)]
    return _new_event(name, person, moment - back, amount=number % 100)


def _new_event(name: str, person: int, at: dt.datetime, **properties: Any) -> log.NewEvent:
    return {
        **log.own(name, person_id=person, account_id=_account(person), properties=properties, occurred_at=at),
        "id": new_event_id(),
        "source": "bench",
    }


def _try(plg: Plg) -> dict[str, Any]:
    pid = os.getpid()
    before = most = measuring.rss_mb(pid)

    def look(_done: int, _total: int) -> None:
        nonlocal most
        most = max(most, measuring.rss_mb(pid))

    with plg.app.app_context():
        began = time.perf_counter()
        told = trying.replay(trying.candidate("tried", definition=TRIED), DAYS, on_progress=look)
        seconds = time.perf_counter() - began
    return {
        "try_s": seconds,
        "try_memory_mb": most - before,
        "try_enrolled": told["enrolled"],
        "try_completed": told["completed"],
    }


def _publish(plg: Plg, workers: int) -> dict[str, Any]:
    """Seconds until the job has enrolled everybody, the processor time of workers and PostgreSQL meanwhile, and the
    longest ms from an event to its tick."""
    probe = _flow("probe", *((f"p{i}", {"event": f"{PROBE} {i}"}) for i in range(50)))
    probe["audience"] = {"roles": ["admin"]}
    with plg.app.app_context():
        flows.publish(probe, by="bench")
        db.session.execute(update(FlowVersion).values(enrolling_after=None))
        db.session.commit()
    ticks: list[float] = []
    with ExitStack() as stack:
        for _ in range(workers):
            stack.enter_context(plg.working())
        _tick(plg, 0, 1)  # the worker is there
        with plg.app.app_context():
            flows.publish(TRIED, by="bench")
            db.session.commit()
        began, cpu = time.perf_counter(), plg.cpu_ms()
        for number in itertools.count(1):
            ticks.append(_tick(plg, number % 50, number // 50 + 1))
            if _enrolled(plg):
                break
        seconds, cpu = time.perf_counter() - began, plg.cpu_ms() - cpu
    return {
        "publish_s": seconds,
        "publish_cpu_s": cpu / 1000,
        "tick_meanwhile_p50_ms": measuring.percentile(ticks, 50),
        "tick_meanwhile_max_ms": max(ticks),
    }


def _tick(plg: Plg, step: int, person: int) -> float:
    """ms from storing an event until its step is done."""
    event = _new_event(f"{PROBE} {step}", person, now())
    began = time.perf_counter()
    with plg.app.app_context():
        log.store([event])
        db.session.commit()
        while time.perf_counter() - began < 600:
            with reading():
                done = db.session.scalar(
                    select(StepCompletion.step_key).where(
                        StepCompletion.person_id == person, StepCompletion.event_id == event["id"]
                    )
                )
                db.session.rollback()
            if done is not None:
                return (time.perf_counter() - began) * 1000
            time.sleep(0.01)
    raise RuntimeError("the step was never done")


def _enrolled(plg: Plg) -> bool:
    with plg.app.app_context(), reading():
        waiting = select(FlowVersion.id).where(FlowVersion.enrolling_after.is_not(None))
        return db.session.scalar(waiting.limit(1)) is None
