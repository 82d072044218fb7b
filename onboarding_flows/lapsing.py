"""Steps that do not stay done: their rule did them, and holds no more. Only flows that say so take anything back."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import select

from onboarding_flows import by_rule, event_names, settling
from onboarding_flows.enrolled import Place, hold
from onboarding_flows.flows import PublishedFlow
from onboarding_flows.models import FlowEnrolment, StepCompletion
from onboarding_flows.telling import Telling
from plg.events import log
from plg.kit.db import db


def take_back(moment: dt.datetime) -> int:
    """Open the steps again whose rule holds no more, and with them flows that were completed. What a server or a
    member of staff said is done stays. Returns how many, of many no more than a batch."""
    found: list[Place] = []
    for flow in _flows_that_lapse():
        for key in flow.lapsing:
            if len(found) < by_rule.BATCH:
                found += _lapsed(flow, key, moment)
    by_enrolment: dict[int, set[str]] = defaultdict(set)
    for enrolment_id, key in found:
        by_enrolment[enrolment_id].add(key)
    told, undone = [], 0
    for enrolment_id, held in hold(by_enrolment).items():
        keys = by_enrolment[enrolment_id] & held.done.keys()
        settling.take_back(held, keys, moment)
        telling = Telling(held.enrolled, held.enrolled.person_id, held.enrolled.account_id)
        for key in sorted(keys):
            told += telling.told(event_names.STEP_UNDONE, {"step": key}, moment)
        undone += len(keys)
    log.store(told)
    return undone


def _flows_that_lapse() -> list[PublishedFlow]:
    return [each for each in by_rule.begun() if each.lapsing]


def _lapsed(flow: PublishedFlow, key: str, moment: dt.datetime) -> Sequence[Place]:
    """Where the step was done by its rule, which leaves neither an event nor an actor, and the rule does not hold."""
    query = (
        select(StepCompletion.enrolment_id)
        .join(FlowEnrolment, FlowEnrolment.id == StepCompletion.enrolment_id)
        .where(
            by_rule.have(flow),
            StepCompletion.step_key == key,
            StepCompletion.skipped.is_(False),
            StepCompletion.event_id.is_(None),
            StepCompletion.actor.is_(None),
            by_rule.does_not_hold(flow, flow.by_rule[key], moment),
        )
    )
    rows = db.session.scalars(query.order_by(StepCompletion.enrolment_id).limit(by_rule.BATCH))
    return [Place(enrolment_id, key) for enrolment_id in rows]
