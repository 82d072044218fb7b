"""What a paywall shows: what is missing, which plans have it at which price, and who may buy."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import current_app
from sqlalchemy import select

from plg.accounts import accounts, rights
from plg.accounts.models import Membership
from plg.kit.db import db
from plg.people.models import Person
from plg.plans.catalogue import Plan, Published, texts
from plg.plans.models import FULL
from plg.plans.told import price_of
from plg.usage import entitlements
from plg.usage.amounts import Number
from plg.usage.entitlements import Entitlement, Entitlements


def check(
    account_id: int,
    feature: str,
    locale: str = "en",
    currency: str | None = None,
    amount: Number | None = None,
) -> dict[str, Any]:
    """One feature, or so much of it; where it is refused, with all that a paywall shows. What is metered is not
    promised by that: others may use it up meanwhile (`reservations` hold it)."""
    found = entitlements.of_account(account_id, locale)
    entitlement = found.feature(feature)
    if amount is not None:
        entitlement = entitlement.for_so_much(amount)
    answer = entitlement.to_json()
    if entitlement.type == "metered":
        answer["guaranteed"] = False
    if not entitlement.allowed:
        answer["paywall"] = paywall(account_id, found, entitlement, locale, currency)
    return answer


def paywall(
    account_id: int, found: Entitlements, missing: Entitlement, locale: str, currency: str | None = None
) -> dict[str, Any]:
    """currency: the one to tell prices in; else the account's own trait, else each plan's first."""
    settings = current_app.extensions["plg.settings"]
    if found.access == FULL:
        better = better_plans(found.published, found.plan, missing.feature)
    else:
        better = [plan for plan in found.published.paid_plans() if plan.limit(missing.feature) != 0]
    currency = currency or currency_of(account_id)
    return {
        "reason": missing.reason,
        "feature": missing.feature,
        "name": missing.name,
        "plans": [offered(plan, missing.feature, locale, currency) for plan in better],
        "upgrade_url": f"{settings.public_url}/upgrade?{urlencode({'feature': missing.feature})}",
        "owners": buyers(account_id),
    }


def currency_of(account_id: int) -> str | None:
    return accounts.get(account_id).currency


def better_plans(published: Published, plan: Plan, feature: str) -> list[Plan]:
    """The paid plans that give more of a feature than this one."""
    have = plan.limit(feature)
    if have is None:
        return []
    return [p for p in published.paid_plans() if (more := p.limit(feature)) is None or more > have]


def offered(plan: Plan, feature: str, locale: str, currency: str | None) -> dict[str, Any]:
    price = plan.price(currency)
    return {
        "key": plan.key,
        "name": texts(plan.name, locale, plan.key),
        "description": texts(plan.description, locale, ""),
        "price": price_of(plan, price) if price else None,
        "limit": plan.limit(feature),
    }


def buyers(account_id: int) -> list[str]:
    """Names of the members who may buy."""
    query = select(Person.name).join(Membership, Membership.person_id == Person.id)
    query = query.where(
        Membership.account_id == account_id, Membership.role.in_(rights.RIGHTS["billing.buy"])
    )
    return [name for name in db.session.scalars(query.order_by(Membership.id)) if name]
