"""What is refused is counted: each that the product tells, and once an hour what plg refuses by itself."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from plg.events.models import Event
from plg.kit.db import db
from plg.people import identities
from tests.onboarding_flows.conftest import HOUR, NOON, clock
from tests.support.story import happened, make_account, make_person, publish_plans

__all__ = ["clock"]

pytestmark = [
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
    pytest.mark.usefixtures("clock"),
]


@pytest.fixture
def acme(app: Flask) -> int:
    publish_plans(app)
    person = make_person(app)
    with app.app_context():
        identities.claim(person, "user-1")
        db.session.commit()
    return make_account(app, (person, "owner"), key="acme")


@pytest.fixture
def call(client: Any, secret_key: str, acme: int) -> Any:
    def ask(method: str, path: str, **body: Any) -> Any:
        told = {"account": "acme"} | body
        sent = {"query_string": told} if method == "GET" else {"json": told}
        headers = {"Authorization": f"Bearer {secret_key}"}
        return client.open(f"/v1/{path}", method=method, headers=headers, **sent)

    return ask


def refused(app: Flask) -> list[Any]:
    with app.app_context():
        query = select(Event.person_id, Event.properties).where(Event.name == "Feature Refused")
        return [tuple(row) for row in db.session.execute(query.order_by(Event.position))]


def test_the_product_tells_each_refusal_and_gets_a_paywall(app: Flask, call: Any) -> None:
    for _ in range(2):
        answer = call("POST", "entitlements/export/refusals", person="user-1", locale="es")
        assert (answer.status_code, answer.json["allowed"]) == (200, False)
        assert answer.json["paywall"]["plans"][0]["key"] == "pro"
    told = {"feature": "export", "reason": "not_in_plan", "by": "product"}
    assert refused(app) == [(1, told), (1, told)]


def test_what_the_account_may_do_counts_as_no_refusal(app: Flask, call: Any) -> None:
    answer = call("POST", "entitlements/invoices/refusals")
    assert (answer.status_code, answer.json["allowed"]) == (200, True)
    assert refused(app) == []
    assert call("POST", "entitlements/nothing/refusals").json["code"] == "feature_not_found"
    assert call("POST", "entitlements/export/refusals", account="nobody").json["code"] == "account_not_found"


def test_what_plg_refuses_by_itself_counts_once_an_hour(
    app: Flask, call: Any, acme: int, worker: Any, clock: Any
) -> None:
    happened(app, "Invoice Sent", times=5, account_id=acme)
    worker()
    for passed in (0, 0, 1):
        clock.move_to(NOON + passed * HOUR)
        assert call("GET", "entitlements/invoices").json["allowed"] is False
        assert call("POST", "usage/reservations", feature="invoices").status_code == 409
        app.extensions.pop("plg.refusals", None)  # as another process would find it
    told = {"feature": "invoices", "reason": "limit_reached", "by": "plg"}
    assert refused(app) == [(None, told), (None, told)]


def test_a_foreign_key_opens_no_door_to_refusals(
    app: Flask, client: Any, acme: int, publishable_key: str
) -> None:
    headers = {"X-Plg-Key": publishable_key}
    answer = client.post("/v1/entitlements/export/refusals", json={"account": "acme"}, headers=headers)
    assert answer.status_code == 403
    assert refused(app) == []
