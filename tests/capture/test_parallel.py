"""Retries that overlap, people who arrive twice at once: each event once, each person once."""

import threading
import uuid

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from plg.accounts.models import Account
from plg.capture import desk
from plg.kit.db import db
from plg.people.models import Person
from tests.capture.reading import account, events, members, person, same_person

THREADS = 8


def together(work):
    """Run work(number) in real threads that start at the same moment; their results."""
    start, results = threading.Barrier(THREADS), [None] * THREADS

    def run(number):
        start.wait()
        results[number] = work(number)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return results


def track(key, **fields):
    return {"type": "track", "messageId": str(uuid.uuid4()), "event": "e", "writeKey": key} | fields


def count(app, model, *where):
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(model).where(*where))


def test_the_same_batch_sent_by_many_at_once_is_stored_once(app, secret_key):
    batch = [track(secret_key, userId=f"u{number}", context={"groupId": "acme"}) for number in range(20)]

    def send(_):
        return app.test_client().post("/v1/batch", json={"batch": batch, "writeKey": secret_key}).status_code

    assert set(together(send)) == {200}
    assert len(events(app)) == 20
    assert count(app, Person) == 20
    assert count(app, Account) == 1
    assert len(members(app, "acme")) == 20


def test_the_same_batch_in_two_processes_at_once_is_stored_once(app, make_app, secret_key):
    apps = [app, *(make_app() for _ in range(THREADS - 1))]  # what one remembers the others do not
    batch = [track(secret_key, userId=f"u{number % 3}", anonymousId="anon") for number in range(10)]

    def send(number):
        body = {"batch": batch[::-1] if number % 2 else batch, "writeKey": secret_key}
        return apps[number].test_client().post("/v1/batch", json=body).status_code

    assert set(together(send)) == {200}
    assert len(events(app)) == 10


def test_new_companies_that_several_processes_meet_at_once_are_one_each(app, make_app, secret_key):
    apps = [app, *(make_app() for _ in range(THREADS - 1))]
    companies = [f"company-{number}" for number in range(20)]

    def send(number):
        order = companies[number:] + companies[:number]
        batch = [track(secret_key, userId="u", context={"groupId": company}) for company in order]
        body = {"batch": batch, "writeKey": secret_key}
        return apps[number].test_client().post("/v1/batch", json=body).status_code

    assert set(together(send)) == {200}
    assert count(app, Account) == len(companies)
    created = [event.name for event in events(app, of_plg=True)].count("Account Created")
    assert created == len(companies)
    assert members(app, companies[7]) == {person(app, "u").id}


def test_one_person_who_signs_in_in_many_places_at_once_is_one(app, make_app, secret_key):
    apps = [app, *(make_app() for _ in range(THREADS - 1))]

    def send(number):
        body = {
            "userId": "u1",
            "anonymousId": f"a{number}",
            "traits": {f"t{number}": number},
            "writeKey": secret_key,
        }
        return apps[number].test_client().post("/v1/identify", json=body).status_code

    assert set(together(send)) == {200}
    assert same_person(app, "u1", *(f"a{number}" for number in range(THREADS)))
    assert count(app, Person, Person.merged_into_id.is_(None)) == 1


def test_the_requests_that_wait_together_are_each_stored(app, secret_key):
    def send(number):
        client = app.test_client()
        return [
            client.post("/v1/track", json=track(secret_key, userId=f"u{number}-{turn}")).status_code
            for turn in range(10)
        ]

    assert {status for statuses in together(send) for status in statuses} == {200}
    assert len(events(app)) == THREADS * 10


def test_one_request_that_fails_does_not_take_those_down_that_waited_with_it(app, secret_key, monkeypatch):
    real = desk.ingest

    def poisoned(messages, **options):
        if any(message.name == "poison" for message in messages):
            raise ValueError("poison")
        return real(messages, **options)

    monkeypatch.setattr(desk, "ingest", poisoned)
    app.config["PROPAGATE_EXCEPTIONS"] = False

    def send(number):
        name = "poison" if number == 3 else "good"
        body = track(secret_key, userId=f"u{number}", event=name)
        return app.test_client().post("/v1/track", json=body).status_code

    assert sorted(together(send)) == [200] * (THREADS - 1) + [500]
    assert len(events(app)) == THREADS - 1


@pytest.mark.parametrize("failures", [1, 2, 3])
def test_a_busy_database_is_tried_again_and_then_told_with_503(
    app, client, secret_key, monkeypatch, failures
):
    real, left = desk.ingest, [failures]

    def busy(messages, **options):
        if left[0]:
            left[0] -= 1
            raise OperationalError("INSERT", {}, Exception("database is locked"))
        return real(messages, **options)

    monkeypatch.setattr(desk, "ingest", busy)
    answer = client.post("/v1/track", json=track(secret_key, userId="u1"))
    if failures < 3:
        assert answer.status_code == 200
        assert len(events(app)) == 1
    else:
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "1"
        assert set(answer.json) == {"code", "message"}
        assert events(app) == []


def test_what_was_rolled_back_is_not_remembered(app, client, secret_key, monkeypatch):
    real = db.session.commit

    def fail():
        raise OperationalError("COMMIT", {}, Exception("database is locked"))

    monkeypatch.setattr(desk.db.session, "commit", fail)
    body = track(secret_key, userId="u1", context={"groupId": "acme"})
    assert client.post("/v1/track", json=body).status_code == 503
    monkeypatch.setattr(desk.db.session, "commit", real)
    assert client.post("/v1/track", json=body).status_code == 200
    assert members(app, "acme") == {person(app, "u1").id}
    assert events(app)[0].account_id == account(app, "acme").id
