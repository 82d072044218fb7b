"""Checkouts: the way to pay for a plan, of which an account has one at a time.

Stripe is spoken to with no transaction open, so these verbs commit as they go. That is safe because each
step can be repeated: the row of a checkout is its idempotency key at Stripe."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from flask import current_app
from sqlalchemy import select, update

from plg.accounts import accounts
from plg.billing import customers, gateway, inbox, portal, prices, subscriptions
from plg.billing.gateway import Object, PaymentRequestRefused
from plg.billing.models import Checkout
from plg.events import log, names
from plg.kit.clock import now
from plg.kit.db import db
from plg.kit.errors import Conflict
from plg.kit.ids import new_id
from plg.people import people
from plg.plans import assignments, catalogue

#: How long a checkout is offered. Stripe closes it, and forgets the idempotent answer, after a day.
LIFETIME = dt.timedelta(hours=23)
FIRST_LOOK = dt.timedelta(minutes=30)
TRIES = 5


class AlreadySubscribed(Conflict):
    """The account pays for this plan already."""


class CheckoutBusy(Conflict):
    """Several people open and replace the account's checkout at the same moment."""


@dataclass(frozen=True)
class _Wanted:
    """What makes two checkouts the same."""

    plan_version_id: int
    stripe_customer_id: str
    stripe_price_id: str
    success_url: str
    cancel_url: str


def open_for(
    account_id: int,
    plan_key: str,
    *,
    by: int,
    success_url: str,
    cancel_url: str,
    interval: str | None = None,
) -> str:
    """The address where the account can pay for a plan (its first price, or that with `interval`).

    Asked again, the same address while it is open; for another plan, the older checkout is closed at Stripe
    first. Who pays for a plan already is led to confirm the change instead, so that nobody pays twice.
    by: the person who asks. Refusals: `PlanNotFound`, `NotForSale`, `AlreadySubscribed`, `PaymentsNotSetUp`,
    `PaymentsUnavailable`, `CheckoutBusy`."""
    plan = catalogue.plan(plan_key)
    price = prices.choose(plan, interval)
    running = subscriptions.live_of(account_id)
    if running is not None:
        if (subscriptions.plan_of(running).key, running.interval) == (plan_key, price.interval):
            raise AlreadySubscribed(f"This account has the plan {plan_key!r} already.")
        return portal.confirm_change(running, prices.ensure(plan, price), return_url=success_url, by=by)
    for _ in range(TRIES):
        customer = customers.ensure(account_id, person_id=by)
        stripe_price_id = prices.ensure(plan, price)
        wanted = _Wanted(plan.version_id, customer, stripe_price_id, success_url, cancel_url)
        checkout = _claim(account_id, wanted, by)
        if not _fits(checkout, wanted):
            _give_up(checkout)
        elif (address := _address(checkout)) is not None:
            return address
    raise CheckoutBusy("Somebody else is opening a checkout for this account. Try again.")


def _fits(checkout: Checkout, wanted: _Wanted) -> bool:
    same = all(getattr(checkout, name) == value for name, value in vars(wanted).items())
    return same and now() < checkout.expires_at


def _claim(account_id: int, wanted: _Wanted, by: int) -> Checkout:
    """The account's open checkout, which is a new one where there was none. Commits."""
    assignments.lock(account_id)
    if subscriptions.live_of(account_id) is not None:
        raise AlreadySubscribed("This account has just been subscribed.")
    mine = select(Checkout).where(Checkout.account_id == account_id, Checkout.status == "open")
    found = db.session.scalar(mine.execution_options(populate_existing=True))
    if found is None:
        found = _new(account_id, wanted, by)
    db.session.commit()
    return found


def _new(account_id: int, wanted: _Wanted, by: int) -> Checkout:
    moment = now()
    checkout = Checkout(public_id=new_id("chk"), account_id=account_id, person_id=by, status="open")
    for name, value in vars(wanted).items():
        setattr(checkout, name, value)
    checkout.locale = people.get(by).locale or current_app.extensions["plg.settings"].default_locale
    checkout.created_at, checkout.expires_at = moment, moment + LIFETIME
    checkout.check_at = moment + FIRST_LOOK
    db.session.add(checkout)
    db.session.flush()
    plan = catalogue.plan_version(wanted.plan_version_id)
    properties = {"plan": plan.key, "checkout": checkout.public_id}
    log.record(names.CHECKOUT_STARTED, person_id=by, account_id=account_id, properties=properties)
    return checkout


def _address(checkout: Checkout) -> str | None:
    """Where to pay; None where this checkout is over and another has to be tried."""
    session = _session(checkout)
    if session is None:
        return None
    if session["status"] == "complete":
        raise AlreadySubscribed("This checkout was paid just now.")
    return str(session["url"]) if session["status"] == "open" else None


def _give_up(checkout: Checkout) -> None:
    """Close a checkout that is not wanted any more, at Stripe first."""
    session = _session(checkout)
    if session is not None and session["status"] == "open":
        session = gateway.current().expire_session(session["id"])
        follow(session)
        db.session.commit()
    if session is not None and session["status"] == "complete":
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
        if refused.is_missing:  # deleted at Stripe, or it is another account there: make them anew
            customers.forget(checkout.stripe_customer_id)
            prices.forget(checkout.stripe_price_id)
        db.session.commit()
        if refused.is_missing:
            return None
        raise
    mine = update(Checkout).where(Checkout.id == checkout.id)
    db.session.execute(mine.values(stripe_session_id=made["id"]))
    db.session.commit()
    return stripe.session(made["id"])  # a repeated request gets its first answer, which may be out of date


def _params(checkout: Checkout) -> dict[str, Any]:
    """What Stripe is asked for: from the row alone, so that it is the same each time."""
    account = accounts.get(checkout.account_id).public_id
    db.session.commit()
    return {
        "mode": "subscription",
        "customer": checkout.stripe_customer_id,
        "line_items": [{"price": checkout.stripe_price_id, "quantity": 1}],
        "success_url": checkout.success_url,
        "cancel_url": checkout.cancel_url,
        "locale": checkout.locale,
        "client_reference_id": account,
        "metadata": {"plg_account": account, "plg_checkout": checkout.public_id},
        "subscription_data": {"metadata": {"plg_account": account, "plg_checkout": checkout.public_id}},
    }


def follow(session: Object) -> None:
    """What a session as it is now means for its checkout. Does not commit.

    A paid one stays open here until its subscription is mirrored, so that no second one can be opened."""
    if session["status"] == "complete" and session["subscription"]:
        inbox.ask(session["subscription"])
    elif session["status"] == "expired":
        _close(session["metadata"].get("plg_checkout"), "expired")


def complete(subscription: Object) -> None:
    """The subscription of a checkout is mirrored: the checkout is over. Does not commit."""
    _close(subscription["metadata"].get("plg_checkout"), "complete")


def _close(public_id: str | None, status: str) -> None:
    mine = update(Checkout).where(Checkout.public_id == public_id, Checkout.status == "open")
    db.session.execute(mine.values(status=status, check_at=None))
