"""Offers, an account with an owner and a member, and what their widgets are told."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from plg.kit.db import db
from plg.offers import folder
from tests.onboarding_flows.conftest import clock, headers, text
from tests.support.story import PLANS, happened, make_account, make_person, publish_plans

__all__ = ["clock", "headers"]

Told = dict[str, Any]
State = Callable[..., Told]

TRIAL_PLANS = copy.deepcopy(PLANS)
TRIAL_PLANS["order"] = ["free", "trial", "pro", "max"]
TRIAL_PLANS["features"]["seats"] = {"name": {"es": "Personas", "en": "People"}, "type": "seats"}
for _plan, _seats in (("free", 2), ("trial", 3), ("pro", 5)):
    TRIAL_PLANS["plans"][_plan]["features"]["seats"] = _seats
TRIAL_PLANS["plans"]["max"] = {
    "name": {"en": "Max"},
    "prices": [{"amount": 9900, "currency": "usd", "interval": "month"}],
    "features": {"invoices": "unlimited", "export": True, "seats": "unlimited"},
}


def offer(**changes: Any) -> Told:
    """An offer of the pro plan when an invoice is sent, unless it says otherwise."""
    told = {
        "trigger": {"kind": "event", "event": "Invoice Sent"},
        "channel": "banner",
        "title": text("More invoices"),
        "body": text("Send **as many** as you want"),
        "answer": {"upgrade": {"plan": "pro"}},
    }
    return told | changes


def publish(app: Flask, **offers: Told) -> None:
    """Publish `offers.yaml`; `_` in a name stands for a hyphen."""
    with app.app_context():
        for key, told in folder.parse(
            {name.replace("_", "-"): each for name, each in offers.items()}
        ).items():
            folder.publish(key, told, "tests")
        db.session.commit()


@pytest.fixture
def olga(app: Flask) -> int:
    publish_plans(app, TRIAL_PLANS)
    return make_person(app, "olga@acme.example", "Olga")


@pytest.fixture
def mario(app: Flask) -> int:
    return make_person(app, "mario@acme.example", "Mario")


@pytest.fixture
def acme(app: Flask, olga: int, mario: int) -> int:
    return make_account(app, (olga, "owner"), (mario, "member"), key="acme")


@pytest.fixture
def state(client: FlaskClient, headers: Any, acme: int) -> State:
    """What the widget of a person is told of offers: the card, and the ids of the prompts."""

    def ask(person: int, locale: str = "en", account: int | None = None) -> Told:
        url = f"/v1/widget/state?locale={locale}"
        answer = client.get(url, headers=headers(person, account or acme))
        assert answer.status_code == 200, answer.text
        assert answer.json is not None
        return answer.json

    return ask


@pytest.fixture
def coming(state: State) -> Callable[..., Told | None]:
    """The banner or announcement of an offer that comes up for a person."""

    def ask(person: int, locale: str = "en", account: int | None = None) -> Told | None:
        told = state(person, locale, account)
        found = [each for each in told["prompts"] if each["flow"].startswith("offer:")]
        assert len(found) < 2
        return found[0] if found else None

    return ask


@pytest.fixture
def say(client: FlaskClient, headers: Any, acme: int) -> Callable[..., None]:
    """`say(person, prompt, "snooze")` as the widget does."""

    def post(person: int, prompt: Told, verb: str, expect: int = 200, account: int | None = None) -> None:
        url = f"/v1/widget/flows/{prompt['flow']}/{verb}"
        answer = client.post(url, json={}, headers=headers(person, account or acme))
        assert answer.status_code == expect, answer.text

    return post


@pytest.fixture
def send(app: Flask, worker: Any, acme: int) -> Callable[..., None]:
    """Somebody of the account sends an invoice, and plg hears of it."""

    def act(person: int, name: str = "Invoice Sent", account: int | None = None, **values: Any) -> None:
        happened(app, name, account_id=account or acme, person_id=person, **values)
        worker()

    return act
