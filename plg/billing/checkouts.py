"""Checkouts: the way to pay for a plan, or to store a card for later; an account has one at a time.

Stripe is spoken to with no transaction open, so these verbs commit as they go. That is safe because each
step can be repeated: the row of a checkout is its idempotency key at Stripe."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import current_app
from sqlalchemy import select, update

from plg.accounts import accounts
from plg.billing import customers, discounts, gateway, inbox, portal, prices, seats, subscriptions
from plg.billing.gateway import Object
from plg.billing.models import BillingSubscription, Charge, Checkout
from plg.billing.refusals import PaymentRequestRefused
from plg.events import log, names
from plg.kit.clock import now
from plg.kit.db import db
from plg.kit.errors import Conflict
from plg.kit.ids import new_id
from plg.people import people
from plg.plans import assignments, catalogue
from plg.plans import seats as plan_seats
from plg.plans.catalogue import Plan
from plg.plans.schemas import Price

#: How long a checkout is offered. Stripe closes it, and forgets the idempotent answer, after a day.
LIFETIME = dt.timedelta(hours=23)
PAYMENT, SETUP = "subscription", "setup"
BILLING_MODE = {"type": "flexible"}  # items of several rhythms: use by the month beside a plan by the year
FIRST_LOOK = dt.timedelta(minutes=30)
TRIES = 5


class AlreadySubscribed(Conflict):
    """The account pays for this plan already."""


class CheckoutBusy(Conflict):
    """Several people open and replace the account's checkout at the same moment."""


class PaymentUnderWay(Conflict):
    """The account's stored card is being charged at this moment."""


@dataclass(frozen=True)
class _Wanted:
    """What makes two checkouts the same."""

    purpose: str
    stripe_customer_id: str
    success_url: str
    cancel_url: str
    plan_version_id: int | None = None
    stripe_price_id: str | None = None
    quantity: int = 1
    discount_id: int | None = None
    promotion_code: str | None = None


def open_for(
    account_id: int,
    plan_key: str,
    *,
    by: int | None,
    success_url: str,
    cancel_url: str,
    interval: str | None = None,
    code: str | None = None,
) -> str:
    """The address where the account can pay for a plan (its first price in the account's currency, or that with
    `interval`). code: a promotion code that is filled in, before any discount that the account has earned; one that
    can be redeemed no more is left out.

    Asked again, the same address while it is open; for another plan, the older checkout is closed at Stripe
    first. Who pays for a plan already is led to confirm the change instead, so that nobody pays twice.
    by: the person who asks; None for the host product. Refusals: `PlanNotFound`, `NotForSale`, `AlreadySubscribed`,
    `PaymentsNotSetUp`, `PaymentsUnavailable`, `CheckoutBusy`, `SubscriptionPaused`, `PaymentOverdue`."""
    plan = catalogue.plan(plan_key)
    price = prices.for_account(account_id, plan, interval)
    running = subscriptions.live_of(account_id)
    if running is not None:
        if (subscriptions.plan_of(running).key, running.interval) == (plan_key, price.interval):
            raise AlreadySubscribed(f"This account has the plan {plan_key!r} already.")
        return _change_elsewhere(running, plan, price, back=success_url, by=by)
    subscriptions.refuse_second(account_id)

    def wanted(code: str | None) -> _Wanted:
        customer, stripe_price_id = customers.ensure(account_id, person_id=by), prices.ensure(plan, price)
        promotion_code = gateway.current().promotion_code(code) if code else None
        return _Wanted(
            PAYMENT,
            customer,
            success_url,
            cancel_url,
            plan.version_id,
            stripe_price_id,
            plan_seats.needed(account_id, plan, price),
            None if promotion_code else discounts.best_of(account_id, price.currency),
            promotion_code,
        )

    try:
        return _open(account_id, lambda: wanted(code), by)
    except PaymentRequestRefused as refused:
        if code is None or not _is_of_discount(refused):
            raise
        return _open(account_id, lambda: wanted(None), by)  # it is for other purchases than this one


def _change_elsewhere(
    running: BillingSubscription, plan: Plan, price: Price, *, back: str, by: int | None
) -> str:
    """Where who pays already changes what for: at Stripe's portal, which does so for subscriptions of one item alone,
    else on plg's page of plans."""
    if subscriptions.has_several_items(running):
        return f"{current_app.extensions['plg.settings'].public_url}/upgrade"
    return portal.confirm_change(running, prices.ensure(plan, price), return_url=back, by=by)


