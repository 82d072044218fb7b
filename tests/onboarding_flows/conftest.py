"""Flows, people and what the widget is told about them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from onboarding_flows import flows
from plg.access import user_tokens
from plg.accounts import accounts
from plg.kit.db import db
from plg.people import people
from tests.support.story import at, make_account, make_person

State = Callable[..., list[dict[str, Any]]]
Post = Callable[..., dict[str, Any]]
Prompts = Callable[..., list[dict[str, Any]]]
Call = Callable[..., dict[str, Any]]
NOON = at("2026-03-02 12:00")
MINUTE, HOUR, DAY = dt.timedelta(minutes=1), dt.timedelta(hours=1), dt.timedelta(days=1)
ANA = {"person": "ana@acme.example", "account": "acme"}


def text(value: str) -> dict[str, str]:
    return {"es": f"{value} (es)", "en": value}


def step(key: str, event: str | None = None, **more: Any) -> dict[str, Any]:
    """A step that an event completes, or, without one, the person by hand."""
    how: dict[str, Any] = {"completes_on": {"event": event}} if event else {"manual": True}
    return {"key": key, "title": text(key.title()), **how, **more}


def flow(key: str = "start", *steps: dict[str, Any], **more: Any) -> dict[str, Any]:
    chosen = list(steps) or [
        step("invoice", "Invoice Sent"),
        step("payment", "Payment Recorded"),
        step("tour"),
    ]
    return {"key": key, "title": text(key.title()), "scope": "account", "steps": chosen, **more}


def publish(app: Flask, definition: dict[str, Any]) -> int:
    """The id of the version."""
    with app.app_context():
        published = flows.publish(definition, by="tests")
        db.session.commit()
        return published.id


@pytest.fixture
def ana(app: Flask) -> int:
    return make_person(app, "ana@acme.example", "Ana")


@pytest.fixture
def luis(app: Flask) -> int:
    return make_person(app, "luis@acme.example", "Luis")


@pytest.fixture
def acme(app: Flask, ana: int, luis: int) -> int:
    return make_account(app, (ana, "owner"), (luis, "member"), key="acme")


@pytest.fixture
def headers(app: Flask, publishable_key: str) -> Callable[[int, int | None], dict[str, str]]:
    def of(person_id: int, account_id: int | None) -> dict[str, str]:
        with app.app_context():
            account = accounts.get(account_id).public_id if account_id else None
            token = user_tokens.sign(people.get(person_id).public_id, account)
            db.session.rollback()
        return {"X-Plg-Key": publishable_key, "Authorization": f"Bearer {token}"}

    return of


@pytest.fixture
def shown(client: FlaskClient, headers: Callable[..., dict[str, str]]) -> State:
    """The checklists that the widget shows a person in an account."""

    def state(person_id: int, account_id: int | None, locale: str = "en") -> list[dict[str, Any]]:
        answer = client.get(f"/v1/widget/state?locale={locale}", headers=headers(person_id, account_id))
        assert answer.status_code == 200, answer.text
        assert answer.json is not None
        return answer.json["checklists"]

    return state


def done(checklist: dict[str, Any]) -> list[str]:
    return [step["key"] for step in checklist["steps"] if step["done"]]


@pytest.fixture
def call(client: FlaskClient, secret_key: str) -> Call:
    """`call("start/reset", {...})` as the product's server; the answer, of the expected status."""

    def post(path: str, body: dict[str, Any], expect: int = 200) -> dict[str, Any]:
        answer = client.post(
            f"/v1/flows/{path}", json=body, headers={"Authorization": f"Bearer {secret_key}"}
        )
        assert answer.status_code == expect, answer.text
        assert answer.json is not None
        return answer.json

    return post


def prompt(key: str, kind: str = "banner", /, **more: Any) -> dict[str, Any]:
    """One that may be shown in every hour, unless it says otherwise."""
    return {"key": key, "kind": kind, "title": text(key), "description": text(f"About **{key}**"), **more}


def tour(key: str, *steps: dict[str, Any], **more: Any) -> dict[str, Any]:
    places = [{"key": name, "title": text(name), "anchor": [f"#{name}"]} for name in ("one", "two")]
    return {"key": key, "kind": "tour", "title": text(key), "steps": list(steps) or places, **more}


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def post(client: FlaskClient, headers, acme: int) -> Post:
    """`post(person, "news/shown")` as the widget in that person's browser; the answer, of the expected status."""

    def send(person: int, path: str, body: Any = None, expect: int = 200) -> dict[str, Any]:
        url = f"/v1/widget/flows/{path}"
        answer = client.post(url, json=body or {}, headers=headers(person, acme))
        assert answer.status_code == expect, answer.text
        assert answer.json is not None
        return answer.json

    return send


@pytest.fixture
def state(client: FlaskClient, headers, acme: int) -> Callable[..., dict[str, Any]]:
    def ask(person: int, locale: str = "en") -> dict[str, Any]:
        answer = client.get(f"/v1/widget/state?locale={locale}", headers=headers(person, acme))
        assert answer.status_code == 200, answer.text
        assert answer.json is not None
        return answer.json

    return ask


@pytest.fixture
def prompts(state) -> Prompts:
    def ask(person: int, locale: str = "en") -> list[dict[str, Any]]:
        return state(person, locale)["prompts"]

    return ask
