"""What a person is shown of their flows: one query, definitions from memory."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Row, Select, bindparam, literal, select
from sqlalchemy.orm import aliased

from onboarding_flows import (
    checklist,
    enrolments,
    exposing,
    flows,
    prompt,
    prompting,
    rewards,
    targeting,
)
from onboarding_flows.checklist import Begun, SettledStep, Viewer
from onboarding_flows.enrolments import Beginning
from onboarding_flows.flows import PublishedFlow
from onboarding_flows.models import FlowDismissal, FlowEnrolment, FlowShowing, StepCompletion
from onboarding_flows.prompting import Candidate, Check, Choice
from onboarding_flows.showings import NEVER, Showing, source_of
from plg.attention import budget, held_back
from plg.attention.held_back import Kept
from plg.attention.models import HeldBack
from plg.kit.clock import now
from plg.kit.db import db, is_postgres, writing
from plg.kit.db_expressions import json_at
from plg.people.models import Person
from plg.plans import catalogue
from plg.plans.models import AccountPlan


@dataclass(frozen=True)
class Look:
    """What was read of the viewer's flows. labels: see Viewer. live: the keys of those that are. spent: what was
    asked of their attention."""

    begun: dict[str, Begun]
    missing: list[Beginning]
    labels: frozenset[str]
    live: set[str]
    spent: Row[Any]


def state(viewer: Viewer) -> dict[str, Any]:
    """The viewer's checklists, those of higher priority first, and what comes up by itself. Flows that they meet for
    the first time are begun here, that they meet an experiment is noted, and reasons why something is held back are
    kept: a GET may write now and then."""
    look = _look(viewer)
    if look.missing:
        with writing():
            enrolments.begin(look.missing)
            db.session.commit()
        look = _look(viewer)
    if met := _met(look, viewer):
        with writing():
            exposing.expose(met, to=viewer.actor, at=now())
            db.session.commit()
    checklists, prompts = _seen(look, viewer)
    return {
        "checklists": _checklists(checklists, replace(viewer, labels=look.labels)),
        "prompts": _prompts(look, prompts, viewer),
    }


def _met(look: Look, viewer: Viewer) -> list[int]:
    """The enrolments whose experiment the viewer is the first to meet; a server that asks for an account alone shows
    it to nobody."""
    if viewer.person_id is None:
        return []
    unmet = [each for each in look.begun.values() if each.unmet and not each.dismissed]
    published = flows.versions_of([each.version_id for each in unmet])
    theirs = [Candidate(published[each.version_id], each) for each in unmet]
    return [each.begun.id for each in theirs if may_see(each.flow, viewer) and _is_met(each)]


def _is_met(each: Candidate) -> bool:
    """What comes up by itself is met when it could come up; that others go first falls on all arms alike."""
    return not each.flow.flow.is_prompt or all(check.holds for check in prompting.standing(each, now()))


def one(flow_key: str, viewer: Viewer) -> dict[str, Any] | None:
    """One checklist as it is now; None where the viewer has not begun it or may not see it. One query, nothing
    written."""
    look = _look(viewer)
    checklists, _ = _seen(look, viewer)
    labelled = replace(viewer, labels=look.labels)
    return next((each for each in _checklists(checklists, labelled) if each["flow"] == flow_key), None)


def one_prompt(flow_key: str, viewer: Viewer) -> dict[str, Any] | None:
    """The same of a tour, a banner or an announcement, whether it is due or not."""
    _, prompts = _seen(_look(viewer), viewer)
    mine = (each for each in prompts if each.flow.key == flow_key)
    return next((prompt.shown(each.flow, each.begun, viewer) for each in mine), None)


def explained(flow_key: str, viewer: Viewer) -> list[Check]:
    """What is asked before the viewer is shown a flow that they have begun, with what was found. One query."""
    look, moment = _look(viewer), now()
    checklists, prompts = _seen(look, viewer)
    if any(each.flow.key == flow_key for each in prompts):
        return list(prompting.explained(flow_key, prompts, budget.of_row(look.spent), moment))
    mine = (each for each in checklists if each.flow.key == flow_key)
    return [check for each in mine for check in prompting.place(each.flow.flow, each.begun, moment)]


def _seen(look: Look, viewer: Viewer) -> tuple[list[Candidate], list[Candidate]]:
    """The checklists that they have begun and may see, and those of the rest that are still published: what never
    came up does not go on."""
    published = flows.versions_of([begun.version_id for begun in look.begun.values()])
    checklists, prompts = [], []
    for key, begun in look.begun.items():
        flow = published[begun.version_id].in_arm(begun.variant)
        if flow.held_out or not may_see(flow, viewer):
            continue
        if not flow.flow.is_prompt:
            checklists.append(Candidate(flow, begun))
        elif key in look.live:
            prompts.append(Candidate(flow, begun))
    return checklists, prompts


def _checklists(found: Sequence[Candidate], viewer: Viewer) -> list[dict[str, Any]]:
    moment = now()
    return [
        checklist.shown(each.flow, each.begun, viewer)
        for each in sorted(found, key=lambda one: (-one.flow.flow.show.priority, one.flow.key))
        if prompting.is_due(each.flow.flow, each.begun, moment)
    ]


def _prompts(look: Look, found: Sequence[Candidate], viewer: Viewer) -> list[dict[str, Any]]:
    """What comes up now, under the budget that everything in this answer shares."""
    if not found or viewer.person_id is None:
        return []
    moment = now()
    choice = prompting.choose(found, budget.of_request(look.spent, viewer.person_id), moment)
    _keep_reasons(choice, found, viewer, moment)
    return [prompt.shown(each.flow, each.begun, viewer) for each in choice.chosen]


def _keep_reasons(choice: Choice, found: Sequence[Candidate], viewer: Viewer, moment: dt.datetime) -> None:
    """Where the viewer is really there to see it: a server that asks changes nothing."""
    if viewer.person_id is None or not viewer.is_there:
        return
    kept = {source_of(each.flow.key): each.begun.held_back for each in found if each.begun.held_back}
    reasons = {source_of(key): reason for key, reason in choice.held_back.items()}
    held_back.keep(reasons, kept, person_id=viewer.person_id, account_id=viewer.account_id, at=moment)


def may_see(flow: PublishedFlow, viewer: Viewer) -> bool:
    roles = flow.flow.audience.roles
    return not roles or viewer.person_id is None or viewer.role in roles


def _look(viewer: Viewer) -> Look:
    rows = _rows(viewer)
    first = rows[0]
    begun: dict[str, Begun] = {}
    for row in rows:
        if row.flow_key is None:
            continue
        one = begun.get(row.flow_key)
        if one is None:
            one = begun[row.flow_key] = _begun(row)
        if row.step_key is not None:
            one.settled[row.step_key] = SettledStep(row.done_at, row.done_by or None, row.skipped)
    published = catalogue.as_of((first.plans_newest, first.plans_retired))
    plan = catalogue.plan_version(first.plan) if first.plan else published.default_plan()
    live = flows.live_as_of((first.flows_newest, first.flows_retired))
    labels = frozenset(label_of(each) for each in (first.is_role, first.is_job) if each)
    missing = _missing(live, begun, viewer, plan.key)
    return Look(begun, missing, labels, {flow.key for flow in live}, first)


def _begun(row: Row[Any]) -> Begun:
    return Begun(
        row.version_id,
        row.enrolled_at,
        completed=row.completed_at is not None,
        dismissed=row.dismissed is not None,
        points=row.points or 0,
        revealed=row.revealed,
        id=row.enrolment_id,
        variant=row.variant,
        unmet=row.variant is not None and row.exposed_at is None,
        showing=NEVER
        if row.times is None
        else Showing(row.times, row.last_shown_at, row.snoozed_until, row.asked_at),
        held_back=Kept(row.held_reason, row.held_at) if row.held_at is not None else None,
    )


def label_of(trait: str) -> str:
    """What a trait calls somebody, as steps name it: `Product Manager` is product-manager."""
    return re.sub(r"[\s_-]+", "-", trait.strip().lower())


def _rows(viewer: Viewer) -> Sequence[Row[Any]]:
    asked = {"person": viewer.person_id, "account": viewer.account_id, **budget.parameters(now())}
    return db.session.execute(_statement(is_postgres()), asked).all()


@cache
def _statement(for_postgres: bool) -> Select[Any]:
    """Built once a kind of database; a person or an account that is not there is NULL, which equals nothing."""
    person, account = bindparam("person", type_=BigInteger), bindparam("account", type_=BigInteger)
    one, looking = select(literal(1).label("one")).subquery(), aliased(Person)
    owned = (FlowEnrolment.account_id == account) | (FlowEnrolment.person_id == person)
    put_away = (FlowDismissal.enrolment_id == FlowEnrolment.id) & (FlowDismissal.person_id == person)
    shown_to_them = (FlowShowing.enrolment_id == FlowEnrolment.id) & (FlowShowing.person_id == person)
    its_source = literal(source_of("")) + FlowEnrolment.flow_key
    held_from_them = (HeldBack.person_id == person) & (HeldBack.source == its_source)
    columns = (*_of_all(looking), *_of_enrolments(), *budget.columns(person, account))
    return (
        select(*columns)
        .select_from(one)
        .outerjoin(AccountPlan, AccountPlan.account_id == account)
        .outerjoin(looking, looking.id == person)
        .outerjoin(FlowEnrolment, owned)
        .outerjoin(FlowDismissal, put_away)
        .outerjoin(FlowShowing, shown_to_them)
        .outerjoin(HeldBack, held_from_them)
        .outerjoin(StepCompletion, StepCompletion.enrolment_id == FlowEnrolment.id)
        .outerjoin(Person, Person.id == StepCompletion.person_id)
    )


def _of_all(looking: type[Person]) -> list[Any]:
    """What is the same in every row."""
    flows_newest, flows_retired = flows.stamp()
    plans_newest, plans_retired = catalogue.stamp()
    return [
        flows_newest.label("flows_newest"),
        flows_retired.label("flows_retired"),
        plans_newest.label("plans_newest"),
        plans_retired.label("plans_retired"),
        AccountPlan.plan_version_id.label("plan"),
        json_at(looking.traits, ["role"]).text.label("is_role"),
        json_at(looking.traits, ["job"]).text.label("is_job"),
    ]


def _of_enrolments() -> list[Any]:
    """An enrolment in each row, or one of its settled steps."""
    return [
        FlowEnrolment.id.label("enrolment_id"),
        FlowEnrolment.flow_key,
        FlowEnrolment.variant,
        FlowEnrolment.exposed_at,
        FlowEnrolment.version_id,
        FlowEnrolment.enrolled_at,
        FlowEnrolment.completed_at,
        FlowEnrolment.revealed,
        rewards.points_of_enrolment().label("points"),
        FlowDismissal.person_id.label("dismissed"),
        FlowShowing.times,
        FlowShowing.last_shown_at,
        FlowShowing.snoozed_until,
        FlowShowing.asked_at,
        HeldBack.reason.label("held_reason"),
        HeldBack.last_at.label("held_at"),
        StepCompletion.step_key,
        StepCompletion.occurred_at.label("done_at"),
        StepCompletion.skipped,
        Person.name.label("done_by"),
    ]


def _missing(
    live: Iterable[PublishedFlow], begun: dict[str, Begun], viewer: Viewer, plan: str
) -> list[Beginning]:
    """The live flows that the viewer is to begin; asks the database nothing. Those that are for whom a rule holds
    are begun by the worker, unless all that it asks for is known of the viewer."""
    found = []
    plan_of_account = plan if viewer.account_id is not None else None
    for flow in live:
        owner = enrolments.owner_of(flow, viewer.actor)
        if flow.key in begun or owner is None or flow.flow.audience.when is not None:
            continue
        meant = targeting.in_share(flow.flow, viewer.marks) and targeting.speaks(flow.flow, viewer.marks)
        if meant and enrolments.admits(flow, plan_of_account, viewer.role):
            found.append(Beginning(flow, owner))
    return found
