"""Which plan an account is on. Whoever changes it holds the account's row until the transaction ends."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select, update

from plg.accounts.models import Account
from plg.events import log, names
from plg.kit.clock import now, zone
from plg.kit.db import db, insert
from plg.plans import catalogue
from plg.plans.catalogue import Plan
from plg.plans.models import FULL, AccountPlan

SUBSCRIPTION = "subscription"


@dataclass(frozen=True)
class Assignment:
    """since is None where the account has no row and so the default plan."""

    plan: Plan
    source: str
    since: dt.datetime | None
    access: str = FULL


@dataclass(frozen=True)
class Wanted:
    """The version of a plan that an account is to be on."""

    account_id: int
    version_id: int
    source: str
    access: str = FULL
    person_id: int | None = None


def current(account_id: int) -> Assignment:
    return current_of([account_id])[account_id]


def current_of(account_ids: Sequence[int]) -> dict[int, Assignment]:
    """The assignments of many accounts, in one query."""
    columns = (AccountPlan.account_id, AccountPlan.plan_version_id, AccountPlan.source)
    query = select(*columns, AccountPlan.since, AccountPlan.access)
    rows = db.session.execute(query.where(AccountPlan.account_id.in_(account_ids)))
    found = {row[0]: Assignment(catalogue.plan_version(row[1]), *row[2:]) for row in rows}
    if len(found) < len(account_ids):
        default = Assignment(catalogue.default_plan(), "default", None)
        found = dict.fromkeys(account_ids, default) | found
    return found


def lock(account_id: int) -> Assignment:
    """The assignment, held until the transaction ends: who changes the plan waits for who did before."""
    hold([account_id])
    return current(account_id)


def hold(account_ids: Iterable[int], *, skip_locked: bool = False) -> dict[int, str]:
    """Hold the accounts' rows until the transaction ends, in one order everywhere. skip_locked: without those
    that somebody else holds. Returns the time zones of those held.

    What merely refers to an account (a counter, an event's row) is not held up."""
    query = select(Account.id, Account.timezone).where(Account.id.in_(sorted(set(account_ids))))
    query = query.order_by(Account.id).with_for_update(key_share=True, skip_locked=skip_locked)
    return dict(db.session.execute(query).all())


def assign(
    account_id: int,
    plan_key: str,
    *,
    source: str,
    by: str,
    person_id: int | None = None,
    version_id: int | None = None,
) -> Assignment:
    """Put an account on a plan (its live version, or the version that was bought), with full access. Nothing
    happens where it is on it already for the same reason."""
    hold([account_id])
    version = version_id or catalogue.plan(plan_key).version_id
    assign_all([Wanted(account_id, version, source, person_id=person_id)], by=by)
    return current(account_id)


def assign_all(wanted: Sequence[Wanted], *, by: str) -> None:
    """The same for many accounts, whose rows the caller holds, in three statements."""
    before = current_of([one.account_id for one in wanted])
    changed = [one for one in wanted if not _is_on_it(before[one.account_id], one)]
    if not changed:
        return
    moment = now()
    days = _days(moment, [one.account_id for one in changed if one.source == SUBSCRIPTION])
    rows = [
        {"account_id": one.account_id, "plan_version_id": one.version_id, "source": one.source}
        | {"access": one.access, "since": moment}
        | {"anchor_day": days.get(one.account_id) if one.source == SUBSCRIPTION else None}
        | {"paid_seats": None}
        for one in changed
    ]
    row = insert(AccountPlan.__table__)
    kept = {key: row.excluded[key] for key in rows[0] if key != "account_id"}
    kept["anchor_day"] = func.coalesce(AccountPlan.anchor_day, row.excluded.anchor_day)
    db.session.execute(row.on_conflict_do_update(index_elements=["account_id"], set_=kept), rows)
    log.store([_changed(one, before[one.account_id], by) for one in changed])


def _days(moment: dt.datetime, account_ids: Sequence[int]) -> dict[int, int]:
    """The day of the month that it is in each account's calendar."""
    if not account_ids:
        return {}
    query = select(Account.id, Account.timezone).where(Account.id.in_(account_ids))
    return {row[0]: moment.astimezone(zone(row[1])).day for row in db.session.execute(query)}


def set_anchor(account_id: int, day: int) -> None:
    """The account's billing months begin on this day (1 to 31) from now on."""
    row = update(AccountPlan).where(AccountPlan.account_id == account_id)
    db.session.execute(row.values(anchor_day=day))


def set_paid_seats(account_id: int, seats: int | None) -> None:
    """So many seats are paid for from now on; None: the plan sells none."""
    row = update(AccountPlan).where(AccountPlan.account_id == account_id)
    db.session.execute(row.where(AccountPlan.paid_seats.is_distinct_from(seats)).values(paid_seats=seats))


def _is_on_it(before: Assignment, wanted: Wanted) -> bool:
    same = (before.plan.version_id, before.source, before.access)
    return before.since is not None and same == (wanted.version_id, wanted.source, wanted.access)


def _changed(wanted: Wanted, before: Assignment, by: str) -> log.NewEvent:
    after = catalogue.plan_version(wanted.version_id).key
    properties = {"from_plan": before.plan.key, "to_plan": after, "source": wanted.source, "by": by}
    if (before.access, wanted.access) != (FULL, FULL):
        properties["access"] = wanted.access
    return log.own(
        names.PLAN_CHANGED, person_id=wanted.person_id, account_id=wanted.account_id, properties=properties
    )
