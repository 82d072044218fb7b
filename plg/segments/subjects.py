"""Who a rule is asked of, and what it may ask: a person in an account, with what the tables of both hold.

Days of a trial are spans of 24 hours from its own moments, not days of a calendar as the pages show them: only so are
they the same for one and for everybody."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, String, and_, case, func, select
from sqlalchemy.orm import aliased

from plg.accounts.models import Account, Membership
from plg.events.models import Event
from plg.kit import rules
from plg.kit.db_expressions import epoch
from plg.kit.rules import EventLeaf, Field
from plg.kit.rules.times import span
from plg.people.models import Person
from plg.plans import catalogue
from plg.plans.models import AccountPlan, PlanVersion
from plg.segments import buckets, cohorts
from plg.trials import states
from plg.trials.models import Trial

DAY = 86400


def subjects(*columns: Any) -> Select[Any]:
    """Everybody: each membership of a person (not one merged into another) in an account, with plan and trial."""
    newest = aliased(Trial)
    last_trial = select(func.max(newest.id)).where(newest.account_id == Membership.account_id)
    return (
        select(*columns)
        .select_from(Membership)
        .join(Person, Person.id == Membership.person_id)
        .join(Account, Account.id == Membership.account_id)
        .outerjoin(AccountPlan, AccountPlan.account_id == Membership.account_id)
        .outerjoin(PlanVersion, PlanVersion.id == AccountPlan.plan_version_id)
        .outerjoin(Trial, Trial.id == last_trial.correlate(Membership).scalar_subquery())
        .where(Person.merged_into_id.is_(None), Account.deleted_at.is_(None))
    )


def fields(now: dt.datetime) -> list[Field]:
    """The fields that rules may name."""
    return [*_of_person(), *_of_account(), *_of_trial(now)]


def _of_person() -> list[Field]:
    return [
        Field("person.traits.*", "json", lambda rest: Person.traits),
        _column("person.id", "text", Person.public_id),
        _column("person.email", "text", Person.email),
        _column("person.name", "text", _unless_empty(Person.name)),
        _column("person.locale", "text", Person.locale),
        _column("person.created_at", "time", Person.created_at),
        Field("bucket.*", "number", lambda rest: buckets.in_sql(Person.public_id, rest)),
        Field("cohort.*", "boolean", cohorts.holds),
    ]


def _of_account() -> list[Field]:
    return [
        Field("account.traits.*", "json", lambda rest: Account.traits),
        _column("account.id", "text", Account.public_id),
        _column("account.name", "text", _unless_empty(Account.name)),
        _column("account.created_at", "time", Account.created_at),
        _column("account.role", "text", Membership.role),
        Field("account.bucket.*", "number", lambda rest: buckets.in_sql(Account.public_id, rest)),
        _column("account.joined_at", "time", Membership.created_at),
        Field("account.plan", "text", lambda rest: _plan()),
    ]


def _of_trial(now: dt.datetime) -> list[Field]:
    """day: 1 in the first 24 hours of the clock, while the trial is open. days_left: whole days until the end of a
    trial that runs: 0 in its last 24 hours."""
    return [
        _column("trial.status", "text", Trial.status),
        _column("trial.plan", "text", Trial.plan_key),
        _column("trial.started_at", "time", Trial.started_at),
        _column("trial.ends_at", "time", Trial.ends_at),
        Field("trial.day", "number", lambda rest: _trial_day(now)),
        Field("trial.days_left", "number", lambda rest: _trial_days_left(now)),
    ]


def _column(name: str, kind: rules.Type, expression: Any) -> Field:
    return Field(name, kind, lambda rest: expression)


def _unless_empty(column: Any) -> ColumnElement[Any]:
    return func.nullif(column, "", type_=String())


def _plan() -> ColumnElement[Any]:
    return func.coalesce(PlanVersion.key, catalogue.default_plan().key, type_=String())


def _trial_day(now: dt.datetime) -> ColumnElement[Any]:
    runs = and_(Trial.closed_at.is_(None), Trial.started_at <= now)
    return case((runs, (_seconds(now) - epoch(Trial.started_at)) // DAY + 1)).cast(Integer)


def _trial_days_left(now: dt.datetime) -> ColumnElement[Any]:
    runs = and_(Trial.status == states.ACTIVE, Trial.ends_at.is_not(None))
    left = case((Trial.ends_at > now, (epoch(Trial.ends_at) - _seconds(now)) // DAY), else_=0)
    return case((runs, left)).cast(Integer)


def _seconds(now: dt.datetime) -> int:
    return math.floor(now.timestamp())


def counted(leaf: EventLeaf, now: dt.datetime) -> ColumnElement[Any]:
    """How often a leaf's event happened until now, per row of `subjects`: by an index of the log, from one person's
    or one account's events. What a record did that was merged into the person counts as the person's."""
    query = select(func.count()).select_from(Event)
    query = query.where(Event.name == leaf.event, Event.occurred_at <= now)
    if leaf.within is not None:
        query = query.where(Event.occurred_at >= now - span(leaf.within))
    query = query.where(*rules.conditions(leaf, Event.properties, now))
    if leaf.by == "account":
        return _of_row(query.where(Event.account_id == Membership.account_id))
    record = aliased(Person)
    merged = query.join(record, Event.person_id == record.id)
    # Two counts, for one with an OR would read all people anew for each member on PostgreSQL.
    own = _of_row(query.where(Event.person_id == Membership.person_id))
    return own + _of_row(merged.where(record.merged_into_id == Membership.person_id))


def _of_row(query: Select[Any]) -> ColumnElement[Any]:
    return query.correlate(Membership).scalar_subquery()
