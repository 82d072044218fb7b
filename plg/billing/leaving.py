"""Leaving: somebody says why, is offered what would mend the cause, and may still go; with the period's end.

Which offers fit which cause stands in `BY_CAUSE`; the first that is possible is made, once a visit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import current_app

from plg.billing import changes, gateway, pauses, processing, quotes, seats, subscriptions
from plg.billing.models import BillingSubscription
from plg.events import log, names
from plg.kit.db import db
from plg.kit.errors import Conflict
from plg.plans import catalogue
from plg.plans.catalogue import Plan
from plg.plans.schemas import Price
from plg.settings import Settings

PAUSE, DISCOUNT, DOWNGRADE = "pause", "discount", "downgrade"
#: Stripe's words for why somebody leaves, and what is offered to whom.
BY_CAUSE: dict[str, tuple[str, ...]] = {
    "too_expensive": (DISCOUNT, DOWNGRADE, PAUSE),
    "unused": (PAUSE, DOWNGRADE),
    "missing_features": (),
    "too_complex": (PAUSE,),
    "low_quality": (),
    "customer_service": (),
    "switched_service": (DISCOUNT,),
    "other": (),
}
PAUSE_MONTHS = 1
#: Noted at Stripe with a subscription that was given a discount to stay, so that it is given once.
SAVED = "plg_saved"


class OfferGone(Conflict):
    """What was offered is not to be had any more."""


@dataclass(frozen=True)
class SaveOffer:
    """Something instead of leaving. kind: pause (months), discount (percent, months) or downgrade (to a plan)."""

    kind: str
    months: int = 0
    percent: int = 0
    plan: Plan | None = None


def offer_for(account_id: int, reason: str) -> SaveOffer | None:
    """What would mend the cause; None where nothing would, or the subscription ends anyway."""
    running = subscriptions.running_of(account_id)
    if running is None or running.status != "active" or running.paused_from or running.cancel_at:
        return None
    possible = (_MAKERS[kind](running) for kind in BY_CAUSE[reason])
    return next((offer for offer in possible if offer is not None), None)


def show_offer(account_id: int, reason: str, *, by: int | None) -> SaveOffer | None:
    """The same, and the log hears that it was shown. Does not commit."""
    offer = offer_for(account_id, reason)
    if offer is not None:
        _record(names.SAVE_OFFER_SHOWN, account_id, {"reason": reason, "offer": offer.kind}, by)
    return offer


def _pause(running: BillingSubscription) -> SaveOffer | None:
    return SaveOffer(PAUSE, months=PAUSE_MONTHS) if pauses.is_pausable(running) else None


def _discount(running: BillingSubscription) -> SaveOffer | None:
    settings = _settings()
    if not settings.save_discount_percent or running.was_saved:
        return None
    return SaveOffer(DISCOUNT, percent=settings.save_discount_percent, months=settings.save_discount_months)


def _downgrade(running: BillingSubscription) -> SaveOffer | None:
    """To the dearest plan that costs less by the same interval."""
    before, has = subscriptions.plan_of(running), running.quantity
    cheaper = [
        (price.amount, plan)
        for plan in catalogue.paid_plans()
        for price in plan.prices
        if (price.interval, price.currency) == (running.interval, running.currency)
        and _cost(plan, price, before, has) < running.amount
    ]
    best = max(cheaper, key=lambda each: each[0], default=None)
    return SaveOffer(DOWNGRADE, plan=best[1]) if best else None


def _cost(plan: Plan, price: Price, before: Plan, has: int) -> int:
    return seats.cost(plan, price, seats.to_go_on_with(plan, price, None, before=before, has=has))


_MAKERS = {PAUSE: _pause, DISCOUNT: _discount, DOWNGRADE: _downgrade}


def accept(account_id: int, reason: str, kind: str, *, by: int | None) -> None:
    """Take the offer instead of leaving. Talks to Stripe, and commits. Refusals: `OfferGone`, and those of what
    was offered."""
    offer = offer_for(account_id, reason)
    if offer is None or offer.kind != kind:
        raise OfferGone("This is not offered any more.")
    if offer.kind == PAUSE:
        pauses.pause(account_id, offer.months)
    elif offer.plan is not None:
        quote = quotes.make(account_id, offer.plan.key, by=by)
        changes.confirm(quote.public_id, account_id=account_id, by=by)
    else:
        _give_discount(account_id, offer)
    _record(names.SAVE_OFFER_ACCEPTED, account_id, {"reason": reason, "offer": offer.kind}, by)
    db.session.commit()


def _give_discount(account_id: int, offer: SaveOffer) -> None:
    subscription = quotes.changeable(account_id).stripe_subscription_id
    db.session.commit()
    coupon = f"plg_save_{offer.percent}_{offer.months}"
    params = {"id": coupon, "percent_off": offer.percent, "duration": "repeating"}
    gateway.current().create_coupon(params | {"duration_in_months": offer.months})
    wanted: dict[str, Any] = {"discounts": [{"coupon": coupon}], "metadata": {SAVED: coupon}}
    gateway.current().update_subscription(subscription, wanted, f"plg:saved:{subscription}")
    processing.look_at(subscription)


def cancel(account_id: int, *, reason: str | None, comment: str = "", by: int | None) -> None:
    """End the subscription with the period that was paid. Asked again, nothing more happens. Talks to Stripe, and
    commits."""
    running = subscriptions.running_of(account_id)
    if running is None:
        raise quotes.NothingToChange("This account pays for nothing.")
    subscription, schedule = running.stripe_subscription_id, running.stripe_schedule_id
    db.session.commit()
    if schedule is not None:
        gateway.current().release_schedule(schedule)
    details = {"feedback": reason, "comment": comment[:1000]}
    params: dict[str, Any] = {"cancel_at_period_end": True}
    if told := {name: value for name, value in details.items() if value}:
        params["cancellation_details"] = told
    gateway.current().update_subscription(subscription, params)
    processing.look_at(subscription)


def stay(account_id: int) -> None:
    """Take back a planned end: the subscription goes on as before. Talks to Stripe, and commits."""
    running = subscriptions.running_of(account_id)
    if running is None or running.cancel_at is None:
        return
    subscription = running.stripe_subscription_id
    db.session.commit()
    gateway.current().update_subscription(subscription, {"cancel_at_period_end": False})
    processing.look_at(subscription)


def _record(name: str, account_id: int, properties: dict[str, Any], by: int | None) -> None:
    log.record(name, person_id=by, account_id=account_id, properties=properties)


def _settings() -> Settings:
    found: Settings = current_app.extensions["plg.settings"]
    return found
