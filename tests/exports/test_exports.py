"""Exports: what is in the files is what is in the log, whatever comes late, fails or is erased."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter

import duckdb
import pytest
from sqlalchemy import delete, select

from plg.events import names
from plg.events.models import Event
from plg.exports import exports, jobs, running, targets
from plg.exports.models import DONE, FAILED
from plg.growth import saved_reports
from plg.growth.subscribers import catch_up
from plg.kit.clock import now
from plg.kit.db import db
from plg.people import identities
from tests.support.story import happened, make_account, make_person, publish_plans

DAY = dt.timedelta(days=1)
MAY = dt.datetime(2026, 5, 4, 23, 59, tzinfo=dt.UTC)


@pytest.fixture
def folder(app):
    return app.extensions["plg.settings"].exports_dir


def add(app, content: str = "events", **given) -> str:
    told = {"format_": "parquet", "target": "folder", "folder": content, "every": "day"} | given
    with app.app_context():
        row = exports.add(content, by="tests", **told)
        db.session.commit()
        return row.public_id


def run(app, export: str, *, anew: bool = False):
    """The line of the ledger that a run now writes."""
    with app.app_context():
        exports.run_soon(exports.find(export), anew=anew)
        db.session.commit()
        running.run(exports.find(export).id, now())
        (line,) = exports.runs_of(exports.find(export), 1)
        db.session.expunge(line)
        return line


def rows_of(path) -> list[dict]:
    found = duckdb.sql(f"SELECT * FROM '{path}'")
    return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]


def expected(app) -> dict[str, Counter]:
    """Ids of all events by their day."""
    days: dict[str, Counter] = {}
    with app.app_context():
        for event in db.session.scalars(select(Event)):
            days.setdefault(event.occurred_at.astimezone(dt.UTC).date().isoformat(), Counter())[event.id] += 1
    return days


def there(folder) -> dict[str, Counter]:
    return {
        path.parent.name.removeprefix("day="): Counter(row["id"] for row in rows_of(path))
        for path in folder.glob("events/*/events.parquet")
    }


def test_events_leave_by_day_and_late_ones_write_their_day_anew(app, folder):
    person = make_person(app)
    account = make_account(app, (person, "owner"))
    told = {"total": 4.5, "who": "Ñandú 🦙", "nested": {"a": [1, None]}}
    happened(app, "Sent", person_id=person, account_id=account, occurred_at=MAY, properties=told)
    happened(app, "Sent", person_id=person, occurred_at=MAY + DAY)
    export = add(app)
    line = run(app, export)
    assert (line.status, line.pending, line.error) == (DONE, [], "")
    assert there(folder) == expected(app) and line.rows == sum(map(len, expected(app).values()))
    (row,) = rows_of(folder / "events" / "day=2026-05-04" / "events.parquet")
    assert json.loads(row["properties"]) == told and row["occurred_at"] == MAY
    assert row["person_id"].startswith("per_") and row["account_id"].startswith("acct_")
    untouched = folder / "events" / "day=2026-05-05" / "events.parquet"
    before = untouched.stat().st_mtime_ns
    happened(app, "Late", person_id=person, occurred_at=MAY - dt.timedelta(hours=1))
    line = run(app, export)
    assert line.files == 1 and there(folder) == expected(app)
    assert untouched.stat().st_mtime_ns == before
    assert run(app, export).files == 0


def test_who_was_erased_is_in_no_file_any_more(app, folder):
    gone, stays = make_person(app), make_person(app, "stays@x.example")
    happened(app, "Alone", person_id=gone, occurred_at=MAY)
    happened(app, "Both", person_id=gone, occurred_at=MAY + DAY)
    happened(app, "Both", person_id=stays, occurred_at=MAY + DAY)
    export = add(app)
    run(app, export)
    with app.app_context():
        db.session.execute(delete(Event).where(Event.person_id == gone))
        db.session.commit()
    happened(app, names.PERSON_ERASED, source="plg", properties={"person_ids": [gone]}, occurred_at=now())
    assert run(app, export).status == DONE
    assert there(folder) == expected(app)
    assert not (folder / "events" / "day=2026-05-04" / "events.parquet").exists()


def test_a_run_that_fails_goes_on_with_what_is_left(app, folder, monkeypatch):
    person = make_person(app)
    for number in range(4):
        happened(app, "Sent", person_id=person, occurred_at=MAY + number * DAY)
    export, put, taken = add(app), targets._Objects.put, []

    def refuse_the_third(self, path, file):
        if len(taken) == 2:
            raise targets.NotStored("the disk is full")
        taken.append(path)
        put(self, path, file)

    monkeypatch.setattr(targets._Objects, "put", refuse_the_third)
    line = run(app, export)
    assert (line.status, line.files, line.error) == (FAILED, 2, "the disk is full")
    assert len(there(folder)) == 2
    with app.app_context():
        late = exports.find(export).due_at - now()
    assert dt.timedelta(minutes=4) < late <= running.BACKOFF
    monkeypatch.setattr(targets._Objects, "put", put)
    line = run(app, export)
    assert (line.status, line.attempts, line.error) == (DONE, 2, "")
    assert there(folder) == expected(app) and line.files == len(expected(app))


def test_a_worker_that_died_is_given_up_and_its_run_goes_on(app, folder, monkeypatch):
    happened(app, "Sent", person_id=make_person(app), occurred_at=MAY)
    export = add(app)
    monkeypatch.setattr(running, "_leave", lambda *_: (_ for _ in ()).throw(SystemExit))
    with app.app_context():
        with pytest.raises(SystemExit):
            jobs.run_due(now())
        db.session.rollback()
        monkeypatch.undo()
        assert jobs.run_due(now()) == 0
        assert jobs.run_due(now() + running.GIVEN_UP) == 1
        (line,) = exports.runs_of(exports.find(export))
        assert (line.status, line.attempts) == (DONE, 2)
        assert exports.find(export).due_at > now() + running.GIVEN_UP
    assert there(folder) == expected(app)


def test_people_accounts_and_reports_leave_as_they_are_now(app, folder):
    publish_plans(app)
    one, other = make_person(app, "one@x.example", name="One"), make_person(app, "other@x.example")
    make_account(app, (one, "owner"), (other, "member"), name="=cmd()")
    happened(app, "Signed Up", person_id=one, occurred_at=now() - DAY)
    with app.app_context():
        identities.merge(one, other, reason="tests", by="tests", force=True)
        definition = {"from": (now() - 3 * DAY).isoformat(), "to": now().isoformat()}
        definition |= {"series": [{"events": ["Signed Up"]}]}
        report = saved_reports.save("Sign-ups", "trend", definition, 7, by="tests").public_id
        db.session.commit()
        catch_up()
    for content in ("people", "accounts"):
        assert run(app, add(app, content)).status == DONE
    people = rows_of(folder / "people" / "people.parquet")
    survivor = [row for row in people if row["merged_into"] is None and row["email"]]
    assert {row["merged_into"] for row in people} == {None, survivor[0]["id"]}
    (account,) = rows_of(folder / "accounts" / "accounts.parquet")
    assert (account["name"], account["plan"]) == ("=cmd()", "free")
    assert run(app, add(app, "report", folder="weekly", format_="csv", report=report)).status == DONE
    rows = rows_of(folder / "weekly" / "table=periods" / "report.csv")
    assert sum(row["events"] for row in rows) == 1
    assert not (folder / "weekly" / "table=formula" / "report.csv").exists()


def test_a_schedule_is_the_full_hour_or_the_night():
    assert exports.next_due("hour", MAY) == MAY + dt.timedelta(minutes=1)
    assert exports.next_due("day", MAY) == MAY + dt.timedelta(hours=2, minutes=1)


def test_an_export_that_cannot_be_names_its_faults(app):
    export = add(app)
    with app.app_context():
        with pytest.raises(exports.ExportFaulty) as faulty:
            exports.add("all", format_="xls", target="ftp", folder="../etc", every="never", by="tests")
        told = {"format_": "csv", "target": "folder", "every": "day", "by": "tests"}
        with pytest.raises(exports.FolderTaken):
            exports.add("people", folder="events", **told)
        with pytest.raises(targets.TargetNotSetUp):
            exports.add("people", folder="people", **told | {"target": "s3"})
        exports.delete_export(exports.find(export))
        db.session.commit()
        assert jobs.forget_runs(now() + 1000 * DAY) == 0
    fields = {fault.field for fault in faulty.value.errors}
    assert fields == {"content", "format", "target", "folder", "every"}
