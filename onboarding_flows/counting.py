"""Which steps have all the events that they need."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType
from typing import Any

from sqlalchemy import select

from onboarding_flows.backfill import Happening, PastEvent
from onboarding_flows.enrolled import Done, Held, Place
from onboarding_flows.flows import PublishedFlow
from onboarding_flows.models import CountedEvent
from plg.kit.db import db, insert


def ripe(held: Mapping[int, Held], asked: Mapping[Place, list[Happening]]) -> list[Done]:
    """The steps that have all the events they need; what counts for those that need several is kept."""
    needed = {place: needed_by(held[place.enrolment_id].enrolled.flow, place.step_key) for place in asked}
    before = _counted_before({place.enrolment_id for place, count in needed.items() if count > 1})
    found: list[Done] = []
    new: list[dict[str, Any]] = []
    for place, events in asked.items():
        counted = before.get(place, {})
        first = first_of(needed[place], events, counted)
        if needed[place] > 1:
            new += [_counted_row(place, event) for event in first if event.id not in counted]
        if len(first) == needed[place]:
            found.append(_done(place, first[-1]))
    if new:
        db.session.execute(insert(CountedEvent).on_conflict_do_nothing(), new)
    return found


def needed_by(flow: PublishedFlow, step_key: str) -> int:
    """How many events do the step."""
    asked_for = flow.steps[step_key].completes_on
    return asked_for.count if asked_for else 1


def first_of(
    needed: int, events: Iterable[Happening], counted: Mapping[str, Happening] = MappingProxyType({})
) -> list[Happening]:
    """The events that count for a step: the first ones, each once. The last that was needed completes it.

    counted: what was counted for it before, by event id."""
    each_once = {**{event.id: event for event in events}, **counted}
    return sorted(each_once.values(), key=lambda event: (event.occurred_at, event.position))[:needed]


def _done(place: Place, event: Happening) -> Done:
    return Done(*place, event.occurred_at, event.person_id, event.id, event.position, event.account_id)


def _counted_before(enrolment_ids: Collection[int]) -> dict[Place, dict[str, Happening]]:
    """What was counted already, step -> event id -> event."""
    before: dict[Place, dict[str, Happening]] = defaultdict(dict)
    if enrolment_ids:
        known = select(CountedEvent).where(CountedEvent.enrolment_id.in_(enrolment_ids))
        for row in db.session.scalars(known):
            event = PastEvent(row.event_id, "", row.position, row.occurred_at, row.person_id, None, "{}")
            before[Place(row.enrolment_id, row.step_key)][row.event_id] = event
    return before


def _counted_row(place: Place, event: Happening) -> dict[str, Any]:
    row = {**place._asdict(), "event_id": event.id, "person_id": event.person_id}
    return row | {"position": event.position, "occurred_at": event.occurred_at}
