"""What a person did can be deleted from the log; the others read on."""

from sqlalchemy import select

from plg.events import log
from plg.events.models import Event, ParkedEvent
from plg.events.runner import Runner
from plg.events.subscribers import Subscription, start_cursors
from plg.kit.clock import now
from plg.kit.db import db
from tests.support.story import happened, make_person


def erase(app, *person_ids):
    with app.app_context():
        count = log.erase(person_ids)
        db.session.commit()
    return count


def test_the_events_of_all_records_of_a_person_are_deleted_and_it_is_told(app):
    ana, before, bea = make_person(app), make_person(app, "a@x.example"), make_person(app, "b@x.example")
    for person in (ana, before, bea, None):
        happened(app, "x", person_id=person)
    assert erase(app, ana, before) == 2
    with app.app_context():
        left = db.session.execute(
            select(Event.name, Event.person_id, Event.properties).order_by(Event.position)
        )
        told = ("Person Erased", None, {"person_ids": [ana, before]})
        assert left.all() == [("x", bea, {}), ("x", None, {}), told]


def test_what_was_parked_of_a_person_is_deleted_too(app):
    ana, bea = make_person(app), make_person(app, "b@x.example")
    happened(app, "x", person_id=ana)
    happened(app, "x", person_id=bea)
    with app.app_context():
        positions = dict(db.session.execute(select(Event.person_id, Event.position)).all())
        for position in positions.values():
            values = {"subscriber": "s", "error": "Ana", "attempts": 3, "parked_at": now()}
            db.session.add(ParkedEvent(position=position, **values))
        db.session.commit()
    erase(app, ana)
    with app.app_context():
        assert db.session.scalars(select(ParkedEvent.position)).all() == [positions[bea]]


def test_a_subscriber_reads_on_when_the_event_that_it_stood_at_was_erased(app):
    heard = []
    subscription = Subscription("ears", lambda batch: heard.extend(event.name for event in batch.events))
    with app.app_context():
        start_cursors([subscription])
        db.session.commit()
    runner = Runner([subscription], lambda ids: {})
    happened(app, "theirs", person_id=make_person(app))
    with app.app_context():
        runner.run_until_done()
        ana = db.session.scalar(select(Event.person_id))
    erase(app, ana)
    happened(app, "next")
    with app.app_context():
        runner.run_until_done()
    assert heard == ["theirs", "Person Erased", "next"]
