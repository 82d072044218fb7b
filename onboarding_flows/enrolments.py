"""Enrolments: an account or a person begins a flow, once, and is credited with what they did before."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, ColumnElement, Select, bindparam, delete, false, or_, select

from onboarding_flows import by_rule, event_names, progress, showings
from onboarding_flows.enrolled import COLUMNS, Enrolled
from onboarding_flows.flows import PublishedFlow
from onboarding_flows.models import FlowDismissal, FlowEnrolment, StepCompletion
from onboarding_flows.telling import Telling
from plg.accounts.models import Account, Membership
from plg.events import log
from plg.kit.clock import now
from plg.kit.db import db, insert
from plg.kit.db_bulk import insert_new_returning
from plg.kit.db_expressions import among
from plg.people.models import Person
from plg.plans import catalogue
from plg.plans.models import AccountPlan


class Actor(NamedTuple):
    """Who acts where; either may be unknown."""

    person_id: int | None
    account_id: int | None


class Owner(NamedTuple):
    """Whose progress a flow is: an account's or a person's, one of the two."""

    account_id: int | None
    person_id: int | None


@dataclass(frozen=True)
class Beginning:
    """A flow that somebody is about to begin."""

    flow: PublishedFlow
    owner: Owner


def owner_of(flow: PublishedFlow, actor: Actor) -> Owner | None:
    """Whose the flow is when this actor meets it; None where it cannot be begun."""
    if flow.flow.scope == "account":
        return Owner(actor.account_id, None) if actor.account_id is not None else None
    return Owner(None, actor.person_id) if actor.person_id is not None else None


def owned_by(account_ids: Collection[int], person_ids: Collection[int]) -> ColumnElement[bool]:
    """The condition for enrolments of those accounts and people."""
    conditions: list[ColumnElement[bool]] = []
    if account_ids:
        conditions.append(among(FlowEnrolment.account_id, account_ids))
    if person_ids:
        conditions.append(among(FlowEnrolment.person_id, person_ids))
    return or_(*conditions) if conditions else false()


def of_owners(account_ids: Collection[int], person_ids: Collection[int]) -> list[Enrolled]:
    """All enrolments of those accounts and people, in one query."""
    query = select(*COLUMNS).where(owned_by(account_ids, person_ids)).order_by(FlowEnrolment.id)
    return [Enrolled(*row) for row in db.session.execute(query)]


def of_actors(actors: Collection[Actor]) -> list[Enrolled]:
    accounts = {actor.account_id for actor in actors if actor.account_id is not None}
    people = {actor.person_id for actor in actors if actor.person_id is not None}
    return of_owners(accounts, people)


def find(flow_key: str, actor: Actor) -> Enrolled | None:
    """The actor's enrolment in a flow, as its person or through its account."""
    asked = {"flow": flow_key, "person": actor.person_id, "account": actor.account_id}
    row = db.session.execute(_of_one(), asked).first()
    return Enrolled(*row) if row is not None else None


@cache
def _of_one() -> Select[Any]:
    """Built once; a person or an account that is not there is NULL, which equals nothing."""
    person, account = bindparam("person", type_=BigInteger), bindparam("account", type_=BigInteger)
    theirs = (FlowEnrolment.account_id == account) | (FlowEnrolment.person_id == person)
    query = select(*COLUMNS).where(FlowEnrolment.flow_key == bindparam("flow"), theirs)
    return query.order_by(FlowEnrolment.id).limit(1)


def missing(
    live: Iterable[PublishedFlow], actors: Collection[Actor], enrolled: Iterable[Enrolled]
) -> list[Beginning]:
    """Which live flows the actors' accounts and people are to begin: those of whose audience they are."""
    begun = {(found.flow_key, Owner(found.account_id, found.person_id)) for found in enrolled}
    wanted: dict[Beginning, list[Actor]] = {}
    for flow in live:
        for actor in actors:
            owner = owner_of(flow, actor)
            if owner is not None and (flow.key, owner) not in begun:
                wanted.setdefault(Beginning(flow, owner), []).append(actor)
    plans, roles = _plans_and_roles(wanted)
    admitted = {
        beginning: [a for a in theirs if admits(beginning.flow, plans.get(a.account_id), roles.get(a))]
        for beginning, theirs in wanted.items()
    }
    return _meant(admitted)


def _meant(admitted: Mapping[Beginning, Sequence[Actor]]) -> list[Beginning]:
    """Those for at least one of whose actors the audience's rule holds: one query for each flow that has a rule."""
    asked: dict[PublishedFlow, set[Actor]] = defaultdict(set)
    for beginning, actors in admitted.items():
        asked[beginning.flow].update(actors)
    meant = {flow: by_rule.meant(flow, actors, now()) for flow, actors in asked.items() if actors}
    return [each for each, actors in admitted.items() if actors and not meant[each.flow].isdisjoint(actors)]


def admits(flow: PublishedFlow, plan: str | None, role: str | None) -> bool:
    """Whether somebody on that plan and in that role begins the flow. Roles choose among people: an account
    begins whoever acts, and the roles say who is shown it."""
    audience = flow.flow.audience
    if audience.plans and plan not in audience.plans:
        return False
    return flow.flow.scope == "account" or not audience.roles or role in audience.roles


