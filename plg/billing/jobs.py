"""What billing does as time passes. Those that speak to Stripe commit by themselves."""

from __future__ import annotations

import datetime as dt

import structlog
from sqlalchemy import delete, select

from plg.billing import (
    changes,
    gateway,
    inbox,
    prices,
    processing,
    reconciling,
    refunds,
    subscriptions,
)
from plg.billing.add_ons import prices as add_on_prices
from plg.billing.mirror import BELIEVED
from plg.billing.models import BillingSubscription, Checkout, StripeEvent
from plg.billing.use import fitting
from plg.billing.use import prices as use_prices
from plg.billing.use import reports as use_reports
from plg.kit.db import db

log = structlog.get_logger()

BATCH = 50
KEPT = dt.timedelta(days=90)
CHECKOUT_AGAIN = dt.timedelta(hours=6)


def process_inbox(moment: dt.datetime) -> int:
    """Act on webhooks that wait: those that could not be acted on when they came."""
    return processing.process(BATCH) if gateway.is_set_up() else 0


def sync_prices(moment: dt.datetime) -> int:
    """Make newly published prices at Stripe."""
    return prices.sync() + use_prices.sync() + add_on_prices.sync() if gateway.is_set_up() else 0


def catch_up(moment: dt.datetime) -> int:
    """Fetch webhooks that never arrived: Stripe stops sending after three days, and remembers for thirty."""
    if not gateway.is_set_up():
        return 0
    missed = list(gateway.current().undelivered_events(list(inbox.HEARD)))
    for event in reversed(missed):
        inbox.store(event)
    db.session.commit()
    return 0


def look_again(moment: dt.datetime) -> int:
    """Have subscriptions and open checkouts read anew that were believed for long enough."""
    if not gateway.is_set_up():
        return 0
    due = select(BillingSubscription).where(BillingSubscription.check_at <= moment).limit(BATCH)
    running = db.session.scalars(due.with_for_update(skip_locked=True)).all()
    for subscription in running:
        inbox.ask(subscription.stripe_subscription_id)
        subscription.check_at = moment + BELIEVED
    late = select(Checkout).where(Checkout.check_at <= moment).limit(BATCH)
    checkouts = db.session.scalars(late.with_for_update(skip_locked=True)).all()
    for checkout in checkouts:
        if checkout.stripe_session_id is not None:
            inbox.ask(checkout.stripe_session_id)
        checkout.check_at = moment + CHECKOUT_AGAIN
    return len(running) + len(checkouts)


def end_access(moment: dt.datetime) -> int:
    """Take access where its time ran out: a trial's, the grace of a late payment, what was paid before a pause.
    Works while Stripe cannot be reached, too."""
    return subscriptions.end_access(moment, BATCH)


def finish_changes(moment: dt.datetime) -> int:
    """Carry out changes that were agreed to and whose process died, or for which Stripe was away."""
    return changes.finish_asked(moment, BATCH) if gateway.is_set_up() else 0


def fit_items(moment: dt.datetime) -> int:
    """Give subscriptions the items that their plans ask for."""
    return fitting.fit_due(moment, BATCH) if gateway.is_set_up() else 0


def report_use(moment: dt.datetime) -> int:
    """Tell Stripe what accounts used beyond what their plans give."""
    if gateway.is_set_up():
        use_reports.note_all(moment)
        use_reports.send(moment)
    return 0


def compare_use(moment: dt.datetime) -> int:
    """Hold what Stripe has counted against what it was told, once a day, and tell again what it lacks."""
    found = use_reports.compare(moment) if gateway.is_set_up() else []
    for each in found:
        (log.info if each.mended else log.error)("use differs at Stripe", **each.to_dict())
    return 0


def finish_refunds(moment: dt.datetime) -> int:
    """Give back what was asked for and whose process died, or for which Stripe was away."""
    return refunds.finish_asked(moment, BATCH) if gateway.is_set_up() else 0


def reconcile(moment: dt.datetime) -> int:
    """Hold Stripe, the inbox and our rows against each other once a day, and mend what differs."""
    if not gateway.is_set_up():
        return 0
    found = reconciling.reconcile()
    for drift in found:
        (log.info if drift.mended else log.error)("billing differs from Stripe", **drift.to_dict())
    return len(found)


def prune(moment: dt.datetime) -> int:
    """Forget webhooks that were settled long ago; Stripe repeats none of them any more."""
    old = delete(StripeEvent).where(StripeEvent.handled_at < moment - KEPT)
    db.session.execute(old)
    return 0
