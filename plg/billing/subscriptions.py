"""Subscriptions: a mirror of Stripe's, and what follows from them for an account's plan."""

from __future__ import annotations

import datetime as dt

import structlog
from sqlalchemy import select

from plg.accounts import accounts
from plg.accounts.models import AccountKey
from plg.billing import customers, prices
from plg.billing.gateway import Object
from plg.billing.models import ACCESS, FINAL, BillingSubscription, Checkout
from plg.events import log, names
from plg.kit.clock import now
from plg.kit.db import db
from plg.kit.errors import Conflict
from plg.plans import assignments, catalogue
from plg.plans.catalogue import Plan

logger = structlog.get_logger()

#: How long a subscription is believed without being read again.
BELIEVED = dt.timedelta(days=1)


class NotOurs(Conflict):
    """The subscription belongs to no account of this installation."""


class UnknownPrice(Conflict):
    """The subscription's price stands for no plan. Give it the metadata `plg_plan` at Stripe."""


def live_of(account_id: int) -> BillingSubscription | None:
    """The subscription that gives the account its access; the newest, should there be several."""
    query = select(BillingSubscription).where(
        BillingSubscription.account_id == account_id, BillingSubscription.status.in_(ACCESS)
    )
    newest = query.order_by(BillingSubscription.started_at.desc(), BillingSubscription.id.desc())
    return db.session.scalars(newest.execution_options(populate_existing=True)).first()


def plan_of(row: BillingSubscription) -> Plan:
    """The version of a plan that a subscription pays for."""
    return catalogue.plan_version(row.plan_version_id)


def keep(subscription: Object) -> None:
    """Mirror a subscription as it is at Stripe now, and let the account's plan follow. Does not commit.

    Keeping the same state twice does nothing the second time."""
    account_id = _account_of(subscription)
    assignments.lock(account_id)
    row = _row(subscription["id"])
    had_access = row is not None and row.gives_access
    if row is None:
        row = BillingSubscription(stripe_subscription_id=subscription["id"], account_id=account_id, starts=0)
    _mirror(row, subscription)
    row.starts += row.gives_access and not had_access
    db.session.add(row)
    db.session.flush()
    _follow(account_id)
    if row.gives_access and not had_access:
        _record_start(row, subscription)
    elif had_access and not row.gives_access:
        _record_end(row, subscription)


def gone(stripe_subscription_id: str) -> bool:
    """Stripe knows no such subscription (any more): it gives no access. Returns whether we knew it."""
    row = _row(stripe_subscription_id)
    if row is None:
        return False
    assignments.lock(row.account_id)
    had_access = row.gives_access
    row.status, row.check_at, row.read_at = "canceled", None, now()
    row.ended_at = row.ended_at or now()
    db.session.flush()
    _follow(row.account_id)
    if had_access:
        _record_end(row, {"cancellation_details": {"reason": "missing"}})
    return True


def _row(stripe_subscription_id: str) -> BillingSubscription | None:
    query = select(BillingSubscription).where(
        BillingSubscription.stripe_subscription_id == stripe_subscription_id
    )
    return db.session.scalar(query.execution_options(populate_existing=True))


def _account_of(subscription: Object) -> int:
    """By customer; else by the account that the checkout wrote on it."""
    known = customers.account_of(subscription["customer"])
    if known is not None:
        return known
    named = subscription["metadata"].get("plg_account", "")
    query = select(AccountKey.account_id).where(AccountKey.key == named)
    account_id = db.session.scalar(query) if named else None
    if account_id is None:
        raise NotOurs(f"{subscription['id']} belongs to no account here.")
    return account_id


def _mirror(row: BillingSubscription, subscription: Object) -> None:
    item = subscription["items"]["data"][0]
    price = item["price"]
    version = prices.plan_version_of(price)
    if version is None:
        raise UnknownPrice(f"The price {price['id']} of {subscription['id']} stands for no plan.")
    row.plan_version_id, row.stripe_price_id, row.stripe_item_id = version, price["id"], item["id"]
    row.stripe_customer_id, row.status = subscription["customer"], subscription["status"]
    row.amount = price["unit_amount"] * item.get("quantity", 1)
    row.currency, row.interval = price["currency"], price["recurring"]["interval"]
    row.started_at = _moment(subscription["start_date"])
    row.current_period_end = _moment(item["current_period_end"])
    row.cancel_at = _moment_or_none(subscription["cancel_at"])
    row.ended_at = _moment_or_none(subscription["ended_at"])
    row.read_at = now()
    row.check_at = None if row.status in FINAL else row.read_at + BELIEVED


def _follow(account_id: int) -> None:
    """Put the account on the plan that it pays for, or back on the default one where it no longer pays."""
    live = live_of(account_id)
    if live is not None:
        plan = plan_of(live)
        assignments.assign(
            account_id,
            plan.key,
            source="subscription",
            by="stripe",
            version_id=plan.version_id,
            person_id=_buyer(account_id),
        )
    elif assignments.current(account_id).source == "subscription":
        default = catalogue.default_plan()
        assignments.assign(account_id, default.key, source="default", by="stripe")


def _buyer(account_id: int) -> int | None:
    """Who opened the account's newest checkout."""
    query = select(Checkout.person_id).where(Checkout.account_id == account_id)
    return db.session.scalar(query.order_by(Checkout.id.desc()).limit(1))


def _record_start(row: BillingSubscription, subscription: Object) -> None:
    plan = plan_of(row)
    log.record(
        names.SUBSCRIPTION_STARTED,
        person_id=_buyer(row.account_id),
        account_id=row.account_id,
        properties={
            "plan": plan.key,
            "amount": row.amount,
            "currency": row.currency,
            "interval": row.interval,
            "subscription": row.stripe_subscription_id,
        },
        id=f"subscription-started:{row.stripe_subscription_id}:{row.starts}",
    )
    query = select(BillingSubscription.id).where(
        BillingSubscription.account_id == row.account_id, BillingSubscription.status.in_(ACCESS)
    )
    if len(db.session.scalars(query).all()) > 1:
        account = accounts.get(row.account_id).public_id
        logger.error("account pays for two subscriptions", account=account)


def _record_end(row: BillingSubscription, subscription: Object) -> None:
    plan = plan_of(row)
    details = subscription["cancellation_details"] or {}
    properties = {"plan": plan.key, "status": row.status, "subscription": row.stripe_subscription_id}
    properties |= {name: details[name] for name in ("reason", "feedback", "comment") if details.get(name)}
    log.record(
        names.SUBSCRIPTION_CANCELLED,
        account_id=row.account_id,
        properties=properties,
        id=f"subscription-cancelled:{row.stripe_subscription_id}:{row.starts}",
    )


def record_failed_payment(stripe_subscription_id: str, invoice_event: Object) -> None:
    """An attempt to collect failed; recorded once for each event of Stripe's."""
    row = _row(stripe_subscription_id)
    if row is None:
        return
    invoice = invoice_event["data"]["object"]
    properties = {"plan": plan_of(row).key, "amount": invoice["amount_due"]}
    properties |= {"currency": invoice["currency"], "attempt": invoice["attempt_count"]}
    log.record(
        names.PAYMENT_FAILED,
        account_id=row.account_id,
        properties=properties,
        occurred_at=_moment(invoice_event["created"]),
        id=f"payment-failed:{invoice_event['id']}",
    )


def _moment(seconds: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(seconds, dt.UTC)


def _moment_or_none(seconds: int | None) -> dt.datetime | None:
    return None if seconds is None else _moment(seconds)
