"""How fast many trials that end in the same hour are ended, and how long others wait for it at most."""

import datetime as dt
import threading
import time
from contextlib import contextmanager

from sqlalchemy import func, select, text

from plg.accounts.models import Account
from plg.events import log, names
from plg.events.models import Event
from plg.kit.clock import now
from plg.kit.db import db, give_way, insert
from plg.plans import catalogue
from plg.plans.models import AccountPlan
from plg.trials import jobs
from plg.trials.models import Trial, TrialGrant
from tests.bench import measuring
from tests.bench.serving import Plg, new_plg

AT_ONCE = 5000


def main(argv: list[str]) -> None:
    parser = measuring.arguments(argv, __doc__)
    parser.add_argument("--trials", type=int, default=100_000, help="how many end in the hour")
    parser.add_argument(
        "--others", type=int, default=100_000, help="how many more run on, ended or converted"
    )
    options = parser.parse_args(argv)
    with new_plg(options.database) as plg, plg.app.app_context():
        moment = now()
        _make(options.trials, moment - dt.timedelta(hours=1), dt.timedelta(hours=1) / options.trials)
        _make(options.others, moment + dt.timedelta(days=5), dt.timedelta(seconds=1))
        _settle_statistics(plg)
        with _waiting(plg) as waits:
            seconds, longest, batches = _expire(moment)
        ended = db.session.scalar(select(func.count()).where(Event.name == names.TRIAL_ENDED))
        running = db.session.scalar(select(func.count()).where(Trial.status == "active"))
        assert (ended, running) == (options.trials, options.others), (ended, running)
    figures = {
        "expire_100k_s": seconds * 100_000 / options.trials,
        "longest_lock_ms": longest * 1000,
        "longest_wait_of_another_ms": max(waits) * 1000,
        "batches": batches,
        "trials_per_s": options.trials / seconds,
    }
    measuring.report(figures, database=options.database, concurrency=2, as_json=options.json)


def _make(count: int, first_end: dt.datetime, apart: dt.timedelta) -> None:
    """Accounts with a running trial each, their ends so far apart, as `trials.start` would have left them."""
    published = catalogue.published()
    rule = published.catalogue.trial
    plan = catalogue.plan(rule.plan).version_id
    newest = db.session.scalar(select(func.max(Account.id))) or 0
    for begin in range(0, count, AT_ONCE):
        ids = range(newest + begin + 1, newest + min(begin + AT_ONCE, count) + 1)
        ends = {i: first_end + apart * (i - newest - 1) for i in ids}
        starts = {i: ends[i] - dt.timedelta(days=rule.days) for i in ids}
        _insert(Account, [_account(i, starts[i]) for i in ids])
        _insert(AccountPlan, [_plan(i, plan, starts[i]) for i in ids])
        _insert(Trial, [_trial(i, starts[i], ends[i], rule.plan, published.version_id) for i in ids])
        _insert(TrialGrant, [_grant(i, rule.days, starts[i]) for i in ids])
        db.session.commit()
    log.record("Benchmark Ready")
    db.session.commit()


def _insert(model, rows):
    db.session.execute(insert(model.__table__), rows)


def _account(i, at):
    blank = {"timezone": "Europe/Madrid", "traits": {}, "created_at": at}
    return {"id": i, "public_id": f"acct_bench{i}", "name": f"Company {i}", **blank}


def _plan(i, version, at):
    return {"account_id": i, "plan_version_id": version, "source": "trial", "access": "full", "since": at}


def _trial(i, at, ends_at, plan, rule_id):
    row = {"id": i, "account_id": i, "plan_key": plan, "rule_id": rule_id, "status": "active", "stays": True}
    return row | {"requested_at": at, "started_at": at, "ends_at": ends_at, "due_at": ends_at, "reminded": {}}


def _grant(i, days, at):
    return {"trial_id": i, "kind": "grant", "days": days, "at": at, "reason": "trial", "actor": "bench"}


def _settle_statistics(plg: Plg) -> None:
    db.session.execute(text("ANALYZE"))
    db.session.commit()


def _expire(moment: dt.datetime) -> tuple[float, float, int]:
    """Seconds for all, seconds of the longest transaction (every lock is held no longer), how many there were."""
    begin, longest, batches, handled = time.perf_counter(), 0.0, 0, 1
    while handled:
        started = time.perf_counter()
        handled = jobs.expire_trials(moment)
        db.session.commit()
        held = time.perf_counter() - started
        longest, batches = max(longest, held), batches + bool(handled)
        give_way(held)  # as the worker does
        db.session.expunge_all()
    return time.perf_counter() - begin, longest, batches


@contextmanager
def _waiting(plg: Plg):
    """Meanwhile somebody else writes to one of these accounts again and again; how long each write took."""
    stop, waits = threading.Event(), [0.0]

    def write() -> None:
        with plg.app.app_context():
            number = 0
            while not stop.is_set():
                number = number % 1000 + 1
                started = time.perf_counter()
                db.session.execute(text("UPDATE accounts SET name = name WHERE id = :id"), {"id": number})
                db.session.commit()
                waits.append(time.perf_counter() - started)
                stop.wait(0.005)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield waits
    finally:
        stop.set()
        thread.join()
