"""Each event takes effect once; what cannot is set aside and told; the others go on."""

import datetime as dt
from collections import Counter, defaultdict
from functools import partial

import pytest
from sqlalchemy import select

from plg.events import log, subscribers
from plg.events.models import Cursor, Event, ParkedEvent
from plg.events.runner import Runner
from plg.events.subscribers import CursorsDiffer, Subscription, replay, start_cursors
from plg.kit.clock import now
from plg.kit.db import db, insert
from plg.plans.models import PlanVersion  # any table of ours that a test handler can write to
from tests.support.story import happened, in_parallel, new_event, store_events


def note(batch, prefix=""):
    """A handler with an effect in the database: one row an event."""
    rows = [
        {
            "key": prefix + event.name,
            "version": event.position,
            "digest": "",
            "definition": {},
            "published_by": "test",
        }
        | {"published_at": now()}
        for event in batch.events
    ]
    db.session.execute(insert(PlanVersion).values(rows))


def noted(app):
    with app.app_context():
        names = list(db.session.scalars(select(PlanVersion.key).order_by(PlanVersion.version)))
        db.session.rollback()
        return names


def make_runner(app, *subscriptions, limit=10):
    with app.app_context():
        start_cursors(subscriptions)
        db.session.commit()
    return Runner(subscriptions, lambda ids: {}, limit)


def run(app, runner):
    with app.app_context():
        return runner.run_until_done()


def test_every_event_takes_effect_once_over_many_windows(app):
    runner = make_runner(app, Subscription("notes", note))
    happened(app, "x", times=35)
    run(app, runner)
    run(app, runner)
    assert noted(app) == ["x"] * 35


def test_who_takes_several_windows_at_once_hears_each_event_once_and_holds_up_nobody(app):
    heard = defaultdict(list)

    def listener(name, **values):
        return Subscription(name, lambda batch: heard[name].append(len(batch)), **values)

    runner = make_runner(app, listener("far", windows=3), listener("near"))
    happened(app, "x", times=35)
    with app.app_context():
        runner.run_once()
        assert heard == {"far": [30], "near": [10]}
    run(app, runner)
    assert heard == {"far": [30, 5], "near": [10, 10, 10, 5]}


def test_a_subscriber_hears_only_what_it_asks_for(app):
    runner = make_runner(app, Subscription("notes", note, hears=frozenset({"b"})))
    store_events(app, [new_event(name) for name in "abcab"])
    run(app, runner)
    assert noted(app) == ["b", "b"]


def test_an_effect_and_its_event_are_kept_together_or_not_at_all(app):
    def record_then_fail(batch):
        note(batch)
        log.record("Derived")
        raise ValueError("no")

    runner = make_runner(app, Subscription("fails", record_then_fail))
    happened(app, "x")
    run(app, runner)
    assert noted(app) == []
    with app.app_context():
        assert db.session.scalar(select(Event.name).where(Event.name == "Derived")) is None


def test_a_poison_event_is_parked_and_all_others_take_effect(app):
    def fragile(batch):
        if any(event.properties.get("poison") for event in batch.events):
            raise ValueError("cannot digest this")
        note(batch)

    runner = make_runner(app, Subscription("fragile", fragile), Subscription("other", lambda batch: None))
    events = [new_event(f"e{i}", properties={"poison": i == 6}) for i in range(20)]
    store_events(app, events)
    run(app, runner)
    assert sorted(noted(app)) == sorted(f"e{i}" for i in range(20) if i != 6)
    with app.app_context():
        parked = db.session.scalars(select(ParkedEvent)).one()
        assert parked.subscriber == "fragile"
        assert "cannot digest this" in parked.error
        assert {s.parked for s in subscribers.statuses() if s.subscriber == "fragile"} == {1}


def test_a_parked_event_takes_effect_when_it_is_retried_after_the_mend(app):
    broken = [True]

    def mended_later(batch):
        if broken[0]:
            raise ValueError("not yet")
        note(batch)

    runner = make_runner(app, Subscription("mended", mended_later))
    happened(app, "x")
    run(app, runner)
    with app.app_context():
        assert runner.retry_parked() == (0, 1)
        broken[0] = False
        assert runner.retry_parked() == (1, 0)
        assert runner.retry_parked() == (0, 0)
    assert noted(app) == ["x"]


