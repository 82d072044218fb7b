"""Moving the accounts of a plan's older versions to its live one: first shown, who would pay what and who would be
over a limit; then done. What a payment provider charges follows when billing is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select

from plg.accounts.models import Account, Membership
from plg.kit.clock import now
from plg.kit.db import db
from plg.plans import assignments, catalogue
from plg.plans.assignments import Wanted
from plg.plans.catalogue import Plan
from plg.plans.models import AccountPlan, PlanVersion
from plg.plans.quoting import quote
from plg.usage.amounts import Number
from plg.usage.models import Counter

MOST = 500


@dataclass(frozen=True)
class Move:
    """An account on an older version. before, after: what a period costs at its present use, in the minor unit; None:
    not sold in its currency. over: features of which it has used more than the live version gives."""

    account_id: int
    public_id: str
    name: str
    version: int
    currency: str
    before: int | None
    after: int | None
    over: Sequence[str]


def versions() -> dict[str, dict[int, int]]:
    """Plan -> version -> how many accounts are on it, those on none left out."""
    query = select(PlanVersion.key, PlanVersion.version, func.count(AccountPlan.account_id))
    query = query.outerjoin(AccountPlan, AccountPlan.plan_version_id == PlanVersion.id)
    query = query.where(PlanVersion.key != catalogue.CATALOGUE).group_by(PlanVersion.key, PlanVersion.version)
    found: dict[str, dict[int, int]] = {}
    for key, version, count in db.session.execute(
        query.order_by(PlanVersion.key, PlanVersion.version.desc())
    ):
        found.setdefault(key, {})[version] = count
    return found


def preview(plan_key: str, interval: str = "month") -> list[Move]:
    """The accounts that would move, at most MOST, by name."""
    live = catalogue.plan(plan_key)
    seats = select(func.count()).where(Membership.account_id == Account.id).scalar_subquery()
    columns = (
        Account.id,
        Account.public_id,
        Account.name,
        func.lower(Account.traits["currency"].as_string()),
        AccountPlan.plan_version_id,
        seats,
    )
    query = select(*columns).join(AccountPlan, AccountPlan.account_id == Account.id).where(_older(live))
    rows = db.session.execute(query.order_by(Account.name, Account.id).limit(MOST)).all()
    used = _used([row[0] for row in rows])
    found = []
    for account_id, public_id, name, currency, version_id, count in rows:
        plan = catalogue.plan_version(version_id)
        price = plan.price(currency)
        currency, mine = price.currency if price else "", used.get(account_id, {})
        before, after = (
            quote(each, currency, interval, seats=count, used=mine) if price else None
            for each in (plan, live)
        )
        over = [key for key, n in mine.items() if (limit := live.limit(key)) is not None and n > limit]
        found.append(Move(account_id, public_id, name, plan.version, currency, before, after, over))
    return found


def move(plan_key: str, *, by: str) -> int:
    """Put a batch of them on the live version. Returns how many; 0 when all are."""
    live = catalogue.plan(plan_key)
    columns = (AccountPlan.account_id, AccountPlan.source, AccountPlan.access)
    rows = db.session.execute(select(*columns).where(_older(live)).limit(MOST)).all()
    assignments.hold([row[0] for row in rows])
    wanted = [Wanted(account_id, live.version_id, source, access) for account_id, source, access in rows]
    assignments.assign_all(wanted, by=by)
    return len(wanted)


def _older(live: Plan) -> ColumnElement[bool]:
    old = select(PlanVersion.id).where(PlanVersion.key == live.key, PlanVersion.id != live.version_id)
    return AccountPlan.plan_version_id.in_(old)


def _used(account_ids: Sequence[int]) -> dict[int, Mapping[str, Number]]:
    """What each used of each feature in the present periods."""
    present = Counter.ends_at.is_(None) | (Counter.ends_at > now())
    query = select(Counter.account_id, Counter.feature, Counter.used).where(Counter.part == "", present)
    found: dict[int, dict[str, Number]] = {}
    for account_id, feature, used in db.session.execute(query.where(Counter.account_id.in_(account_ids))):
        found.setdefault(account_id, {})[feature] = used
    return dict(found)
