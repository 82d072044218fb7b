"""The log is read in the order of commits, whole, and nothing twice."""

import threading

import pytest

from plg.events.models import Event
from plg.events.stream import START, read_window
from plg.kit.db import db
from tests.support.story import happened, new_event, store_events


def read_all(app, limit=100):
    with app.app_context():
        place, found = START, []
        while window := read_window(place, limit, lambda ids: {}):
            found += [event.name for event in window]
            place = window[-1].place
        db.session.rollback()
        return found


def test_an_event_with_a_known_id_is_stored_once(app):
    event = new_event("Invoice Sent", id="the-same")
    store_events(app, [event])
    store_events(app, [event, new_event("Payment Recorded")])
    assert read_all(app) == ["Invoice Sent", "Payment Recorded"]


def test_windows_join_without_gap_or_overlap(app):
    for batch in range(5):
        store_events(app, [new_event(f"{batch}.{i}") for i in range(7)])
    assert read_all(app, limit=3) == [f"{batch}.{i}" for batch in range(5) for i in range(7)]


@pytest.mark.parametrize("database", ["postgres"], indirect=True)
def test_a_transaction_that_commits_late_is_not_stepped_over(app):
    """It takes its position first and commits last: the reader waits for it, then reads it in its place."""
    inserted, commit = threading.Event(), threading.Event()

    def late():
        with app.app_context():
            db.session.add(Event(**new_event("late")))
            db.session.flush()
            inserted.set()
            commit.wait(timeout=30)
            db.session.commit()

    thread = threading.Thread(target=late)
    thread.start()
    assert inserted.wait(timeout=30)
    happened(app, "early")
    assert read_all(app) == []
    commit.set()
    thread.join()
    assert read_all(app) == ["late", "early"]


@pytest.mark.parametrize("database", ["postgres"], indirect=True)
def test_a_position_taken_before_the_transaction_had_a_number_is_not_lost(app):
    """The sequence can be drawn before the transaction gets its number: a higher position commits first."""
    with app.app_context():
        drawn = db.session.execute(db.text("SELECT nextval('events_position_seq')")).scalar_one()
        db.session.rollback()
    happened(app, "first to commit")
    assert read_all(app) == ["first to commit"]
    with app.app_context():
        window = read_window(START, 10, lambda ids: {})
        place = window[-1].place
        db.session.rollback()
        db.session.add(Event(**new_event("lower position"), position=drawn))
        db.session.commit()
        assert [event.name for event in read_window(place, 10, lambda ids: {})] == ["lower position"]
