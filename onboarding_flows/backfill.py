"""What owners of flows did before they began them: read from the log, set-based."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import Text, cast, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from onboarding_flows import flows
from onboarding_flows.enrolled import Enrolled
from onboarding_flows.flows import PublishedFlow
from plg.events.models import Event
from plg.kit.db import db, decode_json
from plg.people import identities
from plg.people.models import Person


@dataclass(frozen=True)
class PastEvent:
    """An event read back from the log. person_id is the surviving person's."""

    id: str
    name: str
    position: int
    occurred_at: dt.datetime
    person_id: int | None
    account_id: int | None
    _properties: str

    @cached_property
    def properties(self) -> dict[str, Any]:
        return decode_json(self._properties)


def needs(enrolled: Iterable[Enrolled]) -> dict[str, int | None]:
    """What these enrolments ask of the log, as `enough_for` says it."""
    asking = {(each.version_id, frozenset(each.counts_from)) for each in enrolled}
    return enough_for((flows.version(version_id), reset) for version_id, reset in asking)


def enough_for(asking: Iterable[tuple[PublishedFlow, Collection[str]]]) -> dict[str, int | None]:
    """Event name -> how many of an owner's first ones are enough for every step; None: look at all of them,
    because a step asks for properties or a span, or was reset. asking: flows with the keys of their reset steps."""
    enough: dict[str, int | None] = {}
    for flow, reset in asking:
        for name, parts in flow.by_event.items():
            for step_key, _, need in parts:
                before = enough.get(name, 0)
                look_at_all = need.fits is not None or need.within is not None or step_key in reset
                enough[name] = None if look_at_all or before is None else max(before, need.count)
    return enough


def of_accounts(account_ids: Collection[int], enough: Mapping[str, int | None]) -> list[PastEvent]:
    """The accounts' events that may complete steps, in two queries."""
    return _read(Event.account_id, account_ids, enough)


def of_people(person_ids: Collection[int], enough: Mapping[str, int | None]) -> list[PastEvent]:
    """The people's events that may complete steps, those of records merged into them included."""
    merged = select(Person.id).where(Person.merged_into_id.in_(person_ids))
    records = {*person_ids, *db.session.scalars(merged)} if person_ids else set()
    return _read(Event.person_id, records, enough)


def _read(
    owner: InstrumentedAttribute[int | None], owners: Collection[int], enough: Mapping[str, int | None]
) -> list[PastEvent]:
    if not owners or not enough:
        return []
    order = (Event.occurred_at, Event.position)
    rank = func.row_number().over(partition_by=(owner, Event.name), order_by=order).label("rank")
    columns = (Event.id, Event.name, Event.position, Event.occurred_at, Event.person_id, Event.account_id)
    past = select(*columns, cast(Event.properties, Text).label("properties"), rank)
    past_events = past.where(owner.in_(owners), Event.name.in_(enough)).subquery()
    c = past_events.c
    kept = [
        c.name == name if count is None else (c.name == name) & (c.rank <= count)
        for name, count in enough.items()
    ]
    rows = db.session.execute(select(*[each for each in c if each.key != "rank"]).where(or_(*kept))).all()
    return _with_survivors(rows)


def _with_survivors(rows: Sequence[Any]) -> list[PastEvent]:
    survivors = identities.canonical({row.person_id for row in rows if row.person_id is not None})
    return [
        PastEvent(id, name, position, at, survivors.get(person, person), account, properties)
        for id, name, position, at, person, account, properties in rows
    ]
