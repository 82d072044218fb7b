"""Flows that a rule is for, steps that a rule reveals or completes: asked of everybody at once, in SQL."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, select, update

from onboarding_flows import flows, progress
from onboarding_flows.enrolled import Done, Place, hold
from onboarding_flows.flows import PublishedFlow
from onboarding_flows.models import FlowEnrolment, StepCompletion
from plg.accounts.models import Membership
from plg.kit.db import db
from plg.kit.db_expressions import json_at
from plg.kit.rules import Rule
from plg.segments import segments

BATCH = 500
Acting = tuple[int | None, int | None]
"""A person in an account; either may be unknown."""


def meant(flow: PublishedFlow, actors: Collection[Acting], moment: dt.datetime) -> set[Acting]:
    """Those of the actors for whom the audience's rule holds; for an account's flow, those in whose account it
    holds for anybody."""
    if flow.audience is None:
        return set(actors)
    accounts = {account_id for _, account_id in actors if account_id is not None}
    found = segments.members(flow.audience, moment).where(Membership.account_id.in_(accounts))
    if flow.flow.scope == "person":
        people = {person_id for person_id, _ in actors if person_id is not None}
        pairs = {
            (row[0], row[1]) for row in db.session.execute(found.where(Membership.person_id.in_(people)))
        }
        return {actor for actor in actors if actor in pairs}
    theirs = {row[1] for row in db.session.execute(found)}
    return {actor for actor in actors if actor[1] in theirs}


def not_begun(flow: PublishedFlow, moment: dt.datetime) -> list[int]:
    """The next accounts (or people) that the audience's rule holds for and that have not begun the flow."""
    assert flow.audience is not None
    owner = _owner(flow)
    taken = select(owner).where(FlowEnrolment.flow_key == flow.key, owner.is_not(None))
    found = _owners(flow, flow.audience, moment).subquery()
    return list(db.session.scalars(select(found).where(found.c[0].not_in(taken)).limit(BATCH)))


def holding(
    flow: PublishedFlow, by_step: Mapping[str, Rule], owners: Collection[int], moment: dt.datetime
) -> dict[str, set[int]]:
    """Step -> those of the accounts (or people) for whom its rule holds."""
    column = _owner_of_members(flow)
    return {
        key: set(db.session.scalars(_owners(flow, rule, moment).where(column.in_(owners))))
        for key, rule in by_step.items()
    }


def revealed(flow: PublishedFlow, owners: Collection[int], moment: dt.datetime) -> dict[int, dict[str, str]]:
    """Owner -> the steps with a condition that are there for them, with the moment, as enrolments keep it."""
    found: dict[int, dict[str, str]] = {owner: {} for owner in owners}
    for key, theirs in holding(flow, flow.by_condition, owners, moment).items():
        for owner in theirs:
            found[owner][key] = moment.isoformat()
    return found


def reveal(moment: dt.datetime, among: Sequence[int] | None = None) -> int:
    """Let steps be there whose condition holds now, in flows that are not completed: what is complete does not
    grow. among: of these enrolments only. Returns how many were revealed, of many no more than a batch."""
    if among is not None and not among:
        return 0
    found: list[Place] = []
    for flow in _unfinished_flows(among):
        for key, rule in flow.by_condition.items():
            if len(found) < BATCH:
                rows = db.session.execute(_hidden(flow, key, rule, moment, among))
                found += [Place(row.id, key) for row in rows]
    held = hold({place.enrolment_id for place in found})
    changes: dict[int, dict[str, str]] = {i: dict(each.enrolled.revealed) for i, each in held.items()}
    for enrolment_id, key in found:
        if enrolment_id in changes:
            changes[enrolment_id].setdefault(key, moment.isoformat())
    if changes:
        db.session.execute(
            update(FlowEnrolment), [{"id": i, "revealed": steps} for i, steps in changes.items()]
        )
    return len(found)


