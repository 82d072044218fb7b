"""Fitting: a subscription at Stripe has the items that its plan asks for beside its own: one for each feature whose
use is charged. They cost nothing by themselves, so they are put right after the plan has changed, at no price.

Use is charged by the month, also beside a plan by the year: Stripe bills items of several rhythms in one subscription
whose billing mode is flexible, as those are that plg begins."""

from __future__ import annotations

import datetime as dt
from typing import Any

import structlog
from sqlalchemy import select, update

from plg.billing import gateway, items
from plg.billing.models import FINAL, BillingSubscription
from plg.billing.refusals import PaymentRequestRefused
from plg.billing.use import prices
from plg.kit.db import db
from plg.plans import catalogue

logger = structlog.get_logger()

AGAIN = dt.timedelta(minutes=10)


def fit_due(at: dt.datetime, limit: int) -> int:
    """Put the items right of subscriptions whose plan has changed. Returns how many. Talks to Stripe, and commits."""
    due = select(BillingSubscription).where(BillingSubscription.fit_at <= at)
    rows = db.session.scalars(
        due.order_by(BillingSubscription.fit_at).limit(limit).with_for_update(skip_locked=True)
    ).all()
    todo = [(row.id, row.stripe_subscription_id, row.plan_version_id, row.currency) for row in rows]
    for row in rows:
        row.fit_at = at + AGAIN
    db.session.commit()
    for id, subscription, version_id, currency in todo:
        wanted = prices.of_plan(catalogue.plan_version(version_id), currency)
        db.session.commit()
        _fit(subscription, wanted, at)
        mine = update(BillingSubscription).where(
            BillingSubscription.id == id, BillingSubscription.plan_version_id == version_id
        )
        db.session.execute(mine.values(fit_at=None))
        db.session.commit()
    return len(todo)


def _fit(subscription: str, wanted: list[prices.Wanted], at: dt.datetime) -> None:
    asked = [prices.ensure(each) for each in wanted]
    found = gateway.current().subscription(subscription)
    if found is None or found["status"] in FINAL:
        return
    have = {item["price"]["id"]: item["id"] for item in items.of_use(found)}
    changes: list[dict[str, Any]] = [{"price": price} for price in asked if price not in have]
    changes += [{"id": item, "deleted": True} for price, item in have.items() if price not in asked]
    if not changes:
        return
    params = {"items": changes, "proration_behavior": "none"}
    try:
        gateway.current().update_subscription(
            subscription, params, f"plg:fit:{subscription}:{at.timestamp()}"
        )
    except PaymentRequestRefused as refused:
        logger.error("Stripe refuses to charge use", subscription=subscription, error=refused.detail)
