"""Everybody who may stand at a door: nobody, keys, a user of the host product, a person and staff."""

from dataclasses import dataclass, field
from typing import Any, get_args

from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import select
from werkzeug.test import TestResponse

from plg.access import credentials, keys, sessions, user_tokens
from plg.access.models import StaffMember
from plg.accounts import accounts, memberships
from plg.kit.caller import Kind
from plg.kit.db import db
from plg.people import identities, people

KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True)
class Customer:
    """An account and its owner; `key` is what the host product calls both."""

    key: str
    name: str
    account_id: int
    person_id: int


def a_customer(key: str, name: str) -> Customer:
    """An account with one owner, as the host product would have introduced them. Does not commit."""
    account = accounts.open(name, key=key, by=None)
    person = people.add(email=f"{key}@example.com", name=f"Owner of {name}", by="tests")
    identities.claim(person.id, key)
    memberships.add(account.id, person.id, "owner", by="tests")
    return Customer(key, name, account.id, person.id)


@dataclass
class Visitor:
    """A test client with the proof of who it is. `csrf` is the token that its forms carry."""

    kind: str
    client: FlaskClient
    headers: dict[str, str] = field(default_factory=dict)
    csrf: str = ""

    def open(self, method: str, path: str, *, csrf: bool = True, **options: Any) -> TestResponse:
        """One request; with the CSRF token of a page of this browser, unless told otherwise."""
        headers = {**self.headers, **options.pop("headers", {})}
        if csrf and self.csrf:
            headers["X-CSRFToken"] = self.csrf
        return self.client.open(path, method=method, headers=headers, **options)


def sign_in(client: FlaskClient, *, person_id: int | None = None, staff_id: int | None = None) -> str:
    """Sign a test client in as a browser; the CSRF token that its forms carry."""
    app = client.application
    with app.app_context():
        token = sessions.begin(person_id=person_id, staff_id=staff_id)
        db.session.commit()
    with client.session_transaction() as browser:
        browser.update(_user_id=token, _fresh=True)
    return csrf_of(client)


def csrf_of(client: FlaskClient) -> str:
    """A CSRF token of this client's browser session, as Flask-WTF makes them."""
    with client.session_transaction() as browser:
        browser["csrf_token"] = "0" * 40
    key = client.application.config["SECRET_KEY"]
    return str(URLSafeTimedSerializer(key, salt="wtf-csrf-token").dumps("0" * 40))


def visitor(app: Flask, kind: Kind, customer: Customer) -> Visitor:
    """A visitor of this kind; users and people are the owner of the customer's account."""
    client = app.test_client()
    if kind == "anonymous":
        return Visitor(kind, client, csrf=csrf_of(client))
    if kind == "person":
        return Visitor(kind, client, csrf=sign_in(client, person_id=customer.person_id))
    if kind == "staff":
        return Visitor(kind, client, csrf=sign_in(client, staff_id=_staff(app)))
    return Visitor(kind, client, _key_headers(app, kind, customer))


def _staff(app: Flask) -> int:
    with app.app_context():
        known = db.session.scalar(select(StaffMember).where(StaffMember.email == "staff@example.com"))
        member = known or credentials.add_staff("staff@example.com", "Staff", "a long enough pass phrase")
        db.session.commit()
        return member.id


def _key_headers(app: Flask, kind: Kind, customer: Customer) -> dict[str, str]:
    with app.app_context():
        _, plain = keys.create("secret" if kind == "secret" else "publishable", "tests", by="tests")
        db.session.commit()
        if kind != "user":
            return {"Authorization": f"Bearer {plain}"}
        token = user_tokens.sign(customer.key, customer.key)
    return {"X-Plg-Key": plain, "Authorization": f"Bearer {token}"}