def test_replay_lets_a_subscriber_hear_the_log_again(app):
    heard = []
    runner = make_runner(app, Subscription("ears", lambda batch: heard.extend(e.name for e in batch.events)))
    happened(app, "old", received_at=now() - dt.timedelta(days=9))
    happened(app, "new")
    run(app, runner)
    with app.app_context():
        replay("ears")
        db.session.commit()
    run(app, runner)
    with app.app_context():
        replay("ears", since=now() - dt.timedelta(days=1))
        db.session.commit()
    run(app, runner)
    assert heard == ["old", "new", "old", "new", "new"]


def test_a_subscriber_from_now_does_not_hear_the_past(app):
    happened(app, "past")
    runner = make_runner(app, Subscription("notes", note, from_now=True))
    happened(app, "present")
    run(app, runner)
    assert noted(app) == ["present"]


def test_shards_share_the_work_and_keep_the_order_of_each_account(app):
    runner = make_runner(app, Subscription("notes", note, shards=3))
    store_events(
        app, [new_event(f"{account}", account_id=account) for _ in range(10) for account in range(1, 8)]
    )
    run(app, runner)
    assert Counter(noted(app)) == {f"{account}": 10 for account in range(1, 8)}


def test_shards_are_split_anew_only_when_all_read_equally_far(app):
    make_runner(app, Subscription("notes", note, shards=2))
    happened(app, "x", account_id=1)
    with app.app_context():
        db.session.get(Cursor, ("notes", 0)).position = 1
        db.session.flush()
        with pytest.raises(CursorsDiffer):
            start_cursors([Subscription("notes", note, shards=4)])
        db.session.rollback()
        start_cursors([Subscription("notes", note, shards=4)])
        assert len(list(db.session.scalars(select(Cursor).where(Cursor.subscriber == "notes")))) == 4


def test_an_outside_subscriber_gets_the_same_batch_again_after_an_outage(app):
    sent, down = [], [True]

    def send(batch):
        if down[0]:
            raise ConnectionError("no answer")
        sent.extend(event.id for event in batch.events)

    runner = make_runner(app, Subscription("sender", send, outside=True))
    store_events(app, [new_event("x", id=f"id{i}") for i in range(25)])
    run(app, runner)
    with app.app_context():
        cursor = db.session.get(Cursor, ("sender", 0))
        assert (cursor.position, cursor.attempts) == (0, 1)
        assert "no answer" in cursor.last_error
        cursor.retry_at, down[0] = now(), False
        db.session.commit()
    run(app, runner)
    assert sent == [f"id{i}" for i in range(25)]


def test_workers_in_parallel_let_each_event_take_effect_once(app):
    subscriptions = [Subscription(f"notes{i}", partial(note, prefix=f"{i}")) for i in range(3)]
    make_runner(app, *subscriptions)
    happened(app, "x", times=200)
    runners = [Runner(subscriptions, lambda ids: {}, 10) for _ in range(4)]

    def work(index):
        for _ in range(200):
            try:
                runners[index].run_once()
            except Exception:
                db.session.rollback()

    in_parallel(app, 4, work)
    run(app, runners[0])
    assert Counter(noted(app)) == {"0x": 200, "1x": 200, "2x": 200}
    with app.app_context():
        assert db.session.scalar(select(ParkedEvent.id)) is None


def test_the_lag_is_told(app):
    runner = make_runner(app, Subscription("notes", note))
    happened(app, "x", times=4, received_at=now() - dt.timedelta(seconds=90))
    with app.app_context():
        (before,) = subscribers.statuses()
        assert before.lag_events == 4
        assert 89 < before.lag_seconds < 120
    run(app, runner)
    with app.app_context():
        (after,) = subscribers.statuses()
        assert (after.lag_events, after.lag_seconds) == (0, 0)
