"""From the log to the columns, on both databases."""

from __future__ import annotations

import datetime as dt
import shutil
from typing import Any

import pytest
from flask import Flask

from plg.events import subscribers
from plg.growth import folder as growth_folder
from plg.growth import snapshots
from plg.growth.columns import Snapshot, Writer, WriterBusy
from plg.growth.reports.funnel import Funnel, evaluate
from plg.growth.subscribers import catch_up
from plg.kit.clock import now
from plg.kit.db import db
from plg.people import identities
from tests.support.queries import count_queries
from tests.support.story import happened, make_account, make_person

HOUR = dt.timedelta(hours=1)


@pytest.fixture
def start() -> dt.datetime:
    return now() - 24 * HOUR


def snapshot(app: Flask) -> Snapshot:
    with app.app_context():
        return snapshots.newest()


def entered(app: Flask, *steps: Any, actor: str = "person") -> list[int]:
    written = [{"events": [step]} if isinstance(step, str) else step for step in steps]
    range_ = {"from": now() - 48 * HOUR, "to": now() + HOUR}
    definition = Funnel.model_validate({"steps": written, "actor": actor} | range_)
    return [step.entered for step in evaluate(definition, snapshot(app)).steps]


def test_an_event_is_in_the_report_after_the_worker_ran(app, worker, start):
    ana, account = make_person(app), make_account(app)
    happened(app, "Signed Up", person_id=ana, account_id=account, occurred_at=start)
    happened(app, "Invoice Sent", person_id=ana, account_id=account, occurred_at=start + HOUR)
    assert entered(app, "Signed Up", "Invoice Sent") == [0, 0]
    worker()
    assert entered(app, "Signed Up", "Invoice Sent") == [1, 1]
    assert entered(app, "Signed Up", "Invoice Sent", actor="account") == [1, 1]


def test_a_sign_up_belongs_to_the_only_account_of_its_person(app, worker, start):
    ana, bea = make_person(app), make_person(app, "bea@acme.example", "Bea")
    account = make_account(app, (ana, "owner"))
    happened(app, "Signed Up", person_id=ana, occurred_at=start)
    happened(app, "Signed Up", person_id=bea, occurred_at=start)
    happened(app, "Subscription Started", account_id=account, occurred_at=start + HOUR)
    worker()
    assert entered(app, "Signed Up", "Subscription Started", actor="account") == [1, 1]
    assert entered(app, "Signed Up", "Subscription Started") == [2, 0]


def test_people_merged_before_and_after_the_worker_ran_count_once(app, worker, start):
    with app.app_context():
        records = identities.resolve(["anon-1", "anon-2", "u1"])
        db.session.commit()
    for anonymous in ("anon-1", "anon-2"):
        happened(app, "Signed Up", person_id=records[anonymous], occurred_at=start)
    happened(app, "Activated", person_id=records["u1"], occurred_at=start + HOUR)
    with app.app_context():
        identities.merge(records["u1"], records["anon-1"], reason="tests", by="tests")
        db.session.commit()
    worker()
    assert entered(app, "Signed Up", "Activated") == [2, 1]
    with app.app_context():
        identities.merge(records["anon-1"], records["anon-2"], reason="tests", by="tests")
        db.session.commit()
    worker()
    assert entered(app, "Signed Up", "Activated") == [1, 1]


def test_a_merge_told_by_a_browser_merges_nobody(app, worker, start):
    ana, bea = make_person(app), make_person(app, "bea@acme.example", "Bea")
    for person in (ana, bea):
        happened(app, "Signed Up", person_id=person, occurred_at=start)
    forged = {"from_person_id": ana, "into_person_id": bea}
    happened(app, "People Merged", person_id=bea, properties=forged, source="segment")
    worker()
    assert entered(app, "Signed Up", "Activated") == [2, 0]


def test_reading_the_log_again_gives_the_same_numbers(app, worker, start):
    ana = make_person(app)
    happened(app, "Signed Up", 3, person_id=ana, occurred_at=start)
    worker()
    before = snapshot(app)
    with app.app_context():
        subscribers.replay("growth.columns")
        db.session.commit()
    worker()
    assert snapshot(app).events == before.events
    assert snapshot(app).keys("Signed Up", "person").size == 3


