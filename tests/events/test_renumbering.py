"""A log that was restored from another PostgreSQL server is read on, each event once, after `plg events renumber`."""

import datetime as dt

import pytest
from sqlalchemy import func, select, update

from plg.events import renumbering
from plg.events.models import Cursor, Event, ParkedEvent
from plg.events.renumbering import NumbersOfAnotherServer, SubscriberAtWork
from plg.events.runner import Runner
from plg.events.stream import START, read_window
from plg.events.subscribers import Subscription, start_cursors
from plg.kit.clock import now
from plg.kit.db import db
from plg.worker import Worker
from tests.support.story import happened, new_event, store_events

pytestmark = pytest.mark.parametrize("database", ["postgres"], indirect=True)

ELSEWHERE = 5_000_000_000
"""Numbers of a server that is far ahead of every test server."""

# (name, transaction there, position): in the order in which they were read there.
RESTORED = [
    ("a", 1, 1),
    ("b", 2, 4),
    ("c", 5, 2),
    ("d", 5, 3),
    ("e", 6, 7),
    ("f", 7, 5),
    ("g", 9, 6),
]
STOOD = {"nothing read": None, "in the middle": 3, "between": 4, "all but one": 5, "all read": 6}
"""Which of them each subscriber had read last."""


@pytest.fixture
def restored(app):
    """The log and its cursors as a dump brings them, and what is heard from then on."""
    heard: dict[str, list[str]] = {name: [] for name in STOOD}

    def ears(name):
        return Subscription(name, lambda batch: heard[name].extend(event.name for event in batch.events))

    subscriptions = [ears(name) for name in STOOD]
    with app.app_context():
        start_cursors(subscriptions)
        for name, number, position in RESTORED:
            db.session.add(Event(**new_event(name), tx=ELSEWHERE + number, position=position))
        for name, last in STOOD.items():
            tx, position = START if last is None else RESTORED[last][1:]
            place = {"tx": tx and ELSEWHERE + tx, "position": position}
            db.session.execute(update(Cursor).where(Cursor.subscriber == name).values(place))
        db.session.flush()
        restart = f"SELECT setval('events_position_seq', {len(RESTORED)})"
        db.session.execute(db.text(restart))
        db.session.commit()
    return Runner(subscriptions, lambda ids: {}, limit=3), heard


def read_on(app, runner):
    with app.app_context():
        runner.run_until_done()


def log_in_order(app):
    with app.app_context():
        names = [event.name for event in read_window(START, 100, lambda ids: {})]
        db.session.rollback()
    return names


def renumber(app):
    with app.app_context():
        count = renumbering.renumber()
        db.session.commit()
    return count


def test_without_the_command_new_events_are_not_read(app, restored):
    runner, heard = restored
    happened(app, "new")
    read_on(app, runner)
    assert [heard[name] for name in ("in the middle", "between", "all but one", "all read")] == [[]] * 4


def test_after_the_command_each_subscriber_reads_what_it_had_not_once(app, restored):
    runner, heard = restored
    store_events(app, [new_event("new"), new_event("newer")])
    assert renumber(app) == len(RESTORED)
    happened(app, "newest")
    read_on(app, runner)
    read_on(app, runner)
    names = [name for name, _, _ in RESTORED]
    for subscriber, last in STOOD.items():
        unread = names if last is None else names[last + 1 :]
        assert sorted(heard[subscriber]) == sorted([*unread, "new", "newer", "newest"]), subscriber
        assert heard[subscriber][-3:] == ["new", "newer", "newest"]


def test_between_two_cursors_events_are_read_as_they_were_stored(app, restored):
    happened(app, "new")
    renumber(app)
    assert log_in_order(app) == ["a", "c", "d", "b", "e", "f", "g", "new"]


def test_the_command_once_more_changes_nothing(app, restored):
    renumber(app)

    def state():
        with app.app_context():
            events = db.session.execute(select(Event.id, Event.tx).order_by(Event.position)).all()
            cursors = db.session.execute(select(Cursor.subscriber, Cursor.tx, Cursor.position)).all()
            db.session.rollback()
        return events, sorted(cursors)

    before = state()
    assert renumber(app) is None
    assert state() == before


def test_a_log_that_all_have_read_gets_one_number_as_on_sqlite(app, restored):
    with app.app_context():
        db.session.execute(update(Cursor).values(tx=ELSEWHERE + 9, position=6))
        db.session.commit()
    renumber(app)
    with app.app_context():
        assert db.session.scalars(select(Event.tx).distinct()).all() == [0]


def test_numbers_are_lower_than_any_of_this_server(app, restored):
    renumber(app)
    with app.app_context():
        assert db.session.scalar(select(func.max(Event.tx))) <= len(STOOD)
        assert not renumbering.is_needed()


def test_a_cursor_alone_that_is_ahead_of_the_server_is_found_and_mended(app, restored):
    runner, heard = restored
    with app.app_context():
        db.session.execute(db.delete(Event))
        db.session.commit()
        assert renumbering.is_needed()
    assert renumber(app) == 0
    happened(app, "new")
    read_on(app, runner)
    assert list(heard.values()) == [["new"]] * len(STOOD)


def test_parked_events_stay_as_they_are_and_can_be_retried(app, restored):
    runner, heard = restored
    with app.app_context():
        values = {"subscriber": "all read", "error": "no", "attempts": 3, "parked_at": now()}
        db.session.add(ParkedEvent(position=2, **values))
        db.session.commit()
    renumber(app)
    with app.app_context():
        assert db.session.scalars(select(ParkedEvent.position)).all() == [2]
        assert runner.retry_parked() == (1, 0)
    assert heard["all read"] == ["c"]


def test_a_large_log_is_renumbered_in_steps_that_are_told(app, restored, monkeypatch):
    told = []
    monkeypatch.setattr(renumbering, "CHUNK", 3)
    with app.app_context():
        assert renumbering.renumber(lambda done, total: told.append((done, total))) == 7
        db.session.commit()
    assert told == [(3, 7), (6, 7), (7, 7)]
    assert log_in_order(app) == ["a", "c", "d", "b", "e", "f", "g"]


def test_it_waits_for_no_subscriber_that_is_at_work_but_refuses(app, restored):
    with app.app_context():
        lease = update(Cursor).where(Cursor.subscriber == "between")
        db.session.execute(lease.values(leased_until=now() + dt.timedelta(minutes=1)))
        db.session.commit()
        with pytest.raises(SubscriberAtWork, match="between is at work"):
            renumbering.renumber()


def test_the_worker_does_not_start_and_names_the_command(app, restored, plg):
    with pytest.raises(NumbersOfAnotherServer):
        Worker(app).prepare()
    answer = plg("worker")
    assert answer.exit_code == 1
    assert "plg events renumber" in answer.output
    renumber(app)
    Worker(app).prepare()


def test_the_doctor_finds_it_and_says_what_to_do(app, restored, plg):
    assert "run `plg events renumber`" in plg("doctor").output
    assert "7 events have new numbers" in plg("events", "renumber").output
    assert "renumber" not in plg("doctor").output
