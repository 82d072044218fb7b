"""SQL over the copy: right, as fresh as it says, and with no way out."""

from __future__ import annotations

import datetime as dt
import functools
import io
import json
import threading
from collections import Counter

import pytest
from click.testing import CliRunner
from sqlalchemy import delete, select, update

from plg.events import log, names
from plg.events.models import Event
from plg.kit.clock import now
from plg.kit.db import db
from plg.kit.errors import Refusal
from plg.people import identities
from plg.people.models import Person
from plg.sql import copy, jobs, process, queries
from plg.sql.models import SqlQuery
from tests.support.story import happened, make_account, make_person
from tests.support.visitors import a_customer, visitor

MINUTE = dt.timedelta(minutes=1)
NOON = dt.datetime(2026, 5, 4, 12, tzinfo=dt.UTC)


def asked(app, sql: str) -> list[list]:
    with app.app_context():
        return queries.ask(sql, by="tests").rows


def refused(app, sql: str) -> str:
    with app.app_context(), pytest.raises(Refusal) as refusal:
        queries.ask(sql, by="tests")
    return refusal.value.code


def later(monkeypatch, minutes: int) -> None:
    """The copy believes that it is so much later."""
    monkeypatch.setattr(queries, "now", lambda: now() + minutes * MINUTE)


def test_what_is_asked_is_what_is_in_the_log(app, monkeypatch):
    one, other = make_person(app), make_person(app, "other@x.example")
    account = make_account(app, (one, "owner"))
    for number in range(4):
        told = {"plan": "pro", "total": number / 2}
        at = NOON + number * 20 * MINUTE
        happened(app, "Sent", person_id=one, account_id=account, occurred_at=at, properties=told)
    happened(app, "Sent", person_id=other, occurred_at=NOON + 90 * MINUTE)
    with app.app_context():
        expected = Counter(db.session.scalars(select(Event.name)))
    counted = asked(app, "SELECT name, count(*) FROM events GROUP BY name")
    assert dict(counted) == expected
    total = "SELECT sum((properties->>'total')::DOUBLE) FROM events WHERE properties->>'plan' = 'pro'"
    assert asked(app, total) == [[3.0]]
    sessions = asked(app, "SELECT events, epoch(ended_at - started_at) FROM sessions ORDER BY 1")
    assert [4, 3600.0] in sessions and [1, 0.0] in sessions
    assert asked(app, "SELECT members FROM accounts") == [[1]]
    with app.app_context():
        identities.merge(one, other, reason="tests", by="tests", force=True)
        db.session.commit()
    by_person = "SELECT count(DISTINCT person_id) FROM events WHERE name = 'Sent'"
    assert asked(app, by_person) == [[2]]  # the copy is of this minute
    later(monkeypatch, 2)
    assert asked(app, by_person) == [[1]]
    with app.app_context():
        db.session.execute(delete(Event).where(Event.name == "Sent"))
        db.session.commit()
    happened(app, names.PERSON_ERASED, source="plg", properties={"person_ids": [one]})
    later(monkeypatch, 4)
    assert asked(app, "SELECT count(*) FROM events WHERE name = 'Sent'") == [[0]]


