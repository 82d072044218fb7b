"""Trying a flow on the past: who would have begun it, what they would have done, and how that differs from today.

Nothing is written. Owners are read a batch at a time, each batch in a transaction of its own that only reads, so that
neither memory nor locks grow with the number of people."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlalchemy import Select, func, select

from onboarding_flows import backfill, by_rule, drafts, enrolments, flows, lifecycle, progress
from onboarding_flows.enrolled import Enrolled
from onboarding_flows.enrolments import Actor, Owner
from onboarding_flows.flows import FlowFaulty, PublishedFlow
from onboarding_flows.models import FlowDraft, FlowEnrolment, StepCompletion
from onboarding_flows.needs import Happening
from onboarding_flows.tally import Tally, Today, Tried
from plg.accounts.models import Account
from plg.events.models import Event
from plg.kit.clock import now
from plg.kit.db import db, end_transaction, reading
from plg.kit.errors import TooLarge
from plg.people.models import Person

OWNERS_A_BATCH: Final = 500
MAX_TRIED: Final = 20_000  # owners who acted that one request looks at
UNPUBLISHED: Final = 0
OnProgress = Callable[[int, int], None]


class TooManyToTry(TooLarge):
    """More owners acted in that time than one request looks at; `plg flows try` has no such limit."""


@dataclass(frozen=True)
class Candidate:
    """What is tried, and the live version to compare it with, where there is one that the same kind of owner has."""

    flow: PublishedFlow
    of: Literal["draft", "version", "definition"]
    live: PublishedFlow | None


def candidate(key: str, *, version: int | None = None, definition: dict[str, Any] | None = None) -> Candidate:
    """That definition, or that version of the flow; else its draft, or its live version where nobody drafts one.

    FlowFaulty names all that keeps a definition (or the draft) from being published."""
    if definition is not None:
        return _compared(unpublished(key, definition), "definition")
    if version is not None:
        return _compared(lifecycle.version_of(key, version), "version")
    draft = db.session.get(FlowDraft, key)
    if draft is not None:
        return _compared(unpublished(key, draft.definition), "draft")
    return _compared(flows.find_live(key), "version")


def unpublished(key: str, definition: dict[str, Any]) -> PublishedFlow:
    """A definition as if it were published, without its texts as HTML; FlowFaulty names what keeps it from that."""
    if found := drafts.faults(key, definition):
        raise FlowFaulty("The flow has faults.", errors=found)
    return PublishedFlow(UNPUBLISHED, key, UNPUBLISHED, flows.parse(definition), {})


def _compared(flow: PublishedFlow, of: Literal["draft", "version", "definition"]) -> Candidate:
    live = next((each for each in flows.live() if each.key == flow.key), None)
    same_owners = live is not None and live.flow.scope == flow.flow.scope
    return Candidate(flow, of, live if same_owners else None)


def replay(
    tried: Candidate, last_days: int, *, at_most: int | None = None, on_progress: OnProgress | None = None
) -> dict[str, Any]:
    """What would have come of the flow, had it been live for the last `last_days` days (see tally.py).

    It is begun as events let people begin flows: by who acted in an account in that time and is of its audience,
    by the plan and the role that they have today. All that they ever did counts, as for anybody who begins; what
    only people say (manual steps), resets, and events that this flow itself would have recorded are not known here.
    at_most: owners who acted, TooManyToTry where there are more. on_progress: hears owners looked at, and of all."""
    end_transaction()
    with reading():
        until = now()
        since = until - dt.timedelta(days=last_days)
        tally = Tally(tried.flow, tried.live)
        total, looked_at, acted, after = _number_of_owners(tried.flow), 0, 0, 0
        while owners := _next_owners(tried.flow, after):
            found = _try(tried, owners, since)
            acted += len(found)
            if at_most is not None and acted > at_most:
                raise TooManyToTry(f"More than {at_most} acted in that time; try fewer days.")
            for each in found:
                tally.add(each)
            after, looked_at = max(owners), looked_at + len(owners)
            end_transaction()
            if on_progress is not None:
                on_progress(looked_at, max(total, looked_at))
    return {
        "flow": tried.flow.key,
        "tried": tried.of,
        "version": tried.flow.version or None,
        "scope": tried.flow.flow.scope,
        "since": since,
        "until": until,
        **tally.answer(),
    }


def _number_of_owners(flow: PublishedFlow) -> int:
    return db.session.scalar(select(func.count()).select_from(_owners(flow).subquery())) or 0


def _owners(flow: PublishedFlow) -> Select[int, str]:
    if flow.flow.scope == "account":
        return select(Account.id, Account.public_id)
    return select(Person.id, Person.public_id).where(Person.merged_into_id.is_(None))


def _next_owners(flow: PublishedFlow, after: int) -> dict[int, str]:
    """The next accounts (or people) in the order of their ids, with their public ids."""
    query, id_column = _owners(flow), Account.id if flow.flow.scope == "account" else Person.id
    query = query.where(id_column > after).order_by(id_column).limit(OWNERS_A_BATCH)
    return dict(db.session.execute(query).all())


def _try(tried: Candidate, owners: dict[int, str], since: dt.datetime) -> list[Tried]:
    """What would have come of those owners who acted in an account. The number of queries does not grow."""
    flow = tried.flow
    actors = (
        _accounts_that_acted(owners, since)
        if flow.flow.scope == "account"
        else _people_who_acted(owners, since)
    )
    began: dict[int, dt.datetime] = {}
    for actor, at in actors.items():
        owner = _owner_id(flow, actor)
        began[owner] = min(at, began.get(owner, at))
    done = _done(flow, list(actors))
    today = _today(tried.live, began) if tried.live is not None else {}
    there = by_rule.revealed(flow, done, now())
    return [
        Tried(owners[i], at, done.get(i), today.get(i), flow.hidden(there[i], done[i]) if i in done else ())
        for i, at in began.items()
    ]


def _owner_id(flow: PublishedFlow, actor: Actor | Enrolled) -> int:
    return (actor.account_id if flow.flow.scope == "account" else actor.person_id) or 0


def _accounts_that_acted(owners: Collection[int], since: dt.datetime) -> dict[Actor, dt.datetime]:
    first = select(Event.account_id, func.min(Event.occurred_at)).group_by(Event.account_id)
    first = first.where(Event.account_id.in_(owners), Event.occurred_at >= since)
    return {Actor(None, account): at for account, at in db.session.execute(first)}


def _people_who_acted(owners: Collection[int], since: dt.datetime) -> dict[Actor, dt.datetime]:
    """When they (or records merged into them) first acted in each of the accounts."""
    merged = select(Person.id, Person.merged_into_id).where(Person.merged_into_id.in_(owners))
    survivor: dict[int | None, int | None] = dict(db.session.execute(merged).all())
    records = {*owners, *survivor}
    first = select(Event.person_id, Event.account_id, func.min(Event.occurred_at))
    first = first.where(
        Event.person_id.in_(records), Event.account_id.is_not(None), Event.occurred_at >= since
    )
    found: dict[Actor, dt.datetime] = {}
    for record, account, at in db.session.execute(first.group_by(Event.person_id, Event.account_id)):
        actor = Actor(survivor.get(record, record), account)
        found[actor] = min(at, found.get(actor, at))
    return found


def _done(flow: PublishedFlow, actors: Sequence[Actor]) -> dict[int, dict[str, dt.datetime]]:
    """Owner -> step -> when it would have been done; those who would not have begun are not in it."""
    begun = [
        begun_now(flow, beginning.owner, number)
        for number, beginning in enumerate(enrolments.missing([flow], actors, []))
    ]
    return credited(flow, begun)


def begun_now(flow: PublishedFlow, owner: Owner, number: int = 0) -> Enrolled:
    """An enrolment that is not kept, of somebody who begins the flow."""
    blank: dict[str, Any] = {"completed_at": None, "reopened": 0, "counts_from": {}, "revealed": {}}
    return Enrolled(number, flow.key, flow.id, *owner, **blank)


def credited(flow: PublishedFlow, begun: Sequence[Enrolled]) -> dict[int, dict[str, dt.datetime]]:
    """Owner -> step -> when it would have been done, of those who have begun. What they did before counts."""
    done: dict[int, dict[str, dt.datetime]] = {_owner_id(flow, each): {} for each in begun}
    for place, parts in progress.matching(begun, _past(flow, done), {flow.id: flow}).items():
        way = flow.ways[place.step_key]
        last = way.done_by(way.gathered(parts))
        if last is not None:
            done[_owner_id(flow, begun[place.enrolment_id])][place.step_key] = last.occurred_at
    moment = now()
    for key, owners in by_rule.holding(flow, flow.by_rule, done, moment).items():
        for owner in owners:
            done[owner][key] = moment
    return done


def _past(flow: PublishedFlow, owners: Collection[int]) -> Sequence[Happening]:
    sought = backfill.sought_by([(flow, ())])
    read = backfill.of_accounts if flow.flow.scope == "account" else backfill.of_people
    return read(owners, sought)


def _today(live: PublishedFlow, owners: Collection[int]) -> dict[int, Today]:
    """How far those are today who have begun the flow, whatever their version; one query."""
    owner: Any = FlowEnrolment.account_id if live.flow.scope == "account" else FlowEnrolment.person_id
    done = (StepCompletion.enrolment_id == FlowEnrolment.id) & ~StepCompletion.skipped
    query = select(owner, FlowEnrolment.completed_at, StepCompletion.step_key).outerjoin(StepCompletion, done)
    rows = db.session.execute(query.where(FlowEnrolment.flow_key == live.key, owner.in_(owners)))
    completed: dict[int, bool] = {}
    steps: dict[int, set[str]] = defaultdict(set)
    for owner_id, completed_at, step_key in rows:
        completed[owner_id] = completed_at is not None
        steps[owner_id].add(step_key)
    return {owner_id: Today(ended, steps[owner_id]) for owner_id, ended in completed.items()}
