"""Why somebody sees a flow or not, and how each of its steps came to be as it is."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import select

from onboarding_flows import (
    checklist,
    counting,
    enrolments,
    flows,
    lifecycle,
    prompting,
    rewards,
    showings,
    shown,
    targeting,
)
from onboarding_flows.completion import leaves
from onboarding_flows.counting import Parts
from onboarding_flows.enrolled import Enrolled, Place
from onboarding_flows.experiment_definition import HOLDOUT
from onboarding_flows.flows import PublishedFlow
from onboarding_flows.models import FlowDismissal, FlowEnrolment, StepCompletion
from onboarding_flows.step_definition import Step
from onboarding_flows.who import Who
from plg.attention import held_back
from plg.events.models import Event
from plg.kit import assignment
from plg.kit.clock import now
from plg.kit.db import db
from plg.people.models import Person
from plg.plans import assignments
from plg.segments import segments


def explain(flow_key: str, asked: Who) -> dict[str, Any]:
    """Every rule with what it asks for and what was found, and every step. FlowNotFound where there never was
    such a flow. Nothing is begun by asking."""
    live = next((each for each in flows.live() if each.key == flow_key), None)
    enrolled = enrolments.find(flow_key, asked.actor)
    flow = enrolled.flow if enrolled else live or lifecycle.newest(flow_key)
    rules = _rules(flow, live, enrolled, asked)
    begun_at = _enrolled_at(enrolled) if enrolled else None
    return {
        "flow": flow_key,
        "kind": flow.flow.kind,
        "shown": all(rule["holds"] for rule in rules),
        "rules": rules,
        "version": flow.version,
        "live_version": live.version if live else None,
        "enrolment": _enrolment(enrolled, begun_at, asked) if enrolled else None,
        "held_back": _held_back(flow_key, asked),
        "experiment": _experiment(flow, enrolled, asked),
        "steps": _steps(flow, enrolled, begun_at, asked),
    }


def rules_of_beginning(flow: PublishedFlow, asked: Who) -> list[dict[str, Any]]:
    """What decides whether somebody begins the flow and is shown it, as if this version of it were live and they had
    not begun."""
    return _rules(flow, flow, None, asked)


def _rules(
    flow: PublishedFlow, live: PublishedFlow | None, enrolled: Enrolled | None, asked: Who
) -> list[dict[str, Any]]:
    """Who has begun a flow keeps it, whatever its plan; only the role still says who is shown it."""
    audience, account, person = flow.flow.audience, asked.account, asked.person
    owner = account if flow.flow.scope == "account" else person
    rules = []
    if enrolled is None or flow.flow.is_prompt:
        rules.append(_rule("live", live is not None, "a live version", live.version if live else None))
    if enrolled is None:
        found = owner.public_id if owner else None
        rules.append(_rule("owner", owner is not None, flow.flow.scope, found))
        if audience.plans:
            plan = assignments.current(account.id).plan.key if account else None
            rules.append(_rule("plans", plan in audience.plans, audience.plans, plan))
        if audience.percent is not None:
            drawn = targeting.bucket(flow.flow, asked.marks)
            holds = targeting.in_share(flow.flow, asked.marks)
            rules.append(_rule("percent", holds, audience.percent, {"bucket": drawn}))
        if audience.locales:
            speaks = targeting.speaks(flow.flow, asked.marks)
            rules.append(_rule("locales", speaks, audience.locales, asked.marks.locale))
        if audience.when is not None:
            rules.append(_asked_of(audience.when, asked))
    if flow.arms or flow.held_out:
        arm = enrolled.variant if enrolled else owner and flow.arm_of(owner.public_id)
        rules.append(_rule("experiment", arm != HOLDOUT, "an arm that is shown it", arm))
    if audience.roles:
        # An account alone is shown everything that is its own.
        by_account = person is None and flow.flow.scope == "account"
        rules.append(_rule("roles", by_account or asked.role in audience.roles, audience.roles, asked.role))
    checks = shown.explained(flow.key, asked.viewer) if enrolled else prompting.window(flow.flow, now())
    return rules + [check._asdict() for check in checks]


def _held_back(flow_key: str, asked: Who) -> dict[str, Any] | None:
    """What was kept when they were not shown it the last time."""
    row = held_back.find(showings.source_of(flow_key), asked.person.id) if asked.person else None
    kept = ("reason", "first_at", "last_at", "times")
    return {name: getattr(row, name) for name in kept} if row is not None else None


def _experiment(flow: PublishedFlow, enrolled: Enrolled | None, asked: Who) -> dict[str, Any] | None:
    """Their arm, or the one that they would be in, and the numbers that say so; arm None: they began the flow outside
    of its experiment, or in an arm that is no more."""
    experiment, scope = flow.flow.experiment, flow.flow.scope
    owner = asked.account if scope == "account" else asked.person
    if experiment is None or owner is None:
        return None
    exposed = select(FlowEnrolment.exposed_at).where(FlowEnrolment.id == (enrolled.id if enrolled else None))
    return {
        "variant": enrolled.variant if enrolled else flow.arm_of(owner.public_id),
        "bucket": assignment.bucket(owner.public_id, flow.key),
        "buckets": {arm: [each.start, each.stop - 1] for arm, each in experiment.buckets.items()},
        "exposed_at": db.session.scalar(exposed),
    }


def _asked_of(when: dict[str, Any], asked: Who) -> dict[str, Any]:
    """The audience's rule, with each of its parts and what was found; it is asked of people in accounts only."""
    if asked.person is None or asked.account is None:
        return _rule("when", False, when, None)
    moment = now()
    told = segments.explain(segments.parse(when, moment), asked.person.id, asked.account.id, moment)
    return _rule("when", told["holds"], when, told)


