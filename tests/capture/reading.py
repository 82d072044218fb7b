"""What the tests of the doors look at afterwards."""

from typing import Any

from flask import Flask
from sqlalchemy import select

from plg.accounts import accounts, memberships
from plg.events.models import Event
from plg.kit.db import db
from plg.people import identities, people
from plg.people.models import Person


def events(app: Flask, *, of_plg: bool = False) -> list[Event]:
    """The events that came in from outside (or that plg recorded itself), in order."""
    with app.app_context():
        query = select(Event).where((Event.source == "plg") == of_plg).order_by(Event.position)
        return list(db.session.scalars(query))


def only_event(app: Flask) -> Event:
    (event,) = events(app)
    return event


def person(app: Flask, distinct_id: str) -> Person:
    """Who is known by this id now, after all merges."""
    with app.app_context():
        return people.find(distinct_id)


def same_person(app: Flask, *distinct_ids: str) -> bool:
    return len({person(app, each).id for each in distinct_ids}) == 1


def is_known(app: Flask, distinct_id: str) -> bool:
    with app.app_context():
        return bool(identities.known([distinct_id]))


def account(app: Flask, key: str) -> Any:
    with app.app_context():
        return accounts.find(key)


def members(app: Flask, key: str) -> set[int]:
    with app.app_context():
        return {membership.person_id for membership in memberships.of_account(accounts.find(key).id)}
