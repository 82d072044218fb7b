"""Who is erased from the log is erased from the columns."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import replace

import pytest
from sqlalchemy import select, update

from plg.events import log, renumbering
from plg.events.models import Cursor, Event
from plg.growth import snapshots, subscribers
from plg.growth.columns import ACTORS, Writer, manifest
from plg.growth.columns import keys as key_codec
from plg.kit.clock import now
from plg.kit.db import db
from plg.people import identities
from tests.support.story import happened, make_person

HOUR = dt.timedelta(hours=1)


@pytest.fixture
def ana(app):
    return make_person(app)


@pytest.fixture
def bea(app):
    return make_person(app, "bea@acme.example", "Bea")


@pytest.fixture
def copied(app, ana, bea, worker):
    """A log of two people in one account, in the columns."""
    for hours, (person, name) in enumerate([(ana, "A"), (bea, "A"), (ana, "B"), (bea, "B"), (ana, "A")]):
        happened(app, name, person_id=person, account_id=7, occurred_at=now() - hours * HOUR)
    worker()
    assert in_columns(app) == recount(app)


def erase(app, *person_ids):
    with app.app_context():
        count = log.erase(person_ids)
        db.session.commit()
    return count


def in_columns(app):
    """How often each actor did each thing, by the columns."""
    with app.app_context():
        snapshot = snapshots.newest()
    found = Counter()
    for name in snapshot.names():
        for kind in ACTORS:
            for actor in key_codec.actors_of(snapshot.keys(name, kind)).tolist():
                found[name, kind, actor] += 1
    return found


def recount(app):
    """The same, by the log."""
    found = Counter()
    with app.app_context():
        rows = db.session.execute(select(Event.name, Event.person_id, Event.account_id)).all()
        survivors = identities.canonical([person for _, person, _ in rows if person])
        db.session.rollback()
    for name, person, account in rows:
        found.update([(name, "person", survivors.get(person, person))] if person else [])
        found.update([(name, "account", account)] if account else [])
    return found


def people_in(counted):
    return {actor for _, kind, actor in counted if kind == "person"}


def test_the_columns_agree_with_the_log_after_an_erasure(app, copied, ana, bea, worker):
    assert erase(app, ana) == 3
    worker()
    assert people_in(in_columns(app)) == {bea}
    assert in_columns(app) == recount(app)
    assert in_columns(app)["A", "account", 7] == 1


def test_whoever_was_merged_is_erased_under_all_records(app, copied, ana, bea, worker):
    cy = make_person(app, "cy@acme.example", "Cy")
    happened(app, "A", person_id=cy)
    with app.app_context():
        identities.merge(ana, bea, reason="tests", by="tests", force=True)
        db.session.commit()
        records = identities.records_of(identities.survivor(ana))
    worker()
    erase(app, *records)
    worker()
    assert people_in(in_columns(app)) == {cy}
    assert in_columns(app) == recount(app)


def test_what_a_person_does_after_the_erasure_is_counted(app, copied, ana, worker):
    erase(app, ana)
    happened(app, "A", person_id=ana)
    worker()
    assert in_columns(app)["A", "person", ana] == 1
    assert in_columns(app) == recount(app)


def test_many_erasures_copy_the_log_once(app, copied, ana, bea, worker, monkeypatch):
    copies = watch_copies(monkeypatch)
    erase(app, ana)
    happened(app, "A", person_id=make_person(app, "cy@acme.example", "Cy"))
    erase(app, bea)
    erase(app, bea, 999)
    worker()
    assert in_columns(app) == recount(app)
    assert len(copies) == 1


def test_a_copy_that_never_held_the_person_is_not_made_anew(app, ana, bea, worker, monkeypatch):
    copies = watch_copies(monkeypatch)
    happened(app, "A", person_id=ana)
    happened(app, "A", person_id=bea)
    erase(app, ana)
    worker()
    assert in_columns(app) == recount(app)
    assert not copies


def test_an_erasure_told_by_others_erases_nobody(app, copied, ana, worker):
    happened(app, "Person Erased", source="segment", properties={"person_ids": [ana]})
    worker()
    assert ana in people_in(in_columns(app))


def test_readers_see_the_old_numbers_until_the_new_ones_are_whole(app, copied, ana, worker, monkeypatch):
    before, seen = in_columns(app), []
    append = subscribers._append

    def watched(writer, events):
        append(writer, events)
        seen.append(in_columns(app))

    monkeypatch.setattr(subscribers, "WINDOW", 1)
    monkeypatch.setattr(subscribers, "_append", watched)
    erase(app, ana)
    worker()
    assert seen == [before] * 3
    assert in_columns(app) == recount(app)


def test_a_crash_while_copying_anew_erases_at_the_next_try(app, copied, ana, worker, monkeypatch):
    def power_cut(*_):
        raise OSError("power cut")

    before = in_columns(app)
    erase(app, ana)
    with monkeypatch.context() as patched:
        patched.setattr("plg.growth.columns.manifest.replace_durably", power_cut)
        worker(may_fail=True)
    assert in_columns(app) == before
    try_again(app)
    worker()
    assert in_columns(app) == recount(app)


def test_the_worker_that_finds_another_one_copying_erases_later(app, copied, ana, worker):
    erase(app, ana)
    with app.app_context(), Writer(snapshots.folder()):
        worker(may_fail=True)
    assert ana in people_in(in_columns(app))
    try_again(app)
    worker()
    assert in_columns(app) == recount(app)


def test_columns_whose_last_event_was_erased_are_copied_anew(app, copied, ana, bea, worker):
    happened(app, "B", person_id=bea)
    worker()
    erase(app, bea)
    worker()
    assert people_in(in_columns(app)) == {ana}
    assert in_columns(app) == recount(app)


@pytest.mark.parametrize("database", ["postgres"], indirect=True)
def test_a_log_that_was_numbered_anew_is_copied_anew(app, copied, bea, worker):
    far = 5_000_000_000
    with app.app_context():
        db.session.execute(update(Event).values(tx=Event.tx + far))
        db.session.execute(update(Cursor).values(tx=Cursor.tx + far))
        db.session.commit()
        shown = manifest.read(snapshots.folder())
        manifest.swap(snapshots.folder(), replace(shown, place=(shown.place[0] + far, shown.place[1])))
        renumbering.renumber()
        db.session.commit()
    happened(app, "A", person_id=bea)
    worker()
    assert in_columns(app) == recount(app)


def watch_copies(monkeypatch):
    """Grows with every copy of the whole log."""
    copies, copy = [], subscribers._copy_anew

    def watched(writer, upto, told=None):
        copies.append(upto)
        return copy(writer, upto, told)

    monkeypatch.setattr(subscribers, "_copy_anew", watched)
    return copies


def try_again(app):
    with app.app_context():
        db.session.execute(update(Cursor).values(retry_at=None))
        db.session.commit()