def open_setup(account_id: int, *, by: int | None, success_url: str, cancel_url: str) -> str:
    """The address where the account can store a card, which costs nothing; `Card Added` tells when it is there.

    Asked again, the same address while it is open. Who pays already is led to the portal, where the card that
    pays is changed. by: the person who asks; None for the host product. Refusals: as `open_for`'s."""
    if subscriptions.live_of(account_id) is not None:
        return portal.open_for(account_id, by=by, return_url=success_url)
    return _open(
        account_id,
        lambda: _Wanted(SETUP, customers.ensure(account_id, person_id=by), success_url, cancel_url),
        by,
    )


def _open(account_id: int, wanted_now: Callable[[], _Wanted], by: int | None) -> str:
    """The address of the one checkout; another that is open and differs is closed at Stripe first."""
    for _ in range(TRIES):
        wanted = wanted_now()
        checkout = _claim(account_id, wanted, by)
        if not _fits(checkout, wanted):
            _give_up(checkout)
        elif (address := _address(checkout)) is not None:
            return address
    raise CheckoutBusy("Somebody else is opening a checkout for this account. Try again.")


def close_open(account_id: int, purpose: str | None = None) -> None:
    """Close the account's open checkout, if it is for this (None: for anything), so that nobody can use it any
    more. Raises AlreadySubscribed where it was paid just now. Commits."""
    checkout = find_open(account_id, purpose)
    db.session.commit()
    if checkout is not None:
        _give_up(checkout)


def find_open(account_id: int, purpose: str | None = None) -> Checkout | None:
    """The account's open checkout, if it is for this (None: for anything)."""
    mine = select(Checkout).where(Checkout.account_id == account_id, Checkout.status == "open")
    if purpose is not None:
        mine = mine.where(Checkout.purpose == purpose)
    return db.session.scalar(mine.execution_options(populate_existing=True))


def _fits(checkout: Checkout, wanted: _Wanted) -> bool:
    same = all(getattr(checkout, name) == value for name, value in vars(wanted).items())
    return same and now() < checkout.expires_at


def _claim(account_id: int, wanted: _Wanted, by: int | None) -> Checkout:
    """The account's open checkout, which is a new one where there was none. Commits."""
    assignments.lock(account_id)
    if subscriptions.live_of(account_id) is not None:
        raise AlreadySubscribed("This account has just been subscribed.")
    if wanted.purpose == PAYMENT:
        subscriptions.refuse_second(account_id)
    charged = select(Charge.id).where(Charge.account_id == account_id, Charge.status == "asked")
    if db.session.scalar(charged.limit(1)) is not None:
        raise PaymentUnderWay("This account's card is being charged. Look again in a minute.")
    found = find_open(account_id)
    if found is None:
        found = _new(account_id, wanted, by)
    db.session.commit()
    return found


def _new(account_id: int, wanted: _Wanted, by: int | None) -> Checkout:
    moment = now()
    checkout = Checkout(public_id=new_id("chk"), account_id=account_id, person_id=by, status="open")
    for name, value in vars(wanted).items():
        setattr(checkout, name, value)
    chosen = people.get(by).locale if by is not None else accounts.get(account_id).locale
    checkout.locale = chosen or current_app.extensions["plg.settings"].default_locale
    checkout.created_at, checkout.expires_at = moment, moment + LIFETIME
    checkout.check_at = moment + FIRST_LOOK
    db.session.add(checkout)
    db.session.flush()
    if wanted.plan_version_id is not None:
        plan = catalogue.plan_version(wanted.plan_version_id)
        properties = {"plan": plan.key, "checkout": checkout.public_id}
        log.record(names.CHECKOUT_STARTED, person_id=by, account_id=account_id, properties=properties)
    return checkout


def _address(checkout: Checkout) -> str | None:
    """Where to pay; None where this checkout is over and another has to be tried."""
    session = _session(checkout)
    if session is None:
        return None
    if session["status"] == "complete" and session["mode"] != SETUP:
        raise AlreadySubscribed("This checkout was paid just now.")
    return str(session["url"]) if session["status"] == "open" else None


def _give_up(checkout: Checkout) -> None:
    """Close a checkout that is not wanted any more, at Stripe first."""
    session = _session(checkout)
    if session is not None and session["status"] == "open":
        session = gateway.current().expire_session(session["id"])
        follow(session)
        db.session.commit()
    if session is not None and session["status"] == "complete" and session["mode"] != SETUP:
        raise AlreadySubscribed("The account's other checkout was paid just now.")