def test_a_lost_data_folder_is_filled_again_at_the_next_event(app, worker, start):
    ana = make_person(app)
    happened(app, "Signed Up", 3, person_id=ana, occurred_at=start)
    worker()
    with app.app_context():
        shutil.rmtree(snapshots.folder())
    happened(app, "Signed Up", person_id=ana, occurred_at=start)
    worker()
    assert snapshot(app).keys("Signed Up", "person").size == 4


def test_a_crash_before_the_manifest_is_swapped_loses_and_doubles_nothing(app, worker, start, monkeypatch):
    happened(app, "Signed Up", 3, person_id=make_person(app), occurred_at=start)

    def power_cut(*_: object) -> None:
        raise OSError("power cut")

    with monkeypatch.context() as patched:
        patched.setattr("plg.growth.columns.manifest.replace_durably", power_cut)
        worker(may_fail=True)
    assert entered(app, "Signed Up", "Activated") == [0, 0]
    with app.app_context():
        db.session.execute(db.update(subscribers.Cursor).values(retry_at=None))
        db.session.commit()
    worker()
    assert snapshot(app).keys("Signed Up", "person").size == 3


def test_a_kept_property_filters_and_another_one_fills_the_columns_anew(app, worker, start):
    ana = make_person(app)
    happened(app, "Signed Up", person_id=ana, occurred_at=start, properties={"country": "CO"})
    happened(app, "Signed Up", person_id=make_person(app, "b@x.example"), occurred_at=start)
    worker()
    with app.app_context():
        growth_folder.section.publish("growth", {"properties": ["country"], "funnel": ["A", "B"]}, "tests")
        db.session.commit()
    happened(app, "Activated", person_id=ana)
    worker()
    from_colombia = {"events": ["Signed Up"], "where": {"country": "CO"}}
    assert entered(app, from_colombia, "Activated") == [1, 1]
    assert entered(app, "Signed Up", "Activated") == [2, 1]


def test_the_number_of_statements_does_not_grow_with_the_events(app, start):
    def statements(count: int) -> int:
        happened(app, "Signed Up", count, person_id=ana, occurred_at=start)
        with app.app_context(), count_queries(db.engine) as queries:
            assert catch_up() >= count
        return queries.count

    ana = make_person(app)
    make_account(app, (ana, "owner"))
    catch_up_everything(app)
    assert statements(500) == statements(5) <= 8


def catch_up_everything(app: Flask) -> None:
    with app.app_context():
        catch_up()


def test_while_another_process_writes_the_worker_waits(app, start):
    happened(app, "Signed Up", person_id=make_person(app), occurred_at=start)
    with app.app_context(), Writer(snapshots.folder()), pytest.raises(WriterBusy):
        catch_up()


@pytest.mark.parametrize("database", ["postgres"], indirect=True)
def test_an_event_of_a_transaction_that_commits_late_is_not_stepped_over(app, worker, start):
    ana = make_person(app)
    with app.app_context(), db.engine.connect() as slow:
        slow.begin()
        slow.exec_driver_sql(
            "INSERT INTO events (tx, id, name, person_id, occurred_at, received_at, properties, context, source)"
            " VALUES (pg_current_xact_id()::text::bigint, 'late', 'Signed Up', %s, now() - interval '2 hours',"
            " now(), '{}', '{}', 'test')",
            (ana,),
        )
        happened(app, "Activated", person_id=ana)
        worker()
        assert entered(app, "Signed Up", "Activated") == [0, 0]
        slow.commit()
    worker()
    assert entered(app, "Signed Up", "Activated") == [1, 1]


def test_times_before_2010_are_left_out_and_counted(app, worker, start):
    ana = make_person(app)
    happened(app, "Signed Up", person_id=ana, occurred_at=dt.datetime(1970, 1, 1, tzinfo=dt.UTC))
    happened(app, "Signed Up", person_id=ana, occurred_at=start)
    worker()
    assert snapshot(app).left_out == 1
    assert entered(app, "Signed Up", "Activated") == [1, 0]
