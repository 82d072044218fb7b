"""Progress: events complete steps, each event counts once, what is done stays done until somebody resets it."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from onboarding_flows import backfill, counting, flows
from onboarding_flows.counting import Parts
from onboarding_flows.enrolled import Done, Enrolled, Held, Place, hold
from onboarding_flows.flows import PublishedFlow, Wanted
from onboarding_flows.models import FlowEnrolment, StepCompletion
from onboarding_flows.needs import Happening, in_order
from onboarding_flows.telling import Telling
from plg.events import log
from plg.events.log import NewEvent
from plg.kit.clock import now
from plg.kit.db import db, insert, is_postgres
from plg.kit.db_bulk import change_rows, insert_new
from plg.kit.errors import Conflict

Owner = tuple[int | None, int | None]
"""An account or a person; the other one is None."""


class StepLocked(Conflict):
    """Other steps come first; `locked_by` names them."""


def catch_up(enrolled: Sequence[Enrolled]) -> None:
    """Let everything that is in the log count for these enrolments."""
    if enrolled:
        take(enrolled, _past(enrolled))


def begin_with_past(enrolled: Sequence[Enrolled]) -> None:
    """The same for enrolments that this transaction has made: nobody else knows of them, so none need be held."""
    if enrolled:
        held = {each.id: Held(each) for each in enrolled}
        keep(held, counting.ripe(held, _asked(enrolled, _past(enrolled))))


def _past(enrolled: Sequence[Enrolled]) -> list[Happening]:
    accounts = [each for each in enrolled if each.account_id is not None]
    people = [each for each in enrolled if each.person_id is not None]
    flows.versions_of([each.version_id for each in enrolled])
    past: list[Happening] = []
    past += backfill.of_accounts({each.account_id or 0 for each in accounts}, backfill.needs(accounts))
    past += backfill.of_people({each.person_id or 0 for each in people}, backfill.needs(people))
    return past


def take(enrolled: Sequence[Enrolled], events: Sequence[Happening]) -> None:
    """Let events complete steps of these enrolments. An event that was heard before changes nothing."""
    asked = _asked(enrolled, events)
    if not asked:
        return
    held = hold({place.enrolment_id for place in asked})
    fresh, read = [each.enrolled for each in held.values()], {each.id: each for each in enrolled}
    if any(read[each.id] != each for each in fresh):  # moved or reset meanwhile
        asked = _asked(fresh, events)
    open_steps = {
        place: found
        for place, found in asked.items()
        if place.enrolment_id in held and place.step_key not in held[place.enrolment_id].done
    }
    keep(held, counting.ripe(held, open_steps))


def _asked(enrolled: Sequence[Enrolled], events: Iterable[Happening]) -> dict[Place, Parts]:
    unfinished = [each for each in enrolled if each.completed_at is None]
    return matching(unfinished, events, flows.versions_of([each.version_id for each in unfinished]))


def matching(
    enrolled: Sequence[Enrolled], events: Iterable[Happening], versions: Mapping[int, PublishedFlow]
) -> dict[Place, Parts]:
    """The events that concern each part of each step, in order. versions: by id, those of the enrolments."""
    asking: dict[Owner, list[tuple[Enrolled, dict[str, list[Wanted]]]]] = defaultdict(list)
    for each in enrolled:
        flow = versions[each.version_id].in_arm(each.variant)
        asking[each.account_id, each.person_id].append((each, flow.by_event))
    found: dict[Place, Parts] = defaultdict(lambda: defaultdict(list))
    for event in in_order(events):
        for owner in ((event.account_id, None), (None, event.person_id)):
            for each, by_event in asking.get(owner, ()):
                for step_key, part, need in by_event.get(event.name, ()):
                    if (need.fits is None or need.fits(event)) and each.heeds(step_key, event.occurred_at):
                        found[Place(each.id, step_key)][part].append(event)
    return found


def complete_by_hand(
    enrolled: Enrolled,
    step_key: str,
    *,
    by: int | None,
    account_id: int | None = None,
    actor: str | None = None,
) -> bool:
    """Mark a step as done. by: the person who did it, and in which account; actor: the server that says so. Returns
    whether it was not done before. A manual step waits for those that come first (StepLocked); facts of events do
    not."""
    held = hold({enrolled.id})
    if enrolled.id not in held:
        return False
    now_held = held[enrolled.id]
    flow = now_held.flow
    step = flow.step(step_key)
    if step_key in now_held.done:
        return False
    if step.manual and (locked_by := flow.locked_by(step_key, now_held.settled, now_held.hidden)):
        raise StepLocked("Other steps come first.", locked_by=locked_by)
    done = Done(enrolled.id, step_key, now(), by, account_id=enrolled.account_id or account_id, actor=actor)
    keep(held, [done])
    return True


def keep(held: Mapping[int, Held], ripe: Sequence[Done]) -> None:
    """Keep what is done (or skipped) now, record it, and finish the flows that are done with it."""
    if not ripe:
        return
    _store(held, ripe)
    told: list[NewEvent] = []
    for done in ripe:
        theirs = held[done.enrolment_id]
        (theirs.skipped if done.skipped else theirs.done)[done.step_key] = done.occurred_at
        told += _told_of_step(theirs.enrolled, done)
    log.store(told + finish(held, ripe))


def _store(held: Mapping[int, Held], ripe: Sequence[Done]) -> None:
    """Nearly all are new; a step that was skipped and is done after all has a row already."""
    moment = now()
    rows: dict[bool, list[dict[str, Any]]] = {True: [], False: []}
    for done in ripe:
        rows[done.step_key in held[done.enrolment_id].skipped].append(done.to_row(moment))
    insert_new(StepCompletion.__table__, rows[False])
    if rows[True]:
        db.session.connection().execute(_settle(is_postgres()), rows[True])


@cache
def _settle(_on_postgres: bool) -> Any:
    """Built once for each dialect."""
    rows = insert(StepCompletion.__table__)
    fields = [column.name for column in StepCompletion.__table__.c if not column.primary_key]
    return rows.on_conflict_do_update(
        index_elements=["enrolment_id", "step_key"],
        set_={name: rows.excluded[name] for name in fields},
        where=StepCompletion.__table__.c.skipped,
    )


def _told_of_step(enrolled: Enrolled, done: Done) -> list[NewEvent]:
    facts: dict[str, Any] = {"step": done.step_key, "cause_event_id": done.event_id}
    facts |= {"by": done.actor} if done.actor else {}
    telling = _telling(enrolled, done)
    if done.skipped:
        return telling.step_skipped(done.step_key, facts, done.occurred_at)
    return telling.step_completed(done.step_key, facts, done.occurred_at)


def _telling(owner: Enrolled, done: Done) -> Telling:
    return Telling(owner, done.person_id, owner.account_id or done.account_id)


def finish(held: Mapping[int, Held], settling: Sequence[Done]) -> list[NewEvent]:
    """Mark the enrolments whose last step this was; the events that say so."""
    told: list[NewEvent] = []
    finished: list[dict[str, Any]] = []
    last = {done.enrolment_id: done for done in sorted(settling, key=lambda done: done.occurred_at)}
    for enrolment_id, done in last.items():
        theirs = held[enrolment_id]
        at = finished_at(theirs)
        if at is not None and theirs.enrolled.completed_at is None:
            finished.append({"id": enrolment_id, "completed_at": at})
            told += _telling(theirs.enrolled, done).completed(completion_facts(theirs), at)
    change_rows(FlowEnrolment.__table__, finished, "id")
    return told


def finished_at(held: Held) -> dt.datetime | None:
    """When the last step was settled; None while one is open."""
    return end_of(held.flow, held.settled, held.hidden)


def end_of(
    flow: PublishedFlow, settled: Mapping[str, dt.datetime], hidden: Collection[str] = ()
) -> dt.datetime | None:
    """When a flow with these settled steps was completed; None while one is open that is not hidden, or
    where there is none."""
    steps = flow.steps.keys() - hidden
    return max(settled[key] for key in steps) if steps and steps <= settled.keys() else None


def completion_facts(held: Held) -> dict[str, Any]:
    hidden = held.hidden
    steps = [key for key in held.flow.steps if key not in hidden]
    skipped = [key for key in steps if key in held.skipped and key not in held.done]
    return {"steps": len(steps)} | ({"skipped": skipped} if skipped else {})