def _session(checkout: Checkout) -> Object | None:
    """The checkout's session as it is now, made at Stripe if need be; None where there cannot be one."""
    session = None
    if checkout.stripe_session_id is not None:
        session = gateway.current().session(checkout.stripe_session_id)
    elif now() < checkout.expires_at:
        session = _make_session(checkout)
    if session is None:
        _close(checkout.public_id, "expired")
    else:
        follow(session)
    db.session.commit()
    return session


def _make_session(checkout: Checkout) -> Object | None:
    stripe, key = gateway.current(), f"plg:checkout:{checkout.public_id}"
    try:
        made = stripe.create_session(_params(checkout), key)
    except PaymentRequestRefused as refused:
        _close(checkout.public_id, "failed")
        is_missing = refused.is_missing and not _is_of_discount(refused)
        if is_missing:  # deleted at Stripe, or it is another account there: make them anew
            customers.forget(checkout.stripe_customer_id)
            prices.forget(checkout.stripe_price_id or "")
        db.session.commit()
        if is_missing:
            return None
        raise
    mine = update(Checkout).where(Checkout.id == checkout.id)
    db.session.execute(mine.values(stripe_session_id=made["id"]))
    db.session.commit()
    return stripe.session(made["id"])  # a repeated request gets its first answer, which may be out of date


def _is_of_discount(refused: PaymentRequestRefused) -> bool:
    return str(refused.param).startswith("discounts")


def _params(checkout: Checkout) -> dict[str, Any]:
    """What Stripe is asked for: from the row alone, so that it is the same each time."""
    account, discount = accounts.get(checkout.account_id).public_id, discounts.get(checkout.discount_id)
    lines = seats.lines(checkout.stripe_price_id or "", checkout.quantity)
    db.session.commit()
    marks = {"plg_account": account, "plg_checkout": checkout.public_id}
    params: dict[str, Any] = {
        "customer": checkout.stripe_customer_id,
        "success_url": checkout.success_url,
        "cancel_url": checkout.cancel_url,
        "locale": checkout.locale,
        "client_reference_id": account,
        "metadata": marks,
    }
    if checkout.purpose == SETUP:
        setup = {"payment_method_types": ["card"], "setup_intent_data": {"metadata": marks}}
        return {"mode": "setup", **params, **setup}
    # Stripe takes one discount: with one that is filled in or was earned, nobody is asked for a code.
    less: dict[str, Any] = {"allow_promotion_codes": True}
    if checkout.promotion_code is not None:
        less = {"discounts": [{"promotion_code": checkout.promotion_code}]}
    elif discount is not None:
        less = {"discounts": [{"coupon": discounts.coupon(discount)}]}
    return {
        "mode": "subscription",
        **params,
        **less,
        "customer_update": {"name": "auto", "address": "auto"},
        "line_items": lines,
        "subscription_data": {"metadata": marks, "billing_mode": BILLING_MODE},
        "tax_id_collection": {"enabled": True},
        **automatic_tax(),
    }


def automatic_tax() -> dict[str, Any]:
    """Have Stripe reckon taxes, where the setting asks for it."""
    asked = current_app.extensions["plg.settings"].stripe_automatic_tax
    return {"automatic_tax": {"enabled": True}} if asked else {}


def follow(session: Object) -> None:
    """What a session as it is now means for its checkout. Does not commit.

    A paid one stays open here until its subscription is mirrored, so that no second one can be opened. Of
    cards any number may be stored."""
    if session["status"] == "complete" and session["subscription"]:
        inbox.ask(session["subscription"])
    elif session["status"] == "complete" and session["setup_intent"]:
        inbox.ask(session["setup_intent"])
        _close(session["metadata"].get("plg_checkout"), "complete")
    elif session["status"] == "expired":
        _close(session["metadata"].get("plg_checkout"), "expired")


def complete(subscription: Object) -> None:
    """The subscription of a checkout is mirrored: the checkout is over, its discount used. Does not commit."""
    discounts.use(subscription["metadata"].get("plg_checkout"))
    _close(subscription["metadata"].get("plg_checkout"), "complete")


def _close(public_id: str | None, status: str) -> None:
    mine = update(Checkout).where(Checkout.public_id == public_id, Checkout.status == "open")
    db.session.execute(mine.values(status=status, check_at=None))
