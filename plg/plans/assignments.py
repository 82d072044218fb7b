"""Which plan an account is on."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import select

from plg.accounts.models import Account
from plg.events import log, names
from plg.kit.clock import now
from plg.kit.db import db, insert
from plg.plans import catalogue
from plg.plans.catalogue import Plan
from plg.plans.models import AccountPlan


@dataclass(frozen=True)
class Assignment:
    """since is None where the account has no row and so the default plan."""

    plan: Plan
    source: str
    since: dt.datetime | None


def current(account_id: int) -> Assignment:
    row = db.session.execute(
        select(AccountPlan.plan_version_id, AccountPlan.source, AccountPlan.since).where(
            AccountPlan.account_id == account_id
        )
    ).first()
    if row is None:
        return Assignment(catalogue.default_plan(), "default", None)
    return Assignment(catalogue.plan_version(row[0]), row[1], row[2])


def lock(account_id: int) -> Assignment:
    """The assignment, held until the transaction ends: who changes the plan waits for who did before."""
    db.session.execute(select(Account.id).where(Account.id == account_id).with_for_update())
    return current(account_id)


def assign(
    account_id: int,
    plan_key: str,
    *,
    source: str,
    by: str,
    person_id: int | None = None,
    version_id: int | None = None,
) -> Assignment:
    """Put an account on a plan (its live version, or the version that was bought). Nothing happens where it
    is on it already for the same reason."""
    before = lock(account_id)
    plan = catalogue.plan_version(version_id) if version_id else catalogue.plan(plan_key)
    if before.since is not None and (before.plan.version_id, before.source) == (plan.version_id, source):
        return before
    values = {"account_id": account_id, "plan_version_id": plan.version_id, "source": source, "since": now()}
    changed = {key: value for key, value in values.items() if key != "account_id"}
    row = insert(AccountPlan).values(values)
    db.session.execute(row.on_conflict_do_update(index_elements=["account_id"], set_=changed))
    properties = {"from_plan": before.plan.key, "to_plan": plan.key, "source": source, "by": by}
    log.record(names.PLAN_CHANGED, person_id=person_id, account_id=account_id, properties=properties)
    return current(account_id)