def told_by_process(sql: str, monkeypatch) -> str:
    """What the process of a query says of it, run in this one, without its limits of time and memory."""
    out = io.StringIO()
    asked_ = {"sql": sql, "rows": 10, "bytes": 10_000, "seconds": 1, "memory": "64MB"}
    monkeypatch.setattr(process, "_limit", lambda seconds: None)
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(asked_)))
    monkeypatch.setattr("sys.stdout", out)
    process.main()
    return json.loads(out.getvalue()).get("code", "ok")


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_there_is_no_way_out(app, tmp_path, monkeypatch):
    happened(app, "Sent", person_id=make_person(app), occurred_at=NOON)
    secret = tmp_path / "secret.csv"
    secret.write_text("password\n1\n")
    ways = {
        f"SELECT * FROM read_csv('{secret}')": "sql_faulty",
        f"SELECT * FROM '{secret}'": "sql_faulty",
        "SELECT * FROM read_text('../secret_key')": "sql_faulty",
        "SELECT * FROM read_text('events/../../secret_key')": "sql_faulty",
        f"SELECT * FROM glob('{tmp_path}/*')": "sql_faulty",
        "SELECT * FROM read_parquet('https://example.com/x.parquet')": "sql_faulty",
        "SELECT getenv('PLG_SECRET_KEY')": "sql_faulty",
        "SELECT * FROM nowhere": "sql_faulty",
        "SELEC 1": "sql_faulty",
        "COPY events TO 'events/out.csv'": "only_select",
        "COPY (SELECT 1) TO 'people.parquet' (FORMAT parquet)": "only_select",
        f"ATTACH '{tmp_path}/x.db'": "only_select",
        "INSTALL httpfs": "only_select",
        "LOAD httpfs": "only_select",
        "PRAGMA database_list": "only_select",
        "SET enable_external_access = true": "only_select",
        "CREATE TABLE t AS SELECT 1": "only_select",
        "DROP VIEW events": "only_select",
        "EXPORT DATABASE 'events'": "only_select",
        "SELECT 1; SELECT 2": "only_select",
        "CALL pragma_version()": "only_select",
        "": "only_select",
    }
    assert asked(app, "SELECT count(*) FROM people") == [[1]]
    with app.app_context():
        monkeypatch.chdir(copy.folder())
    assert {sql: told_by_process(sql, monkeypatch) for sql in ways} == ways
    through = [next(iter(ways)), "COPY events TO 'events/out.csv'"]
    assert [refused(app, sql) for sql in through] == [ways[sql] for sql in through]
    with app.app_context():
        written = {path.name for path in copy.folder().rglob("*") if path.is_file()}
        noted = db.session.scalars(select(SqlQuery.outcome)).all()
    assert written == {"people.parquet", "accounts.parquet", "state.json", "wanted", "lock"} | {
        name for name in written if name.startswith("day=")
    }
    assert noted == ["ok", "sql_faulty", "only_select"]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_query_has_an_end_of_time_memory_and_rows(app, monkeypatch):
    monkeypatch.setattr(queries, "SECONDS", 1)
    monkeypatch.setattr(queries, "MEMORY", "64MB")
    endless = "SELECT count(*) FROM range(100000000) a, range(100000000) b"
    assert refused(app, endless) in {"query_too_slow", "query_too_large"}
    hungry = "SELECT count(DISTINCT hash(range) || repeat('x', 200)) FROM range(5000000)"
    assert refused(app, hungry) in {"query_too_large", "query_too_slow"}
    monkeypatch.undo()
    swollen = ("SELECT repeat('x', 900000000)", "SELECT list(range) FROM range(40000000)")
    assert {refused(app, sql) for sql in swollen} <= {"query_too_large", "query_too_slow", "sql_faulty"}
    with app.app_context():
        many = queries.ask("SELECT range FROM range(1000000)", by="tests")
        wide = queries.ask("SELECT repeat('x', 1000000) FROM range(100)", by="tests")
    assert (len(many.rows), many.truncated) == (queries.ROWS, True)
    assert wide.truncated and len(wide.rows) < 25


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_only_so_many_queries_run_at_once(app, monkeypatch):
    monkeypatch.setattr(queries, "AT_ONCE", threading.BoundedSemaphore(1))
    monkeypatch.setattr(queries, "WAIT_SECONDS", 0.01)
    with queries.AT_ONCE:
        assert refused(app, "SELECT 1") == "too_many_queries"
    assert asked(app, "SELECT 1") == [[1]]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_copy_that_nobody_asks_is_deleted_and_a_large_one_is_left_to_the_worker(app, monkeypatch):
    happened(app, "Sent", person_id=make_person(app), occurred_at=NOON)
    with app.app_context():
        assert jobs.keep_copy(now()) == 0 and not copy.folder().exists()
        monkeypatch.setattr(copy, "AT_ONCE", 0)
        with pytest.raises(copy.CopyNotReady):
            queries.ask("SELECT 1", by="tests")
        jobs.keep_copy(now())
        assert queries.ask("SELECT count(*) > 0 FROM events", by="tests").rows == [[True]]
        jobs.keep_copy(now() + copy.KEPT + MINUTE)
        assert not copy.folder().exists()
        assert jobs.forget_queries(now() + jobs.KEPT + MINUTE) == 2


