"""What owners of flows did before they began them: read from the log, set-based."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Text, cast, false, func, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute

from onboarding_flows import flows
from onboarding_flows.enrolled import Enrolled
from onboarding_flows.flows import PublishedFlow
from onboarding_flows.needs import Need
from plg.events.models import Event
from plg.kit.db import db, decode_json
from plg.kit.db_expressions import among
from plg.people import identities
from plg.people.models import Person

MAX_CONDITIONS: Final = 10
"""More conditions on one event's properties than these are not asked in SQL: reading it all costs less."""


@dataclass
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


class Sought(NamedTuple):
    """What is looked for of an event name. first: how many of an owner's first ones are enough for every step; None:
    look at all of them, because a step asks for properties or a span, or was reset. only: where there are some, only
    those that one of these needs can take."""

    first: int | None
    only: tuple[Need, ...] = ()

    def condition(self) -> ColumnElement[bool]:
        ways = [need.in_log(Event.properties) for need in self.only if need.in_log is not None]
        return or_(*ways) if ways else true()


def needs(enrolled: Iterable[Enrolled]) -> dict[str, Sought]:
    """What these enrolments ask of the log: event name -> what is looked for."""
    asking = {(each.version_id, each.variant, frozenset(each.counts_from)) for each in enrolled}
    return sought_by((flows.version(id).in_arm(variant), reset) for id, variant, reset in asking)


def sought_by(asking: Iterable[tuple[PublishedFlow, Collection[str]]]) -> dict[str, Sought]:
    """The same of flows with the keys of their reset steps."""
    by_name: dict[str, list[tuple[Need, bool]]] = defaultdict(list)
    for flow, reset in asking:
        for name, parts in flow.by_event.items():
            by_name[name] += [(need, step_key in reset) for step_key, _, need in parts]
    return {name: _sought(asked) for name, asked in by_name.items()}


def _sought(asked: list[tuple[Need, bool]]) -> Sought:
    if not any(need.fits is not None or need.within is not None or is_reset for need, is_reset in asked):
        return Sought(max(need.count for need, _ in asked))
    chosen = len(asked) <= MAX_CONDITIONS and all(need.in_log is not None for need, _ in asked)
    return Sought(None, tuple(need for need, _ in asked) if chosen else ())


def of_accounts(account_ids: Collection[int], sought: Mapping[str, Sought]) -> list[PastEvent]:
    """The accounts' events that may complete steps, in two queries."""
    return _read(Event.account_id, account_ids, sought)


def of_people(person_ids: Collection[int], sought: Mapping[str, Sought]) -> list[PastEvent]:
    """The people's events that may complete steps, those of records merged into them included."""
    merged = select(Person.id).where(among(Person.merged_into_id, person_ids))
    records = {*person_ids, *db.session.scalars(merged)} if person_ids else set()
    return _read(Event.person_id, records, sought)


def _read(
    owner: InstrumentedAttribute[int | None], owners: Collection[int], sought: Mapping[str, Sought]
) -> list[PastEvent]:
    if not owners or not sought:
        return []
    order = (Event.occurred_at, Event.position)
    rank = func.row_number().over(partition_by=(owner, Event.name), order_by=order).label("rank")
    columns = (Event.id, Event.name, Event.position, Event.occurred_at, Event.person_id, Event.account_id)
    past = select(*columns, cast(Event.properties, Text).label("properties"), rank)
    chosen = or_(
        false(), *((Event.name == name) & each.condition() for name, each in sought.items() if each.only)
    )
    plain = Event.name.in_([name for name, each in sought.items() if not each.only])
    past_events = past.where(among(owner, owners), Event.name.in_(sought), plain | chosen).subquery()
    c = past_events.c
    kept = [
        c.name == name if each.first is None else (c.name == name) & (c.rank <= each.first)
        for name, each in sought.items()
    ]
    rows = db.session.execute(select(*[each for each in c if each.key != "rank"]).where(or_(*kept))).all()
    return _with_survivors(rows)


def _with_survivors(rows: Sequence[Any]) -> list[PastEvent]:
    survivors = identities.canonical({row.person_id for row in rows if row.person_id is not None})
    return [
        PastEvent(id, name, position, at, survivors.get(person, person), account, properties)
        for id, name, position, at, person, account, properties in rows
    ]
