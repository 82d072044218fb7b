"""What a person is shown of their flows: one query, definitions from memory."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Row, Select, bindparam, literal, select
from sqlalchemy.orm import aliased

from onboarding_flows import checklist, enrolments, exposing, flows, rewards
from onboarding_flows.checklist import Begun, SettledStep, Viewer
from onboarding_flows.enrolments import Beginning
from onboarding_flows.flows import PublishedFlow
from onboarding_flows.models import FlowDismissal, FlowEnrolment, StepCompletion
from plg.kit.clock import now
from plg.kit.db import db, is_postgres, writing
from plg.kit.db_expressions import json_at
from plg.people.models import Person
from plg.plans import catalogue
from plg.plans.models import AccountPlan


@dataclass(frozen=True)
class Look:
    begun: dict[str, Begun]
    missing: list[Beginning]
    labels: frozenset[str]


def checklists(viewer: Viewer) -> list[dict[str, Any]]:
    """The viewer's flows, by key. Those that they meet for the first time are begun here, and that they meet an
    experiment is noted, so a GET may write once."""
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
    return _shown(look, viewer)


def _met(look: Look, viewer: Viewer) -> list[int]:
    """The enrolments whose experiment the viewer is the first to meet; a server that asks for an account alone shows
    it to nobody."""
    if viewer.person_id is None:
        return []
    unmet = [each for each in look.begun.values() if each.unmet and not each.dismissed]
    published = flows.versions_of([each.version_id for each in unmet])
    return [each.id for each in unmet if may_see(published[each.version_id], viewer)]


def one(flow_key: str, viewer: Viewer) -> dict[str, Any] | None:
    """One flow as it is now; None where the viewer has not begun it or may not see it. One query, nothing written."""
    return next((each for each in _shown(_look(viewer), viewer) if each["flow"] == flow_key), None)


def _shown(look: Look, viewer: Viewer) -> list[dict[str, Any]]:
    published = flows.versions_of([begun.version_id for begun in look.begun.values()])
    labelled = replace(viewer, labels=look.labels)
    theirs = [(published[b.version_id].in_arm(b.variant), b) for _, b in sorted(look.begun.items())]
    return [
        checklist.shown(flow, begun, labelled)
        for flow, begun in theirs
        if not flow.held_out and may_see(flow, viewer)
    ]


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
        one = begun.setdefault(row.flow_key, _begun(row))
        if row.step_key is not None:
            one.settled[row.step_key] = SettledStep(row.done_at, row.done_by or None, row.skipped)
    published = catalogue.as_of((first.plans_newest, first.plans_retired))
    plan = catalogue.plan_version(first.plan) if first.plan else published.default_plan()
    live = flows.live_as_of((first.flows_newest, first.flows_retired))
    labels = frozenset(label_of(each) for each in (first.is_role, first.is_job) if each)
    return Look(begun, _missing(live, begun, viewer, plan.key), labels)


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
    )


def label_of(trait: str) -> str:
    """What a trait calls somebody, as steps name it: `Product Manager` is product-manager."""
    return re.sub(r"[\s_-]+", "-", trait.strip().lower())


def _rows(viewer: Viewer) -> Sequence[Row[Any]]:
    ids = {"person": viewer.person_id, "account": viewer.account_id}
    return db.session.execute(_statement(is_postgres()), ids).all()


@cache
def _statement(for_postgres: bool) -> Select[Any]:
    """Built once a kind of database; a person or an account that is not there is NULL, which equals nothing."""
    person, account = bindparam("person", type_=BigInteger), bindparam("account", type_=BigInteger)
    flows_newest, flows_retired = flows.stamp()
    plans_newest, plans_retired = catalogue.stamp()
    one, looking = select(literal(1).label("one")).subquery(), aliased(Person)
    traits = {name: json_at(looking.traits, [name]).text for name in ("role", "job")}
    query = select(
        flows_newest.label("flows_newest"),
        flows_retired.label("flows_retired"),
        plans_newest.label("plans_newest"),
        plans_retired.label("plans_retired"),
        AccountPlan.plan_version_id.label("plan"),
        FlowEnrolment.id.label("enrolment_id"),
        FlowEnrolment.flow_key,
        FlowEnrolment.variant,
        FlowEnrolment.exposed_at,
        FlowEnrolment.version_id,
        FlowEnrolment.enrolled_at,
        FlowEnrolment.completed_at,
        FlowEnrolment.revealed,
        rewards.points_of_enrolment().label("points"),
        traits["role"].label("is_role"),
        traits["job"].label("is_job"),
        FlowDismissal.person_id.label("dismissed"),
        StepCompletion.step_key,
        StepCompletion.occurred_at.label("done_at"),
        StepCompletion.skipped,
        Person.name.label("done_by"),
    ).select_from(one)
    owned = (FlowEnrolment.account_id == account) | (FlowEnrolment.person_id == person)
    put_away = (FlowDismissal.enrolment_id == FlowEnrolment.id) & (FlowDismissal.person_id == person)
    return (
        query.outerjoin(AccountPlan, AccountPlan.account_id == account)
        .outerjoin(looking, looking.id == person)
        .outerjoin(FlowEnrolment, owned)
        .outerjoin(FlowDismissal, put_away)
        .outerjoin(StepCompletion, StepCompletion.enrolment_id == FlowEnrolment.id)
        .outerjoin(Person, Person.id == StepCompletion.person_id)
    )


def _missing(
    live: Iterable[PublishedFlow], begun: dict[str, Begun], viewer: Viewer, plan: str
) -> list[Beginning]:
    """The live flows that the viewer is to begin; asks the database nothing. Those that are for whom a rule holds
    are begun by the worker."""
    found = []
    plan_of_account = plan if viewer.account_id is not None else None
    for flow in live:
        owner = enrolments.owner_of(flow, viewer.actor)
        if flow.key in begun or owner is None or flow.audience is not None:
            continue
        if enrolments.admits(flow, plan_of_account, viewer.role):
            found.append(Beginning(flow, owner))
    return found