def test_who_was_erased_is_in_the_copy_no_more_after_the_jobs_next_run(app):
    gone, stays = make_person(app, "gone@x.example"), make_person(app, "stays@x.example")
    for person, at in ((gone, NOON), (gone, NOON + 1440 * MINUTE), (stays, NOON + 1440 * MINUTE)):
        happened(app, "Sent", person_id=person, occurred_at=at)
    assert asked(app, "SELECT count(*) FROM events WHERE name = 'Sent'") == [[3]]
    with app.app_context():
        log.erase([gone])
        db.session.execute(update(Person).where(Person.id == gone).values(email=None, name="", traits={}))
        db.session.commit()
        jobs.keep_copy(now() + 2 * MINUTE)
        days = [path.stem for path in copy.folder().glob("events/day=2026-05-*")]
    assert asked(app, "SELECT count(*) FROM events WHERE name = 'Sent'") == [[1]]
    assert days == ["day=2026-05-05"]
    assert asked(app, "SELECT email FROM people WHERE email LIKE '%@x.example'") == [["stays@x.example"]]


@pytest.fixture
def visit(app):
    with app.app_context():
        customer = a_customer("ours", "Our Own Company")
        db.session.commit()
    return functools.cache(lambda kind: visitor(app, kind, customer))


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_it_is_asked_by_api_page_and_command_line(app, visit, monkeypatch):
    secret, staff = visit("secret"), visit("staff")
    answer = secret.open("POST", "/v1/sql", json={"sql": "SELECT 1 AS one, 'á' AS two, NULL AS three"})
    assert answer.json["columns"][0] == {"name": "one", "type": "INTEGER"}
    assert answer.json["rows"] == [[1, "á", None]] and answer.json["truncated"] is False
    told = {"sql": "SELECT '=1+1' AS formula"}
    assert "'=1+1" in secret.open("POST", "/v1/sql?format=csv", json=told).text
    wrong = secret.open("POST", "/v1/sql", json={"sql": "DELETE FROM events"})
    assert (wrong.status_code, wrong.json["code"]) == (422, "only_select")
    assert "What can be asked" in staff.open("GET", "/growth/sql?lang=en").text
    shown = staff.open("POST", "/growth/sql?lang=en", data={"sql": "SELECT 40 + 2 AS sum, '<b>' AS bold"})
    assert ">42<" in shown.text and "&lt;b&gt;" in shown.text and "staff" in shown.text
    csv = staff.open("POST", "/growth/sql", data={"sql": "SELECT 1 AS one", "format": "csv"})
    assert (csv.mimetype, csv.text.split()) == ("text/csv", ["one", "1"])
    faulty = staff.open("POST", "/growth/sql?lang=en", data={"sql": "SELECT * FROM nowhere"})
    assert faulty.status_code == 422 and "nowhere" in faulty.text
    for kind in ("anonymous", "user", "publishable", "person"):
        assert visit(kind).open("POST", "/v1/sql", json={"sql": "SELECT 1"}).status_code in {401, 403}
    from plg.cli import main

    monkeypatch.setattr("plg.app.create_app", lambda *_: app)
    assert CliRunner().invoke(main, ["sql", "SELECT 1 AS one"]).output == "one\n1\n"
    assert '{"one": 1}' in CliRunner().invoke(main, ["sql", "SELECT 1 AS one", "--format", "json"]).output
    assert CliRunner().invoke(main, ["sql", "DROP VIEW events"]).exit_code == 1
