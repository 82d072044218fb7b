"""Moving the accounts of a plan's older versions to its live one: first shown, who would pay what and who would be
over a limit; then done. Who pays is moved by billing, which knows what they pay."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, func, select

from plg.accounts.models import Account, Membership
from plg.kit.clock import now
from plg.kit.db import db
from plg.plans import assignments, catalogue
from plg.plans.assignments import Wanted
from plg.plans.catalogue import Plan
from plg.plans.models import AccountPlan, PlanVersion
from plg.plans.quoting import quote, use_costs
from plg.usage.amounts import Number
from plg.usage.models import Counter

MOST = 500


@dataclass(frozen=True)
class Paid:
    """What an account pays a period, and would pay on the live version (None: that is not sold so), both without use.
    stays: it cannot be moved at present."""

    currency: str
    before: int
    after: int | None
    stays: bool


Payers = Callable[[Sequence[int]], Mapping[int, Paid]]
"""Accounts -> what those of them pay that do."""
Costs = tuple[str, int | None, int | None]
"""The currency, and what a period costs before and after."""


@dataclass(frozen=True)
class Move:
    """An account on an older version. before, after: what a period costs at its present use, in the minor unit; None:
    not sold in its currency. over: features of which it has used more than the live version gives. stays: it pays,
    and cannot be moved at present."""

    account_id: int
    public_id: str
    name: str
    version: int
    currency: str
    before: int | None
    after: int | None
    over: Sequence[str]
    stays: bool = False


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


def preview(plan_key: str, interval: str = "month", paid: Payers = lambda _: {}) -> list[Move]:
    """The accounts that would move, at most MOST, by name. interval: of those who pay nothing."""
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
    ids = [row[0] for row in rows]
    used, payers = _used(ids), paid(ids)
    found = []
    for account_id, public_id, name, currency, version_id, seats_taken in rows:
        plan, mine = catalogue.plan_version(version_id), used.get(account_id, {})
        if account_id in payers:
            costs = _with_use(payers[account_id], plan, live, mine)
        else:
            costs = _quoted(plan, live, currency, interval, seats_taken, mine)
        over = [key for key, n in mine.items() if (limit := live.limit(key)) is not None and n > limit]
        stays = account_id in payers and payers[account_id].stays
        found.append(Move(account_id, public_id, name, plan.version, *costs, over, stays))
    return found


def _with_use(paid: Paid, plan: Plan, live: Plan, used: Mapping[str, Number]) -> Costs:
    """What is paid, with what its use costs."""
    before, after = (
        sum(use_costs(each, key, amount, paid.currency) for key, amount in used.items())
        for each in (plan, live)
    )
    return paid.currency, paid.before + before, None if paid.after is None else paid.after + after


def _quoted(
    plan: Plan, live: Plan, currency: str | None, interval: str, seats: int, used: Mapping[str, Number]
) -> Costs:
    """What it would cost somebody who pays nothing."""
    price = plan.price(currency)
    if price is None:
        return "", None, None
    before, after = (quote(each, price.currency, interval, seats=seats, used=used) for each in (plan, live))
    return price.currency, before, after


def move(plan_key: str, *, by: str, but: Select[int] | None = None) -> int:
    """Put a batch of them on the live version, but not these. Returns how many; 0 when all are."""
    live = catalogue.plan(plan_key)
    columns = (AccountPlan.account_id, AccountPlan.source, AccountPlan.access)
    query = select(*columns).where(_older(live))
    if but is not None:
        query = query.where(AccountPlan.account_id.not_in(but))
    rows = db.session.execute(query.limit(MOST)).all()
    assignments.hold([row[0] for row in rows])
    wanted = [Wanted(account_id, live.version_id, source, access) for account_id, source, access in rows]
    assignments.assign_all(wanted, by=by)
    return len(wanted)


def on_older(live: Plan) -> Select[int]:
    """The accounts on older versions."""
    return select(AccountPlan.account_id).where(_older(live))


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
