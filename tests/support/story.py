"""Short words for what tests tell: accounts, people, events, a published catalogue."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any, TypeVar

from flask import Flask

from plg.accounts import accounts, memberships
from plg.events import log
from plg.events.log import NewEvent
from plg.kit.clock import now
from plg.kit.db import db
from plg.kit.ids import new_event_id
from plg.people import people
from plg.plans import folder as plans_folder
from plg.plans.schemas import Catalogue, PlansFile

T = TypeVar("T")

PLANS: dict[str, Any] = {
    "default": "free",
    "order": ["free", "trial", "pro"],
    "trial": {"plan": "trial", "days": 14, "at_end": "free"},
    "activation": {"event": "Invoice Sent"},
    "features": {
        "invoices": {
            "name": {"es": "Facturas", "en": "Invoices"},
            "type": "metered",
            "event": "Invoice Sent",
            "per": "month",
        },
        "export": {"name": {"es": "Exportar", "en": "Export"}, "type": "boolean"},
    },
    "plans": {
        "free": {"name": {"en": "Free"}, "features": {"invoices": 5, "export": False}},
        "trial": {"name": {"en": "Trial"}, "features": {"invoices": 10, "export": True}},
        "pro": {
            "name": {"en": "Pro"},
            "prices": [{"amount": 2900, "currency": "usd", "interval": "month"}],
            "features": {"invoices": "unlimited", "export": True},
        },
    },
}


def publish_plans(app: Flask, plans: dict[str, Any] = PLANS) -> None:
    """Publish this `plans.toml`."""
    file = PlansFile(**plans)
    assert not file.faults()
    with app.app_context():
        for key, plan in file.plans.items():
            plans_folder.publish(key, plan.model_dump(mode="json"), "tests")
        rest = Catalogue(**file.model_dump(exclude={"plans"})).model_dump(mode="json")
        plans_folder.publish("catalogue", rest, "tests")
        db.session.commit()


def make_person(app: Flask, email: str = "ana@acme.example", name: str = "Ana") -> int:
    with app.app_context():
        person = people.add(email=email, name=name, by="tests")
        db.session.commit()
        return person.id


def make_account(app: Flask, *members: tuple[int, str], name: str = "Acme", key: str | None = None) -> int:
    """An account with these (person, role)."""
    with app.app_context():
        account = accounts.open(name, key=key)
        for person_id, role in members:
            memberships.add(account.id, person_id, role, by="tests")
        db.session.commit()
        return account.id


def new_event(name: str, **values: Any) -> NewEvent:
    moment = now()
    blank: dict[str, Any] = {"id": new_event_id(), "name": name, "person_id": None, "account_id": None}
    blank |= {"distinct_id": None, "occurred_at": moment, "received_at": moment}
    blank |= {"properties": {}, "context": {}, "source": "test"}
    return blank | values  # type: ignore[return-value]


def store_events(app: Flask, events: Sequence[NewEvent]) -> None:
    with app.app_context():
        log.store(events)
        db.session.commit()


def happened(app: Flask, name: str, times: int = 1, **values: Any) -> None:
    store_events(app, [new_event(name, **values) for _ in range(times)])


def at(text: str) -> dt.datetime:
    """`at("2026-03-01 12:00")`, UTC."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def in_parallel(app: Flask, count: int, act: Callable[[int], T]) -> list[T | Exception]:
    """Let `count` threads do `act(i)` at the same moment, each in a transaction of its own."""
    start = Barrier(count)

    def one(index: int) -> T | Exception:
        with app.app_context():
            start.wait(timeout=30)
            try:
                result = act(index)
                db.session.commit()
                return result
            except Exception as error:
                db.session.rollback()
                return error

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))
