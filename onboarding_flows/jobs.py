"""What onboarding flows do when time passes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import select

from onboarding_flows import by_rule, enrolments, flows, lapsing, migrating
from onboarding_flows.enrolments import Actor, Beginning, Owner
from onboarding_flows.flows import PublishedFlow
from onboarding_flows.models import FlowVersion
from plg.accounts.models import Account, Membership
from plg.kit.db import db, reading

OWNERS_A_BATCH = 200


def enrol_those_who_were_there(moment: dt.datetime) -> int:
    """Let accounts (or their people) that were there before a flow was published begin it, and find done what
    they did. One batch; returns how many were looked at."""
    query = select(FlowVersion).where(FlowVersion.enrolling_after.is_not(None)).order_by(FlowVersion.id)
    row = db.session.scalar(query.limit(1).with_for_update(skip_locked=True))
    if row is None:
        return 0
    flow = next((each for each in flows.live() if each.id == row.id), None)
    actors = _next_actors(flow, row.enrolling_after or 0) if flow else []
    if flow is None or not actors:
        row.enrolling_after = None
        return 1
    enrolled = enrolments.of_actors(actors)
    enrolments.begin(enrolments.missing([flow], actors, enrolled))
    row.enrolling_after = max(_owner_id(flow, actor) for actor in actors)
    return len(actors)


def follow_rules(moment: dt.datetime) -> int:
    """Begin the flows that are for whom a rule holds, show and complete the steps whose rule holds, and take back
    what does not stay done, for everybody: rules come to hold by time, too, without anybody doing anything. One
    batch; returns how much was changed."""
    with reading():
        waiting = {
            flow: by_rule.not_begun(flow, moment) for flow in flows.live() if flow.audience is not None
        }
        db.session.rollback()
    for flow, owners in waiting.items():
        of_account = flow.flow.scope == "account"
        enrolments.begin(
            [Beginning(flow, Owner(each, None) if of_account else Owner(None, each)) for each in owners]
        )
    begun = sum(map(len, waiting.values()))
    return begun + by_rule.reveal(moment) + by_rule.settle(moment) + lapsing.take_back(moment)


def migrate(moment: dt.datetime) -> int:
    """Move who is on an old version to the live one, where that was asked for. One batch; returns how many
    enrolments were handled."""
    return migrating.continue_one(moment)


def _next_actors(flow: PublishedFlow, after: int) -> Sequence[Actor]:
    """The next accounts, or the next people with all of their accounts, in the order of their ids."""
    if flow.flow.scope == "account":
        accounts = select(Account.id).where(Account.id > after).order_by(Account.id).limit(OWNERS_A_BATCH)
        return [Actor(None, account_id) for account_id in db.session.scalars(accounts)]
    people = select(Membership.person_id).where(Membership.person_id > after).distinct()
    people = people.order_by(Membership.person_id).limit(OWNERS_A_BATCH)
    theirs = select(Membership.person_id, Membership.account_id).where(
        Membership.person_id.in_(people.scalar_subquery())
    )
    return [Actor(person_id, account_id) for person_id, account_id in db.session.execute(theirs)]


def _owner_id(flow: PublishedFlow, actor: Actor) -> int:
    return (actor.account_id if flow.flow.scope == "account" else actor.person_id) or 0
