"""What is read before somebody is shown their flows: one query of one row, however many flows they have begun."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import msgspec
from sqlalchemy import BigInteger, BindParameter, Row, Select, Text, bindparam, cast, literal, select
from sqlalchemy.orm import aliased

from onboarding_flows import enrolments, flows, rewards, targeting
from onboarding_flows.begun import Begun
from onboarding_flows.checklist import Viewer
from onboarding_flows.enrolments import Beginning
from onboarding_flows.flows import PublishedFlow
from onboarding_flows.models import FlowDismissal, FlowEnrolment, FlowShowing, StepCompletion
from onboarding_flows.showings import source_of
from plg.attention import budget
from plg.attention.models import HeldBack
from plg.kit.clock import now
from plg.kit.db import db, is_postgres
from plg.kit.db_expressions import json_at, json_rows
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


_ENROLMENTS: Final = msgspec.json.Decoder(list[Begun])


def look(viewer: Viewer) -> Look:
    asked = {"person": viewer.person_id, "account": viewer.account_id, **budget.parameters(now())}
    row = db.session.connection().execute(_statement(is_postgres()), asked).one()
    enrolled = sorted(_ENROLMENTS.decode(row.enrolments or "[]"), key=lambda each: -each.id)
    begun = {each.flow_key: each for each in enrolled}  # of two of one flow, the first one stands
    published = catalogue.as_of((row.plans_newest, row.plans_retired))
    plan = catalogue.plan_version(row.plan) if row.plan else published.default_plan()
    live = flows.live_as_of((row.flows_newest, row.flows_retired))
    labels = frozenset(label_of(each) for each in (row.is_role, row.is_job) if each)
    return Look(begun, _missing(live, begun, viewer, plan.key), labels, {flow.key for flow in live}, row)


def label_of(trait: str) -> str:
    """What a trait calls somebody, as steps name it: `Product Manager` is product-manager."""
    return re.sub(r"[\s_-]+", "-", trait.strip().lower())


@cache
def _statement(for_postgres: bool) -> Select[Any]:
    """Built once a kind of database; a person or an account that is not there is NULL, which equals nothing."""
    person, account = bindparam("person", type_=BigInteger), bindparam("account", type_=BigInteger)
    flows_newest, flows_retired = flows.stamp()
    plans_newest, plans_retired = catalogue.stamp()
    one, viewer = select(literal(1).label("one")).subquery(), aliased(Person)
    columns = (
        flows_newest.label("flows_newest"),
        flows_retired.label("flows_retired"),
        plans_newest.label("plans_newest"),
        plans_retired.label("plans_retired"),
        AccountPlan.plan_version_id.label("plan"),
        json_at(viewer.traits, ["role"]).text.label("is_role"),
        json_at(viewer.traits, ["job"]).text.label("is_job"),
        *budget.columns(person, account),
        cast(_enrolments(person, account).scalar_subquery(), Text).label("enrolments"),
    )
    query = select(*columns).select_from(one).outerjoin(AccountPlan, AccountPlan.account_id == account)
    return query.outerjoin(viewer, viewer.id == person)


def _enrolments(person: BindParameter[Any], account: BindParameter[Any]) -> Select[Any]:
    """The columns are the fields of Begun."""
    one = FlowEnrolment
    its_source = literal(source_of("")) + one.flow_key
    rows = json_rows(
        *(one.flow_key, one.id, one.variant, one.exposed_at, one.version_id, one.enrolled_at),
        *(one.completed_at, one.revealed, rewards.points_of_enrolment(), FlowDismissal.person_id),
        *(FlowShowing.times, FlowShowing.last_shown_at, FlowShowing.snoozed_until, FlowShowing.asked_at),
        *(HeldBack.reason, HeldBack.last_at, _settled().scalar_subquery()),
    )
    return (
        select(rows)
        .select_from(one)
        .outerjoin(
            FlowDismissal, (FlowDismissal.enrolment_id == one.id) & (FlowDismissal.person_id == person)
        )
        .outerjoin(FlowShowing, (FlowShowing.enrolment_id == one.id) & (FlowShowing.person_id == person))
        .outerjoin(HeldBack, (HeldBack.person_id == person) & (HeldBack.source == its_source))
        .where((one.account_id == account) | (one.person_id == person))
    )


def _settled() -> Select[Any]:
    """The columns are the fields of SettledStep."""
    step = StepCompletion
    rows = select(json_rows(step.step_key, step.occurred_at, step.skipped, Person.name))
    theirs = rows.select_from(step).outerjoin(Person, Person.id == step.person_id)
    return theirs.where(step.enrolment_id == FlowEnrolment.id).correlate(FlowEnrolment)


def _missing(
    live: Iterable[PublishedFlow], begun: Mapping[str, Begun], viewer: Viewer, plan: str
) -> list[Beginning]:
    """The live flows that the viewer is to begin; asks the database nothing. Those that are for whom a rule holds
    are begun by the worker, unless all that it asks for is known of the viewer."""
    found = []
    plan_of_account = plan if viewer.account_id is not None else None
    for flow in live:
        if flow.key in begun or flow.flow.audience.when is not None:
            continue
        owner = enrolments.owner_of(flow, viewer.actor)
        if owner is None:
            continue
        meant = targeting.in_share(flow.flow, viewer.marks) and targeting.speaks(flow.flow, viewer.marks)
        if meant and enrolments.admits(flow, plan_of_account, viewer.role):
            found.append(Beginning(flow, owner))
    return found
