"""Stores a history in bulk, as if plg had been there all along."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any

from sqlalchemy import Table, select, update

from plg.accounts.models import Account, AccountKey, Membership
from plg.events import log
from plg.events.log import NewEvent
from plg.events.models import Cursor
from plg.events.stream import head
from plg.events.subscribers import Subscription, start_cursors
from plg.growth import subscribers as growth
from plg.kit.db import db, writing
from plg.kit.db_bulk import insert_new
from plg.kit.ids import new_id
from plg.people.models import Identity, Person

from .lives import History
from .population import SimulatedAccount, SimulatedPerson

CHUNK = 20_000
SOURCE = "import"
_ROLES = ("member", "admin", "member", "billing")


def load(history: History, *, name: str = "demo", subscriptions: Iterable[Subscription] = ()) -> int:
    """Store people, accounts, memberships and events, then the growth columns; returns the events stored.

    For a new database. Commits. name: events' ids begin with it, so that the same history again stores nothing
    twice. subscriptions: those that shall not live through the past again; they begin at its end."""
    with writing(), _no_collector():
        people = _people(history.people)
        accounts = _accounts(history.accounts)
        _memberships(history, people, accounts)
        rows = _events(history, people, accounts, name)
        while chunk := list(islice(rows, CHUNK)):
            log.store(chunk)
        _begin_at_the_end(list(subscriptions))
        db.session.commit()
        growth.catch_up()
    return len(history.events)


@contextmanager
def _no_collector() -> Iterator[None]:
    """Half a million new objects, none in a circle: looking for circles would take a third of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _people(simulated: Sequence[SimulatedPerson]) -> list[int]:
    """The ids of people, made where their key is not known yet."""
    known = _ids(Identity.distinct_id, Identity.person_id, [each.key for each in simulated])
    fresh = {new_id("per"): each for each in simulated if each.key not in known}
    insert_new(_table(Person), [_person(public, each) for public, each in fresh.items()])
    made = _ids(Person.public_id, Person.id, list(fresh))
    insert_new(
        _table(Identity),
        [
            {"distinct_id": distinct, "person_id": made[public], "created_at": each.created_at}
            for public, each in fresh.items()
            for distinct in (public, each.key)
        ],
    )
    known |= {each.key: made[public] for public, each in fresh.items()}
    return [known[each.key] for each in simulated]


def _person(public_id: str, each: SimulatedPerson) -> dict[str, Any]:
    traits = {"name": each.name, "email": each.email, "locale": each.locale}
    return traits | {
        "public_id": public_id,
        "traits": traits,
        "identified": True,
        "created_at": each.created_at,
    }


def _accounts(simulated: Sequence[SimulatedAccount]) -> list[int]:
    """The ids of accounts, made where their key is not known yet."""
    known = _ids(AccountKey.key, AccountKey.account_id, [each.key for each in simulated])
    fresh = {new_id("acct"): each for each in simulated if each.key not in known}
    insert_new(_table(Account), [_account(public, each) for public, each in fresh.items()])
    made = _ids(Account.public_id, Account.id, list(fresh))
    insert_new(
        _table(AccountKey),
        [
            {"key": key, "account_id": made[public], "created_at": each.created_at}
            for public, each in fresh.items()
            for key in (public, each.key)
        ],
    )
    known |= {each.key: made[public] for public, each in fresh.items()}
    return [known[each.key] for each in simulated]


def _account(public_id: str, each: SimulatedAccount) -> dict[str, Any]:
    return {
        "public_id": public_id,
        "name": each.name,
        "timezone": each.timezone,
        "locale": "es",
        "traits": {"name": each.name, "country": each.country},
        "created_at": each.created_at,
    }


def _memberships(history: History, people: Sequence[int], accounts: Sequence[int]) -> None:
    rows = [
        {
            "account_id": accounts[number],
            "person_id": people[person],
            "role": "owner" if seat == 0 else _ROLES[seat % len(_ROLES)],
            "created_at": history.people[person].created_at,
        }
        for number, account in enumerate(history.accounts)
        for seat, person in enumerate(account.people)
    ]
    insert_new(_table(Membership), rows)


def _events(
    history: History, people: Sequence[int], accounts: Sequence[int], name: str
) -> Iterator[NewEvent]:
    nothing: dict[str, Any] = {}
    for number, event in enumerate(history.events):
        yield {
            "id": f"{name}-{number:08d}",
            "name": event.name,
            "person_id": None if event.person is None else people[event.person],
            "account_id": accounts[event.account],
            "distinct_id": None if event.person is None else history.people[event.person].key,
            "occurred_at": event.at,
            "received_at": event.at,
            "properties": event.properties,  # type: ignore[typeddict-item]
            "context": nothing,
            "source": SOURCE,
        }


def _begin_at_the_end(subscriptions: Sequence[Subscription]) -> None:
    if not subscriptions:
        return
    start_cursors(subscriptions)
    tx, position = head()
    of_these = Cursor.subscriber.in_([subscription.name for subscription in subscriptions])
    db.session.execute(update(Cursor).where(of_these).values(tx=tx, position=position))


def _ids(key: Any, number: Any, wanted: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    rest = iter(wanted)
    while chunk := list(islice(rest, CHUNK)):
        found |= dict(db.session.execute(select(key, number).where(key.in_(chunk))).all())
    return found


def _table(model: Any) -> Table:
    return model.__table__
