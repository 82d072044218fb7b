"""Subscriptions: a mirror of Stripe's, and what follows from them for an account's plan."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import structlog
from sqlalchemy import select

from plg.accounts import accounts
from plg.accounts.models import AccountKey
from plg.billing import customers, disputes, invoices, mirror
from plg.billing.add_ons import held
from plg.billing.gateway import Object
from plg.billing.models import FINAL, BillingSubscription, Checkout
from plg.billing.standing import moment
from plg.events import log, names
from plg.kit.clock import now
from plg.kit.db import db
from plg.kit.errors import Conflict
from plg.plans import assignments, catalogue
from plg.plans.catalogue import Plan

logger = structlog.get_logger()


class NotOurs(Conflict):
    """The subscription belongs to no account of this installation."""


class PaymentOverdue(Conflict):
    """The last payment has not gone through; that is to be mended first."""


class SubscriptionPaused(Conflict):
    """The subscription is paused; it is to be resumed first."""


def live_of(account_id: int) -> BillingSubscription | None:
    """The subscription that gives the account its access; the newest, should there be several."""
    query = select(BillingSubscription).where(
        BillingSubscription.account_id == account_id, BillingSubscription.has_access
    )
    newest = query.order_by(BillingSubscription.started_at.desc(), BillingSubscription.id.desc())
    return db.session.scalars(newest.execution_options(populate_existing=True)).first()


def plan_of(row: BillingSubscription) -> Plan:
    """The version of a plan that a subscription pays for."""
    return catalogue.plan_version(row.plan_version_id)


def has_several_items(row: BillingSubscription) -> bool:
    """Whether add-ons, further seats or use are paid for beside the plan."""
    plan = plan_of(row)
    charges = any((allowance := plan.allowance(key)) and allowance.charges for key in plan.features)
    return bool(row.add_ons) or bool(plan.seat_prices) or charges


def running_of(account_id: int) -> BillingSubscription | None:
    """The subscription that an account looks after: that which gives access, else the newest that is not over."""
    query = select(BillingSubscription).where(
        BillingSubscription.account_id == account_id, BillingSubscription.status.not_in(FINAL)
    )
    best = query.order_by(BillingSubscription.has_access.desc(), BillingSubscription.started_at.desc())
    return db.session.scalars(
        best.order_by(BillingSubscription.id.desc()).execution_options(populate_existing=True)
    ).first()


def refuse_second(account_id: int) -> None:
    """A subscription that gives no access at the moment is to be mended or resumed, not bought once more. Refusals:
    `SubscriptionPaused`, `PaymentOverdue`."""
    held = running_of(account_id)
    if held is None or held.has_access or held.status == "incomplete":
        return
    if held.paused_from is not None or held.status == "paused":
        raise SubscriptionPaused("The subscription is paused.")
    raise PaymentOverdue("The last payment has not gone through.")


def keep(subscription: Object, found_invoices: Sequence[Object] = ()) -> None:
    """Mirror a subscription and its invoices as they are at Stripe now, and let the account's plan follow. Does
    not commit. subscription: with latest invoice and schedule expanded.

    Keeping the same state twice does nothing the second time."""
    account_id = _account_of(subscription)
    assignments.lock(account_id)
    row = _row(subscription["id"])
    before = mirror.told_of(row) if row is not None else None
    had_access = row is not None and row.has_access
    if row is None:
        row = BillingSubscription(stripe_subscription_id=subscription["id"], account_id=account_id, starts=0)
    mirror.fill(row, subscription)
    db.session.add(row)
    db.session.flush()
    invoices.keep(row, found_invoices)
    why = _withhold(row, subscription["cancellation_details"])
    row.starts += row.has_access and not had_access
    _follow(account_id)
    if before is not None:
        mirror.record(row, before, subscription["cancellation_details"], _buyer(account_id))
    if row.has_access and not had_access:
        _record_start(row)
    elif had_access and not row.has_access:
        _record_end(row, why)


def _withhold(row: BillingSubscription, details: Object | None) -> Object | None:
    """Take the access that a disputed payment paid for. Returns why access ends, should it end."""
    if not row.has_access or not disputes.withhold_access(row.stripe_subscription_id):
        return details
    row.has_access, row.access_until = False, row.read_at
    return {"reason": "disputed"}


def gone(stripe_subscription_id: str) -> bool:
    """Stripe knows no such subscription (any more): it gives no access. Returns whether we knew it."""
    row = _row(stripe_subscription_id)
    if row is None:
        return False
    assignments.lock(row.account_id)
    row.status, row.check_at, row.read_at = "canceled", None, now()
    row.ended_at = row.ended_at or now()
    _take_access(row, {"reason": "missing"})
    return True


def end_access(at: dt.datetime, limit: int) -> int:
    """Take access from subscriptions whose time ran out before Stripe said anything else. Returns how many."""
    due = select(BillingSubscription).where(
        BillingSubscription.access_until <= at, BillingSubscription.has_access
    )
    rows = db.session.scalars(due.order_by(BillingSubscription.access_until).limit(limit)).all()
    assignments.hold([row.account_id for row in rows])
    for row in rows:
        db.session.refresh(row)
        if row.has_access and row.access_until is not None and row.access_until <= at:
            _take_access(row, {"reason": "paused" if row.paused_from else "not_paid"})
    return len(rows)


def _take_access(row: BillingSubscription, why: Object) -> None:
    had_access, row.has_access = row.has_access, False
    db.session.flush()
    _follow(row.account_id)
    if had_access:
        _record_end(row, why)


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


def _follow(account_id: int) -> None:
    """Give the account the plan, seats and add-ons that it pays for, or the default plan where it pays no more."""
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
        sells = plan.sells_seats or live.quantity > 1
        assignments.set_paid_seats(account_id, live.quantity if sells else None)
    elif assignments.current(account_id).source == "subscription":
        default = catalogue.default_plan()
        assignments.assign(account_id, default.key, source="default", by="stripe")
    held.follow(account_id, live.add_ons if live is not None else {})


def _buyer(account_id: int) -> int | None:
    """Who opened the account's newest checkout."""
    query = select(Checkout.person_id).where(Checkout.account_id == account_id)
    return db.session.scalar(query.order_by(Checkout.id.desc()).limit(1))


def _record_start(row: BillingSubscription) -> None:
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
        BillingSubscription.account_id == row.account_id, BillingSubscription.has_access
    )
    if len(db.session.scalars(query).all()) > 1:
        account = accounts.get(row.account_id).public_id
        logger.error("account pays for two subscriptions", account=account)


def _record_end(row: BillingSubscription, why: Object | None) -> None:
    plan, details = plan_of(row), why or {}
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
        occurred_at=moment(invoice_event["created"]),
        id=f"payment-failed:{invoice_event['id']}",
    )
