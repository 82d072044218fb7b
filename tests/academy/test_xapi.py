"""What people achieve arrives at a learning record store, once each, whatever happens on the way."""

from __future__ import annotations

import datetime as dt
import socket
import uuid

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from academy import attempts, certificates
from academy.xapi import jobs, lrs, outbox
from academy.xapi.models import XapiStatement
from academy.xapi.statements import BADGES
from plg.cli import main
from plg.events import subscribers
from plg.kit.clock import now
from plg.kit.db import db
from plg.people import people
from tests.academy.conftest import KEY, School
from tests.academy.record_store import RecordStore
from tests.support.live_server import live_server
from tests.support.turns import Turns

ONE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
HOME = "https://academy.example"


@pytest.fixture
def store():
    return RecordStore()


@pytest.fixture
def make_school(make_app):
    def make(url: str = "", **settings) -> School:
        given = {"lrs_username": "key", "lrs_password": "secret"} | settings
        school = School(make_app(lrs_url=url and f"{url}/xapi/", public_url=HOME, **given))
        school.publish()
        return school

    return make


@pytest.fixture
def school(make_school, store):
    with live_server(store) as url:
        yield make_school(url)


def achieve(school: School, name: str = "Ana López") -> int:
    """A person who finishes both lessons, passes the quiz and earns the certificate: five statements."""
    person = school.ready(name)
    school.pass_quiz(person)
    Turns(school.app)()
    return person


def send(school: School, after: dt.timedelta = dt.timedelta(), times: int = 1) -> int:
    with school.app.app_context():
        return sum(jobs.send_statements(now() + after) for _ in range(times))


def waiting(school: School) -> list[XapiStatement]:
    with school.turn():
        return list(db.session.scalars(select(XapiStatement).order_by(XapiStatement.due_at)))


def test_each_achievement_is_told_as_a_sound_statement(school, store):
    person = achieve(school)
    assert send(school) == 5 and waiting(school) == []

    told = {(each["verb"]["display"]["en"], each["object"]["id"]): each for each in store.kept.values()}
    course = f"{HOME}/academy/{KEY}"
    assert set(told) == {
        ("completed", f"{course}/first"),
        ("completed", f"{course}/second"),
        ("passed", f"{course}/quiz"),
        ("earned", f"{course}#certificate"),
        ("completed", course),
    }
    passed, earned = told["passed", f"{course}/quiz"], told["earned", f"{course}#certificate"]
    assert passed["result"] == {"success": True, "score": {"scaled": 1.0}}
    assert passed["context"]["contextActivities"]["parent"][0]["id"] == course
    assert passed["context"]["extensions"] == {f"{HOME}/xapi/course-version": 1}
    with school.turn():
        code = certificates.grouped(certificates.of_person(person)[0].code)
        key = people.get(person).public_id
    assert earned["result"]["extensions"] == {
        f"{BADGES}/extensions/badgeassertion": {"@id": f"{HOME}/certificates/{code}/credential.json"}
    }
    agent = {"objectType": "Agent", "name": "Ana López", "account": {"homePage": HOME, "name": key}}
    assert all(each["actor"] == agent for each in told.values())
    assert store.calls == [5]


@ONE
def test_a_failed_quiz_is_told_as_failed(school, store):
    person = school.ready()
    attempt = school.start(person)
    with school.turn():
        attempts.submit(attempt, {}, 0, person_id=person)
    Turns(school.app)()
    send(school)
    (failed,) = (each for each in store.kept.values() if each["verb"]["display"]["en"] == "failed")

    assert failed["result"] == {"success": False, "score": {"scaled": 0.0}}


def test_a_replay_of_the_log_tells_nothing_twice(school, store):
    achieve(school)
    send(school)
    kept = dict(store.kept)
    with school.turn():
        subscribers.replay("academy.xapi")
    Turns(school.app)()
    send(school)

    assert store.kept == kept and store.calls == [5, 5] and waiting(school) == []
    assert all(uuid.UUID(each).version == 5 for each in kept)


@ONE
def test_what_the_store_knows_already_in_other_words_is_left_at_that(school, store):
    person = achieve(school)
    send(school)
    with school.turn():
        people.get(person).name = "Ana María López"
        subscribers.replay("academy.xapi")
    before = dict(store.kept)
    Turns(school.app)()
    send(school)

    assert store.kept == before and waiting(school) == []


