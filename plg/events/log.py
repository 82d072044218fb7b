"""Writing to the log."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Any, TypedDict

from sqlalchemy import delete, select

from plg.events import names
from plg.events.models import Event, ParkedEvent
from plg.kit.clock import now
from plg.kit.db import db, insert
from plg.kit.db_bulk import insert_new
from plg.kit.ids import new_event_id


class NewEvent(TypedDict):
    """A row for `store`; every key is needed."""

    id: str
    name: str
    person_id: int | None
    account_id: int | None
    distinct_id: str | None
    occurred_at: dt.datetime
    received_at: dt.datetime
    properties: dict[str, Any]
    context: dict[str, Any]
    source: str


def own(
    name: str,
    *,
    person_id: int | None = None,
    account_id: int | None = None,
    properties: Mapping[str, Any] | None = None,
    occurred_at: dt.datetime | None = None,
    id: str | None = None,
    context: Mapping[str, Any] | None = None,
) -> NewEvent:
    """An event of plg's own, not yet written. With a stable `id` it is written at most once."""
    moment = now()
    return {
        "id": id or new_event_id(),
        "name": name,
        "person_id": person_id,
        "account_id": account_id,
        "distinct_id": None,
        "occurred_at": occurred_at or moment,
        "received_at": moment,
        "properties": dict(properties or {}),
        "context": dict(context or {}),
        "source": "plg",
    }


def record(name: str, **values: Any) -> bool:
    """Write one event of plg's own (values: those of `own`) in the caller's transaction: the change and its
    event are both kept, or neither is. Returns whether it is new."""
    row = insert(Event).values(own(name, **values))
    return db.session.execute(row.on_conflict_do_nothing().returning(Event.position)).first() is not None


def store(rows: Sequence[NewEvent]) -> None:
    """Write many events in one statement; those whose id is known are left out."""
    insert_new(Event.__table__, rows)  # type: ignore[arg-type]


def erase(person_ids: Collection[int]) -> int:
    """Delete what a person did, parked or not, in the caller's transaction; returns how many events.

    person_ids: all records of the person (`identities.records_of`). Whoever keeps a copy of the log outside of
    the database hears `Person Erased` and erases there; it tells record numbers and nothing else."""
    theirs = Event.person_id.in_(person_ids)
    parked = ParkedEvent.position.in_(select(Event.position).where(theirs))
    db.session.execute(delete(ParkedEvent).where(parked))
    count = db.session.connection().execute(delete(Event).where(theirs)).rowcount
    record(names.PERSON_ERASED, properties={"person_ids": sorted(person_ids)})
    return count
