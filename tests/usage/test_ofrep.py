"""Any OpenFeature client can ask, in the protocol's own words."""

import pytest

from plg.kit.db import db
from plg.plans import assignments
from tests.support.queries import count_queries
from tests.support.story import PLANS, happened, make_account, make_person, publish_plans
from tests.support.visitors import a_customer, visitor

FLAGS = "/ofrep/v1/evaluate/flags"
SEATS = {"projects": {"name": {"en": "Projects"}, "type": "static"}}


@pytest.fixture
def account(app):
    free = PLANS["plans"]["free"] | {"features": {"invoices": 2, "projects": 3}}
    pro = PLANS["plans"]["pro"] | {"features": {"invoices": 9, "export": True, "projects": "unlimited"}}
    plans = PLANS["plans"] | {"free": free, "pro": pro}
    publish_plans(app, PLANS | {"features": PLANS["features"] | SEATS, "plans": plans})
    return make_account(app, (make_person(app), "owner"), key="acme")


@pytest.fixture
def ask(client, secret_key):
    def post(path="", etag=None, **context):
        headers = {"Authorization": f"Bearer {secret_key}"} | ({"If-None-Match": etag} if etag else {})
        return client.post(FLAGS + path, json={"context": context}, headers=headers)

    return post


def test_a_flag_says_whether_and_how_much_and_why(app, account, ask, worker):
    happened(app, "Invoice Sent", times=2, account_id=account)
    worker()
    invoices = ask("/invoices", targetingKey="acme").json
    assert (invoices["key"], invoices["value"], invoices["reason"]) == ("invoices", False, "TARGETING_MATCH")
    assert invoices["variant"] == "limit_reached"
    assert invoices["metadata"].pop("upgrade_url").endswith("/upgrade?feature=invoices")
    figures = {"limit": 2, "unlimited": False, "used": 2, "remaining": 0}
    assert invoices["metadata"] == {"plan": "free", "version": 1, "refused": "limit_reached"} | figures
    assert ask("/projects", targetingKey="u1", account="acme").json["value"] == 3


def test_all_flags_come_at_once_and_unchanged_ones_not_again(app, account, ask):
    first = ask(targetingKey="acme")
    assert {flag["key"]: flag["value"] for flag in first.json["flags"]} == {
        "invoices": True,
        "export": False,
        "projects": 3,
    }
    again = ask(etag=first.headers["ETag"], targetingKey="acme")
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", first.headers["ETag"])
    with app.app_context():
        assignments.assign(account, "pro", source="subscription", by="tests")
        db.session.commit()
    paid = ask(etag=first.headers["ETag"], targetingKey="acme")
    assert paid.status_code == 200, "what was paid counts at once"
    assert {flag["key"]: flag["value"] for flag in paid.json["flags"]} == {
        "invoices": True,
        "export": True,
        "projects": 2**53 - 1,
    }


def test_all_flags_cost_one_query(app, account, ask):
    ask(targetingKey="acme")
    with app.app_context():
        engine = db.engine
    with count_queries(engine) as queries:
        assert ask(targetingKey="acme").status_code == 200
    assert queries.count == 1, queries


def test_what_cannot_be_evaluated_is_refused_in_the_protocols_words(account, ask, client, secret_key):
    missing = ask("/invoices")
    assert (missing.status_code, missing.json["errorCode"]) == (400, "TARGETING_KEY_MISSING")
    assert ask(targetingKey="nobody").json["errorCode"] == "INVALID_CONTEXT"
    unknown = ask("/teleport", targetingKey="acme")
    assert (unknown.status_code, unknown.json["errorCode"], unknown.json["key"]) == (
        404,
        "FLAG_NOT_FOUND",
        "teleport",
    )
    headers = {"Authorization": f"Bearer {secret_key}"}
    for body in ("", "[]", "{", '{"context": 7}'):
        answer = client.post(FLAGS, data=body, content_type="application/json", headers=headers)
        assert (answer.status_code, answer.json["errorCode"]) == (400, "TARGETING_KEY_MISSING")
    assert client.post(FLAGS, json={"context": {"targetingKey": "acme"}}).status_code == 401


def test_a_user_asks_for_their_own_account_whatever_they_name(app, account):
    with app.app_context():
        other = a_customer("ours", "Our Own Company")
        assignments.assign(other.account_id, "pro", source="staff", by="tests")
        db.session.commit()
    told = visitor(app, "user", other).open(
        "POST", FLAGS + "/export", json={"context": {"targetingKey": "acme"}}
    )
    assert (told.json["value"], told.json["metadata"]["plan"]) == (True, "pro")
