"""Leaving steps out, and taking back what was done."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any

from sqlalchemy import delete, select, update

from onboarding_flows import event_names, progress
from onboarding_flows.enrolled import Done, Enrolled, Held, hold
from onboarding_flows.models import CountedEvent, FlowDismissal, FlowEnrolment, FlowShowing, StepCompletion
from onboarding_flows.telling import Telling
from plg.events import log
from plg.kit.clock import now
from plg.kit.db import db
from plg.kit.errors import Conflict


class StepNotSkippable(Conflict):
    """The flow does not say that this step may be left out."""


def skip(
    enrolled: Enrolled, step_key: str, *, by: int | None, actor: str | None = None, anyway: bool = False
) -> bool:
    """Leave a step out: it counts as settled, not as done, and may still be done. Returns whether it was open.

    anyway: also a step of which the flow does not say that people may leave it out (else StepNotSkippable)."""
    held = hold({enrolled.id})
    if enrolled.id not in held:
        return False
    step = held[enrolled.id].flow.step(step_key)
    if step_key in held[enrolled.id].settled:
        return False
    if not step.skippable and not anyway:
        raise StepNotSkippable("This step cannot be left out.")
    account_id = enrolled.account_id
    progress.keep(held, [Done(enrolled.id, step_key, now(), by, None, None, account_id, actor, True)])
    return True


def reset_step(enrolled: Enrolled, step_key: str, *, by: int | None, actor: str | None = None) -> bool:
    """Take back that a step was done, skipped, or counted: only what happens from now on counts for it. Returns
    whether there was anything to take back."""
    held = hold({enrolled.id}).get(enrolled.id)
    if held is None:
        return False
    held.flow.step(step_key)
    if step_key not in held.settled and not _counts(enrolled.id, {step_key}):
        return False
    take_back(held, {step_key}, now())
    _tell(held, event_names.STEP_RESET, {"step": step_key}, by, actor)
    return True


def reset(enrolled: Enrolled, *, by: int | None, actor: str | None = None) -> bool:
    """Let a whole enrolment begin anew, also for those who had put it away or seen it often enough. Returns whether
    anything changed."""
    held = hold({enrolled.id}).get(enrolled.id)
    if held is None:
        return False
    steps = held.flow.steps.keys()
    shown_again = held.enrolled.completed_at is not None
    for table in (FlowDismissal, FlowShowing):
        gone = delete(table).where(table.enrolment_id == enrolled.id).returning(table.person_id)
        shown_again |= bool(db.session.execute(gone).all())
    if not (shown_again or held.settled.keys() & steps or _counts(enrolled.id, steps)):
        return False
    done, there = len(held.done.keys() & steps), len(steps - held.hidden)
    take_back(held, {*steps, *held.settled}, now())
    _tell(held, event_names.RESET, {"steps_done": done, "steps": there}, by, actor)
    return True


def _counts(enrolment_id: int, step_keys: Collection[str]) -> bool:
    counted = select(CountedEvent.step_key).where(
        CountedEvent.enrolment_id == enrolment_id, CountedEvent.step_key.in_(step_keys)
    )
    return db.session.execute(counted.limit(1)).first() is not None


def take_back(held: Held, step_keys: Collection[str], at: dt.datetime) -> None:
    """Open these steps again, and with them the flow; only what happens after that moment counts for them."""
    old = held.enrolled
    for table in (StepCompletion, CountedEvent):
        theirs = (table.enrolment_id == old.id, table.step_key.in_(step_keys))
        db.session.execute(delete(table).where(*theirs))
    counts_from = old.counts_from | dict.fromkeys(step_keys, at.isoformat())
    opened: dict[str, Any] = {"completed_at": None, "reopened": old.reopened + 1, "counts_from": counts_from}
    held.enrolled = old._replace(**opened)
    db.session.execute(update(FlowEnrolment).where(FlowEnrolment.id == old.id).values(opened))


def _tell(held: Held, name: str, facts: dict[str, Any], by: int | None, actor: str | None) -> None:
    facts |= {"by": actor} if actor else {}
    log.store(Telling(held.enrolled, by, held.enrolled.account_id).told(name, facts, now()))
