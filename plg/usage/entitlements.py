"""What an account may do: its plan's limits less what it used. Reads committed data, nothing remembered."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import current_app
from sqlalchemy import Select, bindparam, select

from plg.accounts import rights
from plg.accounts.accounts import AccountNotFound
from plg.accounts.models import Account, Membership
from plg.kit.clock import now
from plg.kit.db import db
from plg.kit.errors import NotFound
from plg.people.models import Person
from plg.plans import catalogue
from plg.plans.catalogue import Plan, Published, texts
from plg.plans.models import FULL, AccountPlan
from plg.plans.schemas import Feature
from plg.usage.models import Counter
from plg.usage.periods import LIFETIME, ends_at, period_of


class FeatureNotFound(NotFound):
    pass


@dataclass(frozen=True)
class Entitlement:
    """limit is None: as much as wanted. used is 0 for what is not metered. reason: why it is not allowed."""

    feature: str
    name: str
    type: str
    allowed: bool
    limit: int | None
    used: int
    resets_at: dt.datetime | None
    reason: str | None = None

    @property
    def remaining(self) -> int | None:
        return None if self.limit is None else max(self.limit - self.used, 0)

    def to_json(self) -> dict[str, Any]:
        told: dict[str, Any] = {"feature": self.feature, "name": self.name, "type": self.type}
        told["allowed"] = self.allowed
        if self.reason:
            told["reason"] = self.reason
        if self.type == "boolean":
            return told
        told |= {"limit": self.limit, "unlimited": self.limit is None}
        if self.type == "metered":
            told |= {"used": self.used, "remaining": self.remaining, "resets_at": self.resets_at}
        return told


@dataclass(frozen=True)
class Entitlements:
    """access: `full`, or what a trial that ended without payment left: `read_only` or `locked`."""

    plan: Plan
    by_feature: Mapping[str, Entitlement]
    published: Published
    access: str = FULL


@dataclass(frozen=True)
class Reading:
    """What the database says of one account: its zone, its plan (None: the default), what it used, its access."""

    timezone: str
    plan_version_id: int | None
    used: Mapping[tuple[str, str], int]
    access: str


def columns() -> tuple[Any, ...]:
    """The columns that `read` takes, for `source()`, so that larger queries can carry them."""
    return (
        *catalogue.stamp(),
        Account.timezone,
        AccountPlan.plan_version_id,
        Counter.feature,
        Counter.period,
        Counter.used,
        AccountPlan.access,
    )


def source(query: Select[Any]) -> Select[Any]:
    """The account with its plan and the counters of the present periods; run it with `parameters`."""
    present = Counter.period.in_(bindparam("periods", expanding=True))
    return (
        query.select_from(Account)
        .outerjoin(AccountPlan, AccountPlan.account_id == Account.id)
        .outerjoin(Counter, (Counter.account_id == Account.id) & present)
        .where(Account.id == bindparam("account_id"))
    )


def parameters(account_id: int) -> dict[str, Any]:
    return {"account_id": account_id, "periods": _periods()}


@functools.cache
def _query() -> Select[Any]:
    """Built once: putting it together costs more than running it."""
    return source(select(*columns()))


def of_account(account_id: int, locale: str = "en") -> Entitlements:
    """Everything that an account may do, in one query."""
    return from_rows(db.session.execute(_query(), parameters(account_id)).all(), locale)


def from_rows(rows: Sequence[Sequence[Any]], locale: str) -> Entitlements:
    """The same from rows that begin with `columns()`."""
    if not rows:
        raise AccountNotFound("There is no such account.")
    published = catalogue.as_of((rows[0][0], rows[0][1]))
    used = {(row[4], row[5]): row[6] for row in rows if row[4]}
    reading = Reading(rows[0][2], rows[0][3], used, rows[0][7] or FULL)
    version = reading.plan_version_id
    plan = catalogue.plan_version(version) if version else published.default_plan()
    features = published.catalogue.features
    found = {key: _entitlement(key, f, plan, reading, locale) for key, f in features.items()}
    return Entitlements(plan, found, published, reading.access)


def _periods() -> list[str]:
    """Every period that is now, in some zone of the world."""
    moment = now()
    shifted = (moment - dt.timedelta(days=1), moment, moment + dt.timedelta(days=1))
    return [LIFETIME, *sorted({period_of(m, "month", "UTC") for m in shifted})]


def _entitlement(key: str, feature: Feature, plan: Plan, reading: Reading, locale: str) -> Entitlement:
    name, limit = texts(feature.name, locale, key), plan.limit(key)
    count = 0
    resets_at: dt.datetime | None = None
    if feature.type == "metered":
        moment = now()
        count = reading.used.get((key, period_of(moment, feature.per, reading.timezone)), 0)
        resets_at = ends_at(moment, feature.per, reading.timezone)
    reason = _refusal(feature, limit, count, reading.access)
    return Entitlement(key, name, feature.type, reason is None, limit, count, resets_at, reason)


def _refusal(feature: Feature, limit: int | None, used: int, access: str) -> str | None:
    """Why a feature may not be used; None: it may."""
    if access != FULL and not feature.while_locked:
        return access
    if limit is None or used < limit:
        return None
    return "limit_reached" if limit else "not_in_plan"


def check(account_id: int, feature: str, locale: str = "en") -> dict[str, Any]:
    """One feature; where it is refused, with all that a paywall shows."""
    found = of_account(account_id, locale)
    if feature not in found.by_feature:
        raise FeatureNotFound(f"There is no feature {feature!r}.")
    entitlement = found.by_feature[feature]
    answer = entitlement.to_json()
    if not entitlement.allowed:
        answer["paywall"] = paywall(account_id, found, entitlement, locale)
    return answer


def paywall(account_id: int, found: Entitlements, missing: Entitlement, locale: str) -> dict[str, Any]:
    """What is missing, which plans have it at which price, who may buy, and where."""
    settings = current_app.extensions["plg.settings"]
    query = urlencode({"feature": missing.feature})
    if found.access == FULL:
        better = better_plans(found.published, found.plan, missing.feature)
    else:
        better = [plan for plan in found.published.paid_plans() if plan.limit(missing.feature) != 0]
    return {
        "reason": missing.reason,
        "feature": missing.feature,
        "name": missing.name,
        "plans": [offered(plan, missing.feature, locale) for plan in better],
        "upgrade_url": f"{settings.public_url}/upgrade?{query}",
        "owners": buyers(account_id),
    }


def better_plans(published: Published, plan: Plan, feature: str) -> list[Plan]:
    """The paid plans that give more of a feature than this one."""
    have = plan.limit(feature)
    if have is None:
        return []
    return [p for p in published.paid_plans() if (more := p.limit(feature)) is None or more > have]


def offered(plan: Plan, feature: str, locale: str) -> dict[str, Any]:
    price = plan.prices[0]
    return {
        "key": plan.key,
        "name": texts(plan.name, locale, plan.key),
        "description": texts(plan.description, locale, ""),
        "price": price.model_dump(),
        "limit": plan.limit(feature),
    }


def buyers(account_id: int) -> list[str]:
    """Names of the members who may buy."""
    query = select(Person.name).join(Membership, Membership.person_id == Person.id)
    query = query.where(
        Membership.account_id == account_id, Membership.role.in_(rights.RIGHTS["billing.buy"])
    )
    return [name for name in db.session.scalars(query.order_by(Membership.id)) if name]
