"""Which steps have all the events that they need."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from sqlalchemy import select

from onboarding_flows.backfill import PastEvent
from onboarding_flows.enrolled import Done, Held, Place
from onboarding_flows.models import CountedEvent
from onboarding_flows.needs import Happening
from plg.kit.db import db
from plg.kit.db_bulk import insert_new
from plg.kit.db_expressions import among

Parts = dict[int, list[Happening]]
"""The events that concern each part of what does a step."""


def ripe(held: Mapping[int, Held], asked: Mapping[Place, Parts]) -> list[Done]:
    """The steps that have all the events they need; what counts for those that need several is kept until they are
    done. Of several parts it stays, as it tells which of them were met."""
    ways = {place: held[place.enrolment_id].flow.ways[place.step_key] for place in asked}
    before = counted({place.enrolment_id for place, way in ways.items() if not way.at_once})
    found: list[Done] = []
    new: list[dict[str, Any]] = []
    for place, parts in asked.items():
        known, way = before.get(place, {}), ways[place]
        gathered = way.gathered(parts, known)
        last = way.done_by(gathered)
        if last is not None:
            found.append(_done(place, last))
        if not way.at_once and (last is None or way.has_parts):
            new += _rows(place, gathered, {event.id for events in known.values() for event in events})
    if new:
        insert_new(CountedEvent.__table__, new)
    return found


def _done(place: Place, event: Happening) -> Done:
    return Done(*place, event.occurred_at, event.person_id, event.id, event.position, event.account_id)


def counted(enrolment_ids: Collection[int]) -> dict[Place, Parts]:
    """What was counted already."""
    before: dict[Place, Parts] = defaultdict(lambda: defaultdict(list))
    if enrolment_ids:
        known = select(CountedEvent).where(among(CountedEvent.enrolment_id, enrolment_ids))
        for row in db.session.scalars(known):
            event = PastEvent(row.event_id, "", row.position, row.occurred_at, row.person_id, None, "{}")
            for part in row.parts:
                before[Place(row.enrolment_id, row.step_key)][part].append(event)
    return before


def _rows(place: Place, gathered: list[list[Happening]], known: Collection[str]) -> Iterator[dict[str, Any]]:
    """The events that are new among those that count, each with the parts for which it does."""
    parts: dict[str, list[int]] = defaultdict(list)
    events = {}
    for part, those in enumerate(gathered):
        for event in those:
            parts[event.id].append(part)
            events[event.id] = event
    for event in events.values():
        if event.id not in known:
            row = {**place._asdict(), "event_id": event.id, "person_id": event.person_id}
            row |= {"position": event.position, "occurred_at": event.occurred_at}
            yield row | {"parts": parts[event.id]}
