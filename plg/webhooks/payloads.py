"""What an endpoint is told of an event: thin, and the same at every try."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import select

from plg.accounts.models import Account, AccountKey
from plg.events.stream import LoggedEvent
from plg.kit.db import db, encode_json
from plg.people.models import Identity, Person

Ids = dict[str, str | None]

TEST = "webhook.test"


def type_of(name: str) -> str:
    """`Trial Days Earned` → `trial.days_earned`: the full-stop delimited type that Standard Webhooks asks for."""
    first, *rest = (re.sub(r"\W+", "_", word).lower() for word in name.split())
    return ".".join([first, "_".join(rest)]) if rest else first


def bodies(events: Sequence[LoggedEvent]) -> dict[str, str]:
    """The JSON of each event, by event id, in a constant number of queries."""
    people = _people({e.person_id for e in events if e.person_id is not None})
    accounts = _accounts({e.account_id for e in events if e.account_id is not None})
    return {
        event.id: _body(
            type_of(event.name),
            event.occurred_at,
            id=event.id,
            name=event.name,
            person=people.get(event.person_id or 0),
            account=accounts.get(event.account_id or 0),
            properties=event.properties,
        )
        for event in events
    }


def test_body(id: str, moment: dt.datetime) -> str:
    """The JSON of an event that never happened."""
    return _body(TEST, moment, id=id, name="Webhook Test", person=None, account=None, properties={})


def _body(type: str, occurred_at: dt.datetime, **data: Any) -> str:
    moment = occurred_at.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
    return encode_json({"type": type, "timestamp": moment, "data": data | {"occurred_at": moment}})


def _people(ids: Collection[int]) -> dict[int, Ids]:
    """plg's id, and the first one that the host product called them by; their address is no id of its own."""
    if not ids:
        return {}
    query = select(Person.id, Person.public_id, Person.email, Identity.distinct_id)
    query = query.outerjoin(Identity, Identity.person_id == Person.id).where(Person.id.in_(ids))
    found: dict[int, Ids] = {}
    for id, public_id, email, key in db.session.execute(
        query.order_by(Identity.created_at, Identity.distinct_id)
    ):
        known = found.setdefault(id, {"id": public_id, "external_id": None})
        if known["external_id"] is None and key not in (public_id, email):
            known["external_id"] = key
    return found


def _accounts(ids: Collection[int]) -> dict[int, Ids]:
    """As of people."""
    if not ids:
        return {}
    query = select(Account.id, Account.public_id, AccountKey.key)
    query = query.outerjoin(AccountKey, AccountKey.account_id == Account.id).where(Account.id.in_(ids))
    found: dict[int, Ids] = {}
    for id, public_id, key in db.session.execute(query.order_by(AccountKey.created_at, AccountKey.key)):
        known = found.setdefault(id, {"id": public_id, "external_id": None})
        if known["external_id"] is None and key != public_id:
            known["external_id"] = key
    return found