@ONE
@pytest.mark.parametrize("status", [401, 404, 429, 500, 503])
def test_while_the_store_is_out_of_reach_everything_waits(school, store, status):
    achieve(school)
    store.faults.append((status, {}))
    assert send(school) == 0
    (first, *_) = rows = waiting(school)

    assert len(rows) == 5 and (first.attempts, first.error) == (1, str(status))
    assert send(school, dt.timedelta(seconds=4)) == 0 and store.calls == []
    assert send(school, dt.timedelta(seconds=8)) == 5 and len(store.kept) == 5


@ONE
def test_it_waits_longer_each_time_and_as_long_as_it_is_asked_to(school, store):
    achieve(school)
    after = dt.timedelta()
    pauses = []
    for _ in range(8):
        store.faults.append((500, {}))
        send(school, after)
        due = waiting(school)[0].due_at - now()
        pauses.append((due - after).total_seconds())
        after = due + dt.timedelta(hours=1)
    assert pauses[0] < 7 and 29 < pauses[1] < 37 and 3599 < pauses[-1] < 4400
    store.faults.append((503, {"Retry-After": "7200"}))
    send(school, after)
    assert (waiting(school)[0].due_at - now() - after).total_seconds() > 7190


@ONE
def test_no_answer_at_all_is_waited_out(make_school, monkeypatch):
    monkeypatch.setattr(lrs, "TIMEOUT", (0.2, 0.2))
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        school = make_school(f"http://127.0.0.1:{silent.getsockname()[1]}")
        achieve(school)
        assert send(school) == 0
    assert {each.error for each in waiting(school)} == {"ReadTimeout"}
    assert send(school, dt.timedelta(minutes=1)) == 0
    assert {each.error for each in waiting(school)} == {"ConnectionError"}


@ONE
def test_a_statement_that_is_not_taken_does_not_hold_up_the_others(school, store):
    achieve(school)
    bad = waiting(school)[2].id
    store.never.add(bad)
    assert send(school) == 5

    (left,) = waiting(school)
    assert left.id == bad and left.due_at is None and left.error.startswith("400: ")
    assert len(store.kept) == 4
    store.never.clear()
    with school.turn():
        assert outbox.standing() == (0, 1) and outbox.try_refused_again() == 1
    assert send(school) == 1 and waiting(school) == []


def test_workers_that_send_at_once_share_the_work(school, store):
    for name in ("Ana", "Juan", "Eva"):
        achieve(school, name)

    done = school.at_once([lambda: jobs.send_statements(now())] * 3)
    assert sum(done) == 15 and sum(store.calls) == 15 and len(store.kept) == 15


@ONE
def test_a_worker_that_dies_while_it_sends_has_it_sent_again(school, store, monkeypatch):
    achieve(school)

    def die(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(outbox, "delivered", die)
        with school.app.app_context(), pytest.raises(KeyboardInterrupt):
            jobs.send_statements(now())
    assert len(store.kept) == len(waiting(school)) == 5
    assert send(school) == 0
    assert send(school, outbox.LEASE * 1.1) == 5 and len(store.kept) == 5


@ONE
def test_no_transaction_is_open_while_the_store_is_spoken_to(school, store, monkeypatch):
    real, open_ = lrs.LrsGateway.send, []

    def watched(self, statements):
        open_.append(db.session().in_transaction())
        real(self, statements)

    monkeypatch.setattr(lrs.LrsGateway, "send", watched)
    achieve(school)
    store.never.add(waiting(school)[0].id)
    send(school)

    assert len(open_) > 1 and not any(open_)


@ONE
def test_without_a_store_nothing_is_written_and_nothing_sent(make_school):
    school = make_school()
    achieve(school)

    assert waiting(school) == [] and send(school) == 0


@ONE
def test_the_worker_sends_them(school, store):
    school.pass_quiz(school.ready())
    Turns(school.app)()
    Turns(school.app)(now=now())
    assert len(store.kept) == 5


@ONE
def test_the_command_says_what_waits_and_tries_again(school, store, database, tmp_path):
    achieve(school)
    store.never.add(waiting(school)[0].id)
    send(school)
    environment = {"PLG_DATABASE_URL": database.url, "PLG_DATA_DIR": str(tmp_path), "PLG_ENVIRONMENT": "test"}
    said = CliRunner().invoke(main, ["academy", "xapi", "--again"], env=environment)

    assert said.output == "0 wait, 1 refused, 1 tried again\n"
    assert waiting(school)[0].due_at is not None
