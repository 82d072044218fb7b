"""A POST that is sent again happens once and is answered the same."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from plg.access import user_tokens
from plg.access.models import IdempotentRequest
from plg.accounts.models import Account
from plg.events.models import Event
from plg.kit.clock import now
from plg.kit.db import db
from plg.messaging.models import OutgoingMail
from plg.people import people
from tests.support.story import make_account, make_person, publish_plans

FORM = {"email": "ana@acme.example", "password": "correct horse battery", "name": "Ana", "company": "Acme"}


@pytest.fixture
def sign_up(app, secret_key):
    publish_plans(app)

    def post(key, form=FORM):
        headers = {"Authorization": f"Bearer {secret_key}", "Idempotency-Key": key}
        return app.test_client().post("/v1/signups", json=form, headers=headers)

    return post


def accounts(app):
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(Account))


def test_the_repetition_gets_the_first_answer(app, sign_up):
    first, second = sign_up("k1"), sign_up("k1")
    assert (first.status_code, first.json) == (second.status_code, second.json)
    assert (first.headers.get("Idempotent-Replayed"), second.headers["Idempotent-Replayed"]) == (None, "true")
    assert accounts(app) == 1


def test_a_sign_up_by_the_api_is_asked_by_mail_to_confirm_the_address_once(app, sign_up):
    sign_up("k1")
    sign_up("k1")
    with app.app_context():
        (mail,) = db.session.scalars(select(OutgoingMail))
        assert (mail.email, mail.template) == ("ana@acme.example", "confirm-email")
        assert "/verify/" in mail.text


def test_in_parallel_it_happens_once_and_all_hear_the_same(app, sign_up):
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: sign_up("k1"), range(8)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json["account"] for answer in answers}) == 1
    assert accounts(app) == 1


def test_the_same_key_with_another_request_is_refused(app, sign_up):
    sign_up("k1")
    answer = sign_up("k1", FORM | {"company": "Other"})
    assert (answer.status_code, answer.json["code"]) == (409, "idempotency_key_reused")
    assert accounts(app) == 1


def test_a_refused_request_may_be_mended_under_the_same_key(sign_up):
    assert sign_up("k1", FORM | {"email": "no address"}).status_code == 422
    assert sign_up("k1").status_code == 201


def test_without_the_header_a_second_sign_up_is_told_that_the_address_is_known(app, client, secret_key):
    publish_plans(app)
    headers = {"Authorization": f"Bearer {secret_key}"}
    assert client.post("/v1/signups", json=FORM, headers=headers).status_code == 201
    again = client.post("/v1/signups", json=FORM, headers=headers)
    assert (again.status_code, again.json["code"]) == (409, "address_known")


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_a_key_of_an_impossible_length_is_refused(sign_up, key):
    assert sign_up(key).json["code"] == "idempotency_key_invalid"


def test_at_the_doors_for_events_the_key_of_one_sender_is_nobody_elses(app, secret_key, publishable_key):
    """They find the sender's key in the body, so the header would be shared by all of the world."""
    event = {"type": "track", "userId": "u1", "event": "Looked"}
    for number, write_key in enumerate((secret_key, publishable_key, "pk_unknown")):
        body = event | {"writeKey": write_key, "messageId": f"m{number}"}
        answer = app.test_client().post("/v1/track", json=body, headers={"Idempotency-Key": "k1"})
        assert answer.status_code == (401 if number == 2 else 200)
        assert "Idempotent-Replayed" not in answer.headers
    with app.app_context():
        looked = select(func.count()).select_from(Event).where(Event.name == "Looked")
        assert db.session.scalar(looked) == 2
        assert db.session.scalar(select(func.count()).select_from(IdempotentRequest)) == 0


def test_one_person_in_two_accounts_has_two_keys(app, client, publishable_key):
    person = make_person(app)
    for name in ("one", "two"):
        make_account(app, (person, "owner"), key=name)
    for name in ("one", "two"):
        with app.app_context():
            token = user_tokens.sign(people.get(person).public_id, name)
        headers = {"X-Plg-Key": publishable_key, "Authorization": f"Bearer {token}", "Idempotency-Key": "k1"}
        answer = client.post("/v1/widget/upgrade-requests", json={"note": "please"}, headers=headers)
        assert (answer.status_code, answer.headers.get("Idempotent-Replayed")) == (200, None)


def test_an_answer_is_forgotten_after_two_days(app, sign_up, worker):
    sign_up("k1")
    worker(now=now() + dt.timedelta(days=1))
    assert sign_up("k1").headers["Idempotent-Replayed"] == "true"
    worker(now=now() + dt.timedelta(days=3))
    assert sign_up("k1").json["code"] == "address_known"