def _hidden(
    flow: PublishedFlow, key: str, rule: Rule, moment: dt.datetime, among: Sequence[int] | None
) -> Select[int]:
    query = select(FlowEnrolment.id).where(
        have(flow),
        *_unfinished(among),
        ~json_at(FlowEnrolment.revealed, [key]).exists,
        _owner(flow).in_(_owners(flow, rule, moment)),
    )
    return query.order_by(FlowEnrolment.id).limit(BATCH)


def settle(moment: dt.datetime, among: Sequence[int] | None = None) -> int:
    """Complete the steps whose rule holds now. among: of these enrolments only. Returns how many were completed,
    of many no more than a batch."""
    if among is not None and not among:
        return 0
    found: list[Done] = []
    for flow in _unfinished_flows(among):
        for key, rule in flow.by_rule.items():
            if len(found) < BATCH:
                found += _fulfilled(flow, key, rule, moment, among)
    if not found:
        return 0
    held = hold({done.enrolment_id for done in found})
    new = [d for d in found if d.enrolment_id in held and d.step_key not in held[d.enrolment_id].done]
    progress.keep(held, new)
    return len(new)


def _unfinished_flows(among: Sequence[int] | None) -> list[PublishedFlow]:
    return begun(*_unfinished(among))


def begun(*conditions: ColumnElement[bool]) -> list[PublishedFlow]:
    """The flows that such enrolments have, as each arm has them that somebody is in."""
    found = select(FlowEnrolment.version_id, FlowEnrolment.variant).where(*conditions).distinct()
    arms = db.session.execute(found).all()
    published = flows.versions_of([version_id for version_id, _ in arms])
    return list(dict.fromkeys(published[version_id].in_arm(variant) for version_id, variant in arms))


def _unfinished(among: Sequence[int] | None) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [FlowEnrolment.completed_at.is_(None)]
    return conditions if among is None else [*conditions, FlowEnrolment.id.in_(among)]


def _fulfilled(
    flow: PublishedFlow, key: str, rule: Rule, moment: dt.datetime, among: Sequence[int] | None
) -> Sequence[Done]:
    done = select(StepCompletion.enrolment_id).where(
        StepCompletion.enrolment_id == FlowEnrolment.id,
        StepCompletion.step_key == key,
        StepCompletion.skipped.is_(False),
    )
    query = select(FlowEnrolment.id, FlowEnrolment.person_id, FlowEnrolment.account_id).where(
        have(flow),
        *_unfinished(among),
        ~done.exists(),
        _owner(flow).in_(_owners(flow, rule, moment)),
    )
    rows = db.session.execute(query.order_by(FlowEnrolment.id).limit(BATCH))
    return [Done(id, key, moment, person_id, account_id=account_id) for id, person_id, account_id in rows]


def have(flow: PublishedFlow) -> ColumnElement[bool]:
    """The condition for enrolments that have this version, as this arm has it; those that are in none of its arms
    have it as it is written."""
    if flow.variant is not None:
        arm: ColumnElement[bool] = FlowEnrolment.variant == flow.variant
    else:
        arm = FlowEnrolment.variant.is_(None) | FlowEnrolment.variant.not_in(flow.arms)
    return (FlowEnrolment.version_id == flow.id) & arm


def does_not_hold(flow: PublishedFlow, rule: Rule, moment: dt.datetime) -> ColumnElement[bool]:
    """The condition for enrolments in that flow for whose owner the rule does not hold."""
    return _owner(flow).not_in(_owners(flow, rule, moment))


def _owner(flow: PublishedFlow) -> ColumnElement[int | None]:
    column = FlowEnrolment.account_id if flow.flow.scope == "account" else FlowEnrolment.person_id
    return column.expression


def _owners(flow: PublishedFlow, rule: Rule, moment: dt.datetime) -> Select[Any]:
    return segments.members(rule, moment).with_only_columns(_owner_of_members(flow)).distinct()


def _owner_of_members(flow: PublishedFlow) -> ColumnElement[int]:
    column = Membership.account_id if flow.flow.scope == "account" else Membership.person_id
    return column.expression
