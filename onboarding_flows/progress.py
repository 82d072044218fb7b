"""Progress: events complete steps, each event counts once, what is done stays done."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, NamedTuple

from sqlalchemy import select, update

from onboarding_flows import backfill, conditions, flows
from onboarding_flows.backfill import Happening, PastEvent
from onboarding_flows.models import CountedEvent, FlowEnrolment, StepCompletion
from onboarding_flows.telling import Telling
from plg.events import log
from plg.events.log import NewEvent
from plg.kit.clock import now
from plg.kit.db import db, insert


class Enrolled(NamedTuple):
    """An enrolment as verbs pass it on."""

    id: int
    flow_key: str
    version_id: int
    account_id: int | None
    person_id: int | None
    completed_at: dt.datetime | None


COLUMNS: Final = (
    FlowEnrolment.id,
    FlowEnrolment.flow_key,
    FlowEnrolment.version_id,
    FlowEnrolment.account_id,
    FlowEnrolment.person_id,
    FlowEnrolment.completed_at,
)


class Place(NamedTuple):
    """A step of an enrolment."""

    enrolment_id: int
    step_key: str


@dataclass(frozen=True)
class Done:
    """A step that is completed now, by whom, and by which event (none: by hand)."""

    enrolment_id: int
    step_key: str
    occurred_at: dt.datetime
    person_id: int | None
    event_id: str | None = None
    position: int | None = None
    account_id: int | None = None

    def to_row(self) -> dict[str, Any]:
        """As a row of StepCompletion."""
        row = asdict(self) | {"completed_at": now()}
        del row["account_id"]
        return row


def catch_up(enrolled: Sequence[Enrolled]) -> None:
    """Let everything that is in the log count for these enrolments."""
    if not enrolled:
        return
    published = flows.versions_of([each.version_id for each in enrolled])
    accounts = [each for each in enrolled if each.account_id is not None]
    people = [each for each in enrolled if each.person_id is not None]
    past: list[Happening] = []
    past += backfill.of_accounts(
        {each.account_id for each in accounts if each.account_id is not None},
        backfill.needs(published[each.version_id] for each in accounts),
    )
    past += backfill.of_people(
        {each.person_id for each in people if each.person_id is not None},
        backfill.needs(published[each.version_id] for each in people),
    )
    take(enrolled, past)


def take(enrolled: Sequence[Enrolled], events: Iterable[Happening]) -> None:
    """Let events complete steps of these enrolments. An event that was heard before changes nothing."""
    asked = _asked(enrolled, events)
    if not asked:
        return
    held = _hold({place.enrolment_id for place in asked})
    asked = {
        place: found
        for place, found in asked.items()
        if place.enrolment_id in held and place.step_key not in held[place.enrolment_id]
    }
    by_id = {each.id: each for each in enrolled if each.id in held}
    _complete(by_id, held, _ripe(by_id, asked))


def _asked(enrolled: Sequence[Enrolled], events: Iterable[Happening]) -> dict[Place, list[Happening]]:
    """The events that concern each step, oldest first."""
    unfinished = [each for each in enrolled if each.completed_at is None]
    published = flows.versions_of([each.version_id for each in unfinished])
    by_account, by_person = defaultdict(list), defaultdict(list)
    for each in unfinished:
        if each.account_id is not None:
            by_account[each.account_id].append(each)
        else:
            by_person[each.person_id].append(each)
    found: dict[Place, list[Happening]] = defaultdict(list)
    for event in sorted(events, key=lambda event: (event.occurred_at, event.position)):
        theirs = by_account.get(event.account_id or 0, []) + by_person.get(event.person_id, [])
        for each in theirs:
            for step in published[each.version_id].by_event.get(event.name, ()):
                where = step.completes_on.where if step.completes_on else {}
                if not where or conditions.match(where, event.properties):
                    found[Place(each.id, step.key)].append(event)
    return found


def _hold(enrolment_ids: Collection[int]) -> dict[int, dict[str, dt.datetime]]:
    """Hold these enrolments until the transaction ends; the steps that each has done, with their times.

    Whoever completes a step holds the enrolment first, so that of two last steps one sees the other."""
    held = select(FlowEnrolment.id).where(FlowEnrolment.id.in_(enrolment_ids)).order_by(FlowEnrolment.id)
    done: dict[int, dict[str, dt.datetime]] = {i: {} for i in db.session.scalars(held.with_for_update())}
    steps = select(StepCompletion.enrolment_id, StepCompletion.step_key, StepCompletion.occurred_at)
    for enrolment_id, step_key, at in db.session.execute(steps.where(StepCompletion.enrolment_id.in_(done))):
        done[enrolment_id][step_key] = at
    return done


def _ripe(by_id: Mapping[int, Enrolled], asked: Mapping[Place, list[Happening]]) -> list[Done]:
    """The steps that have all the events they need."""
    ripe: list[Done] = []
    several: dict[Place, tuple[int, list[Happening]]] = {}
    for place, events in asked.items():
        asked_for = flows.version(by_id[place.enrolment_id].version_id).steps[place.step_key].completes_on
        count = asked_for.count if asked_for else 1
        if count == 1:
            ripe.append(_done(place, events[0]))
        else:
            several[place] = (count, events)
    return ripe + _counted(several)


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


def complete_by_hand(enrolled: Enrolled, step_key: str, *, by: int) -> bool:
    """Mark a step as done. Returns whether it was not done before."""
    held = _hold({enrolled.id})
    if step_key in held.get(enrolled.id, {step_key: None}):
        return False
    done = Done(enrolled.id, step_key, now(), by, account_id=enrolled.account_id)
    _complete({enrolled.id: enrolled}, held, [done])
    return True


def _complete(
    by_id: Mapping[int, Enrolled],
    held: Mapping[int, dict[str, dt.datetime]],
    ripe: Sequence[Done],
) -> None:
    """Keep what is done now, record it, and finish the flows that are done with it."""
    if not ripe:
        return
    db.session.execute(insert(StepCompletion).on_conflict_do_nothing(), [done.to_row() for done in ripe])
    told: list[NewEvent] = []
    for done in ripe:
        held[done.enrolment_id][done.step_key] = done.occurred_at
        facts = {"step": done.step_key, "cause_event_id": done.event_id}
        telling = _telling(by_id[done.enrolment_id], done)
        told.append(telling.step_completed(done.step_key, facts, done.occurred_at))
    log.store(told + _finish(by_id, held, ripe))


def _telling(owner: Enrolled, done: Done) -> Telling:
    flow = flows.version(owner.version_id)
    return Telling(owner.id, flow, done.person_id, owner.account_id or done.account_id)


def _finish(
    by_id: Mapping[int, Enrolled],
    held: Mapping[int, dict[str, dt.datetime]],
    ripe: Sequence[Done],
) -> list[NewEvent]:
    """Mark the enrolments whose last step this was; the events that say so."""
    told: list[NewEvent] = []
    finished: list[dict[str, Any]] = []
    last = {done.enrolment_id: done for done in sorted(ripe, key=lambda done: done.occurred_at)}
    for enrolment_id, done in last.items():
        owner = by_id[enrolment_id]
        flow = flows.version(owner.version_id)
        if flow.steps.keys() <= held[enrolment_id].keys():
            at = max(held[enrolment_id][key] for key in flow.steps)
            finished.append({"id": enrolment_id, "completed_at": at})
            told.append(_telling(owner, done).completed({"steps": len(flow.steps)}, at))
    if finished:
        db.session.execute(update(FlowEnrolment), finished)
    return told