def _rule(rule: str, holds: bool, wanted: Any, found: Any) -> dict[str, Any]:
    return {"rule": rule, "holds": holds, "wanted": wanted, "found": found}


def _enrolment(enrolled: Enrolled, begun_at: dt.datetime | None, asked: Who) -> dict[str, Any]:
    away = select(FlowDismissal.dismissed_at).where(
        FlowDismissal.enrolment_id == enrolled.id,
        FlowDismissal.person_id == (asked.person.id if asked.person else None),
    )
    return {
        "enrolled_at": begun_at,
        "completed_at": enrolled.completed_at,
        "dismissed_at": db.session.scalar(away),
    }


def _enrolled_at(enrolled: Enrolled) -> dt.datetime:
    return db.session.scalars(select(FlowEnrolment.enrolled_at).where(FlowEnrolment.id == enrolled.id)).one()


def _steps(
    flow: PublishedFlow, enrolled: Enrolled | None, begun_at: dt.datetime | None, asked: Who
) -> list[dict[str, Any]]:
    settled = _settled(enrolled.id) if enrolled else {}
    counted = counting.counted([enrolled.id]) if enrolled else {}
    earned = rewards.in_force([enrolled.id]) if enrolled else {}
    hidden = flow.hidden(enrolled.revealed if enrolled else (), settled)
    steps = []
    for step in flow.steps.values():
        row, place = settled.get(step.key), Place(enrolled.id if enrolled else 0, step.key)
        steps.append(
            {
                "step": step.key,
                **_state(row, flow.locked_by(step.key, settled, hidden), step.key in hidden),
                **_asks_for(flow, step, row, counted.get(place, {})),
                **_cause(row),
                "completes_when": _told(step.completes_when, asked),
                "visible_when": _told(step.visible_when, asked),
                "reward": rewards.told(step.reward, earned.get(place)),
                "due_at": checklist.due_at(step, begun_at) if begun_at else None,
                "reset_at": enrolled.counts_from.get(step.key) if enrolled else None,
            }
        )
    return steps


def _state(settled: Any, locked_by: list[str], hidden: bool) -> dict[str, Any]:
    state = "open" if settled is None else "skipped" if settled.skipped else "done"
    return {"state": "hidden" if hidden else "locked" if locked_by else state, "locked_by": locked_by}


def _told(when: dict[str, Any] | None, asked: Who) -> dict[str, Any] | None:
    """A step's condition, with what is found of a person in an account."""
    if when is None or asked.person is None or asked.account is None:
        return when
    moment = now()
    return segments.explain(segments.parse(when, moment), asked.person.id, asked.account.id, moment)


def _asks_for(flow: PublishedFlow, step: Step, settled: Any, counted: Parts) -> dict[str, Any]:
    """What does the step, and how much of it there is: as a whole, and of each part where there are several."""
    way = flow.ways.get(step.key)
    if way is None or step.completes_on is None:
        return {"asks_for": None, "so_far": None, "parts": []}
    done = settled is not None and not settled.skipped
    found = [need.so_far(events) for need, events in zip(way.needs, way.gathered(counted), strict=True)]
    parts = [
        {
            "asks_for": each.model_dump(mode="json"),
            "so_far": f"{number} of {need.count}",
            "met": number == need.count,
        }
        for (_, each), need, number in zip(leaves(step.completes_on), way.needs, found, strict=True)
    ]
    met = sum(number == need.count for need, number in zip(way.needs, found, strict=True))
    so_far = f"{met} of {len(parts)}"
    if len(parts) == 1:
        so_far = f"{way.needs[0].count if done else found[0]} of {way.needs[0].count}"
    told = step.completes_on.model_dump(mode="json")
    return {"asks_for": told, "so_far": so_far, "parts": parts if len(parts) > 1 else []}


def _cause(settled: Any) -> dict[str, Any]:
    known = settled is not None and settled.event_id
    return {
        "at": settled.occurred_at if settled else None,
        "event": {"id": settled.event_id, "name": settled.event_name} if known else None,
        "person": settled.person if settled else None,
        "by": settled.actor if settled else None,
    }


def _settled(enrolment_id: int) -> dict[str, Any]:
    """The settled steps by key, with the event and the person behind each."""
    query = (
        select(
            StepCompletion.step_key,
            StepCompletion.skipped,
            StepCompletion.occurred_at,
            StepCompletion.event_id,
            StepCompletion.actor,
            Event.name.label("event_name"),
            Person.public_id.label("person"),
        )
        .outerjoin(Event, Event.id == StepCompletion.event_id)
        .outerjoin(Person, Person.id == StepCompletion.person_id)
        .where(StepCompletion.enrolment_id == enrolment_id)
    )
    return {row.step_key: row for row in db.session.execute(query)}
