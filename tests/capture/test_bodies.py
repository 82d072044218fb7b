"""What no door may stumble over: broken, huge and hostile bodies, ids that mean nobody, too many requests."""

import gzip
import json
import random
import string
import uuid

import pytest

from plg.capture import endpoints, posthog
from plg.kit.db import db
from tests.capture.reading import account, events, is_known, only_event, person, same_person
from tests.capture.test_doors import ph

DOORS = ["/v1/batch", "/v1/track", "/batch/", "/e/", "/i/v1/analytics/events"]


def knocks(client, path, key, body, **headers):
    return client.post(path, data=body, headers={"Authorization": f"Bearer {key}"} | headers)


@pytest.mark.parametrize("path", DOORS)
@pytest.mark.parametrize(
    ("name", "statuses"), [("cut short", {400}), ("bomb", {400, 413}), ("deep", {400}), ("empty", {400})]
)
def test_broken_bombs_and_deep_bodies_are_a_clean_refusal(app, client, secret_key, path, name, statuses):
    body = {
        "cut short": gzip.compress(b'{"batch": []}' * 100)[:-6],
        "bomb": gzip.compress(b" " * 100_000_000, 1),
        "deep": b'{"batch": ' + b"[" * 1000 + b"]" * 1000 + b"}",
        "empty": b"",
    }[name]
    answer = knocks(client, path, secret_key, body)
    assert answer.status_code in statuses
    if name == "cut short":
        assert "cut short" in answer.get_data(as_text=True)
    assert events(app) == []


def test_a_batch_of_20_mb_is_stored_whole(app, client, secret_key):
    noise = random.Random(1)
    text = "".join(noise.choices(string.ascii_letters, k=1000))
    batch = [ph("e", f"u{number % 50}", properties={"text": text}) for number in range(17_500)]
    body = json.dumps({"api_key": secret_key, "batch": batch}).encode()
    assert 19_000_000 < len(body) <= posthog.MAX_BATCH
    assert client.post("/batch/", data=body).status_code == 200
    with app.app_context():
        stored = db.session.connection().exec_driver_sql(
            "SELECT count(*) FROM events WHERE source = 'posthog'"
        )
        assert stored.scalar() == len(batch)
        db.session.rollback()
    assert client.post("/batch/", data=body + b" " * 3_000_000).status_code == 413


def test_nul_and_half_pairs_reach_neither_database(app, client, secret_key):
    body = b'{"writeKey":"%s","userId":"u\\u0000","event":"a\\u0000b","properties":{"\\ud83d":"\\u0000"}}'
    assert client.post("/v1/track", data=body % secret_key.encode()).status_code == 200
    event = only_event(app)
    assert (event.name, event.properties) == ("a\ufffdb", {"\ufffd": "\ufffd"})


@pytest.mark.parametrize("nobody", [None, "", "null", "undefined", 0, "[object Object]"])
def test_ids_that_mean_nobody_make_nobody(app, client, secret_key, nobody):
    client.post(
        "/v1/track", json={"userId": nobody, "anonymousId": nobody, "event": "e", "writeKey": secret_key}
    )
    client.post("/batch/", json={"api_key": secret_key, "batch": [ph("e", nobody)]})
    assert all(event.person_id is None for event in events(app))
    assert not is_known(app, str(nobody))


def test_an_event_that_wants_no_person_makes_none(app, client, secret_key):
    made_up = str(uuid.uuid4())
    event = ph("e", made_up, properties={"$process_person_profile": False})
    client.post("/batch/", json={"api_key": secret_key, "batch": [event]})
    assert only_event(app).person_id is None
    assert not is_known(app, made_up)


def test_both_formats_lead_to_the_same_person_and_account(app, client, secret_key):
    context = {"groupId": "acme"}
    client.post("/v1/track", json={"userId": "u1", "event": "a", "context": context, "writeKey": secret_key})
    event = ph("b", "u1", properties={"$groups": {"company": "acme"}})
    client.post("/batch/", json={"api_key": secret_key, "batch": [event]})
    first, second = events(app)
    assert (first.person_id, first.account_id) == (second.person_id, second.account_id)
    assert first.account_id == account(app, "acme").id
    assert same_person(app, "u1")
    assert person(app, "u1").id == first.person_id


def test_too_many_requests_are_told_when_to_come_back(make_app, monkeypatch):
    monkeypatch.setattr(endpoints, "RATE", "2/minute")
    client = make_app(rate_limits=True).test_client()
    answers = [client.post("/v1/track", json={}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [401, 401, 429]
    assert set(answers[2].json) == {"code", "message"}
    assert 0 < int(answers[2].headers["Retry-After"]) <= 60
    assert "X-RateLimit-Reset" in answers[2].headers
    assert client.post("/v1/page", json={}).status_code == 429  # one limit for all calls of a client
    assert client.post("/e/", json={}).status_code == 401
