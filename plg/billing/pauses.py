"""Pauses: nothing is collected for some months, and nothing given; what was paid before is still given.

At Stripe that is `pause_collection`, which ends by itself an hour before the period for which is paid again."""

from __future__ import annotations

import calendar
import datetime as dt

from sqlalchemy import update

from plg.billing import gateway, processing, quotes, subscriptions
from plg.billing.gateway import Object
from plg.billing.items import of_plan
from plg.billing.models import BillingSubscription
from plg.billing.refusals import CardRefused
from plg.billing.standing import PAUSED_FROM, moment
from plg.kit.clock import now
from plg.kit.db import db
from plg.kit.errors import Conflict

MOST_MONTHS = 3
BEFORE_RENEWAL = dt.timedelta(hours=1)


class NotPausable(Conflict):
    """Only a subscription that is paid by the month, and is not about to end, can be paused."""


class NotPaused(Conflict):
    """The subscription is not paused."""


def is_pausable(running: BillingSubscription) -> bool:
    return running.status == "active" and running.interval == "month" and running.paused_from is None


def pause(account_id: int, months: int) -> None:
    """Pause from the end of what is paid, for so many months (1 to 3). An end that was planned, and a change, are
    given up. Asked again while it is paused, nothing happens. Talks to Stripe, and commits."""
    running = subscriptions.running_of(account_id)
    if running is not None and running.paused_from is not None:
        return
    running = quotes.changeable(account_id)
    if not is_pausable(running):
        raise NotPausable("This subscription cannot be paused.")
    subscription = running.stripe_subscription_id
    db.session.commit()
    stripe = gateway.current()
    found = stripe.subscription(subscription)
    if found is None or found["status"] != "active":
        raise NotPausable("This subscription cannot be paused.")
    if found["schedule"]:
        stripe.release_schedule(found["schedule"]["id"])
    params = {
        "pause_collection": _collection(found, months),
        "metadata": {PAUSED_FROM: str(_paid_until(found))},
    }
    if found["cancel_at_period_end"]:
        params["cancel_at_period_end"] = False
    stripe.update_subscription(subscription, params)
    processing.look_at(subscription)


def _collection(found: Object, months: int) -> dict[str, object]:
    again = later(moment(found["billing_cycle_anchor"]), moment(_paid_until(found)), months)
    return {"behavior": "void", "resumes_at": int((again - BEFORE_RENEWAL).timestamp())}


def _paid_until(found: Object) -> int:
    return int(of_plan(found)["current_period_end"])


def later(anchor: dt.datetime, boundary: dt.datetime, months: int) -> dt.datetime:
    """The boundary of a period so many months after another one: on the anchor's day, or the month's last."""
    year, month = divmod(boundary.year * 12 + boundary.month - 1 + months, 12)
    day = min(anchor.day, calendar.monthrange(year, month + 1)[1])
    return boundary.replace(year=year, month=month + 1, day=day)


def resume(account_id: int) -> None:
    """End a pause. Where what was paid before is used up, a new period begins and is paid at once. Talks to
    Stripe, and commits. Refusals: `NotPaused`, `CardRefused` (it stays paused then)."""
    running = subscriptions.running_of(account_id)
    if running is None or running.paused_from is None:
        raise NotPaused("This subscription is not paused.")
    subscription, begins = running.stripe_subscription_id, running.paused_from
    key = f"plg:resume:{subscription}:{int(begins.timestamp())}:{running.refused_resumes}"
    db.session.commit()
    params: dict[str, object] = {"pause_collection": "", "metadata": {PAUSED_FROM: ""}}
    if begins <= now():
        params |= {"billing_cycle_anchor": "now", "proration_behavior": "none"}
        params["payment_behavior"] = "error_if_incomplete"
    try:
        gateway.current().update_subscription(subscription, params, key)
    except CardRefused:
        mine = update(BillingSubscription).where(BillingSubscription.stripe_subscription_id == subscription)
        db.session.execute(mine.values(refused_resumes=BillingSubscription.refused_resumes + 1))
        db.session.commit()
        raise
    processing.look_at(subscription)