def _plans_and_roles(
    wanted: dict[Beginning, list[Actor]],
) -> tuple[dict[int | None, str], dict[Actor, str]]:
    """Plan keys of the accounts and roles of the actors, read only where an audience asks for them."""
    choosy = {
        actor
        for beginning, actors in wanted.items()
        for actor in actors
        if actor.account_id is not None
        and (beginning.flow.flow.audience.plans or beginning.flow.flow.audience.roles)
    }
    if not choosy:
        return {}, {}
    account_ids = {actor.account_id for actor in choosy}
    plans: dict[int | None, str] = dict.fromkeys(account_ids, catalogue.default_plan().key)
    assigned = select(AccountPlan.account_id, AccountPlan.plan_version_id)
    for account_id, version_id in db.session.execute(assigned.where(AccountPlan.account_id.in_(account_ids))):
        plans[account_id] = catalogue.plan_version(version_id).key
    members = select(Membership.person_id, Membership.account_id, Membership.role).where(
        Membership.account_id.in_(account_ids), Membership.person_id.in_({a.person_id for a in choosy})
    )
    roles = {Actor(person, account): role for person, account, role in db.session.execute(members)}
    return plans, roles


def begin(beginnings: Sequence[Beginning]) -> list[Enrolled]:
    """Begin those flows, and find done what was done before. In parallel or repeated, each is begun once;
    returned are those that were begun here."""
    if not beginnings:
        return []
    moment, arms = now(), _arms(beginnings)
    revealed = _revealed({each: arms.get(each) for each in beginnings}, moment)
    made = _insert(
        [
            Enrolled(0, b.flow.key, b.flow.id, *b.owner, None, 0, {}, revealed.get(b, {}), arms.get(b))
            for b in sorted(
                beginnings, key=lambda b: (b.flow.key, b.owner.account_id or 0, b.owner.person_id or 0)
            )
        ],
        moment,
    )
    progress.begin_with_past(made)
    by_rule.settle(moment, [each.id for each in made if each.flow.by_rule])
    return made


def _insert(new: Sequence[Enrolled], moment: dt.datetime) -> list[Enrolled]:
    """Those that were not there yet, with their ids."""
    rows = [each._asdict() | {"enrolled_at": moment} for each in new]
    for row in rows:
        del row["id"]
    told = insert_new_returning(FlowEnrolment.__table__, rows, ("id", "flow_key", "account_id", "person_id"))
    ids = {(flow_key, account_id, person_id): id for id, flow_key, account_id, person_id in told}
    keys = ((each, (each.flow_key, each.account_id, each.person_id)) for each in new)
    return [each._replace(id=ids[key]) for each, key in keys if key in ids]


def _arms(beginnings: Iterable[Beginning]) -> dict[Beginning, str | None]:
    """The arms of those flows that have an experiment; the same for the same owner in every version that has the
    same arms."""
    among = [each for each in beginnings if each.flow.arms]
    names = public_ids({each.owner for each in among})
    return {each: each.flow.arm_of(names[each.owner]) for each in among}


def public_ids(owners: Collection[Owner]) -> dict[Owner, str]:
    """What the owners are called outside; at most two queries."""
    found: dict[Owner, str] = {}
    if account_ids := {each.account_id for each in owners} - {None}:
        of_accounts = select(Account.id, Account.public_id).where(Account.id.in_(account_ids))
        found |= {Owner(id, None): name for id, name in db.session.execute(of_accounts)}
    if person_ids := {each.person_id for each in owners} - {None}:
        of_people = select(Person.id, Person.public_id).where(Person.id.in_(person_ids))
        found |= {Owner(None, id): name for id, name in db.session.execute(of_people)}
    return found


def _revealed(arms: Mapping[Beginning, str | None], moment: dt.datetime) -> dict[Beginning, dict[str, str]]:
    """The steps with a condition that are there from the beginning; asks nothing where no step has one."""
    asked: dict[PublishedFlow, dict[int, Beginning]] = defaultdict(dict)
    for each, arm in arms.items():
        flow = each.flow.in_arm(arm)
        if flow.by_condition:
            asked[flow][each.owner.account_id or each.owner.person_id or 0] = each
    return {
        theirs[owner]: steps
        for flow, theirs in asked.items()
        for owner, steps in by_rule.revealed(flow, theirs, moment).items()
    }


def dismiss(enrolled: Enrolled, *, by: int, at: dt.datetime, anyway: bool = False) -> bool:
    """Let a person put a flow away; what comes up by itself does not come up again. Returns whether they had not done
    so before.

    anyway: also one that people may not put away (else FlowNotDismissible)."""
    showings.require_dismissible(enrolled, anyway)
    showings.end_asking(enrolled.id, by)
    row = {"enrolment_id": enrolled.id, "person_id": by, "dismissed_at": at}
    new = insert(FlowDismissal).values(row).on_conflict_do_nothing().returning(FlowDismissal.person_id)
    if db.session.execute(new).first() is None:
        return False
    settled = dict(
        db.session.execute(
            select(StepCompletion.step_key, StepCompletion.skipped).where(
                StepCompletion.enrolment_id == enrolled.id
            )
        ).all()
    )
    steps = enrolled.flow.steps.keys() - enrolled.flow.hidden(enrolled.revealed, settled)
    done = [key for key, skipped in settled.items() if key in steps and not skipped]
    facts = {"steps_done": len(done), "steps": len(steps)}
    log.store(Telling(enrolled, by, enrolled.account_id).dismissed(facts, at))
    return True


def resume(enrolled: Enrolled, *, by: int, at: dt.datetime) -> bool:
    """Show a person a flow again that they had put away or off. Returns whether they had."""
    theirs = (FlowDismissal.enrolment_id == enrolled.id, FlowDismissal.person_id == by)
    gone = delete(FlowDismissal).where(*theirs).returning(FlowDismissal.person_id)
    was_away = db.session.execute(gone).first() is not None
    if not showings.come_back(enrolled, to=by, at=at, anyway=was_away) and not was_away:
        return False
    log.store(Telling(enrolled, by, enrolled.account_id).told(event_names.RESUMED, {}, at))
    return True
