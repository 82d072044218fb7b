"""Which steps have all the events that they need."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import select

from onboarding_flows.backfill import Happening, PastEvent
from onboarding_flows.enrolled import Done, Held, Place
from onboarding_flows.models import CountedEvent
from plg.kit.db import db, insert


def ripe(held: Mapping[int, Held], asked: Mapping[Place, list[Happening]]) -> list[Done]:
    """The steps that have all the events they need."""
    found: list[Done] = []
    several: dict[Place, tuple[int, list[Happening]]] = {}
    for place, events in asked.items():
        asked_for = held[place.enrolment_id].enrolled.flow.steps[place.step_key].completes_on
        count = asked_for.count if asked_for else 1
        if count == 1:
            found.append(_done(place, events[0]))
        else:
            several[place] = (count, events)
    return found + _counted(several)


def _done(place: Place, event: Happening) -> Done:
    return Done(*place, event.occurred_at, event.person_id, event.id, event.position, event.account_id)


def _counted(several: Mapping[Place, tuple[int, list[Happening]]]) -> list[Done]:
    """Count events for steps that need more than one; the last that was needed completes the step."""
    new: list[dict[str, Any]] = []
    ripe: list[Done] = []
    before = _counted_before({place.enrolment_id for place in several})
    for place, (count, events) in several.items():
        counted = {**{event.id: event for event in events}, **before[place]}
        first = sorted(counted.values(), key=lambda event: (event.occurred_at, event.position))[:count]
        new += [_counted_row(place, event) for event in first if event.id not in before[place]]
        if len(first) == count:
            ripe.append(_done(place, first[-1]))
    if new:
        db.session.execute(insert(CountedEvent).on_conflict_do_nothing(), new)
    return ripe


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
