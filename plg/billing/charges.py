"""Charges: a stored card pays for a plan without its owner, once for each event that says so.

The row of a charge is there before Stripe is asked, and is the idempotency key there. While it may be under way
no checkout is opened, and an open one is closed first. So nobody pays twice, whoever dies where: what Stripe
already made is found by the mark that it carries.

A charge either leads to a subscription that is paid, or to nothing (`error_if_incomplete`): a half made one would
be a second thing to pay beside the checkout, where the owner of a card can confirm a payment or take another."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any, NoReturn

import structlog
from sqlalchemy import select, update

from plg.accounts import accounts
from plg.billing import checkouts, customers, discounts, gateway, inbox, prices, seats, subscriptions
from plg.billing.checkouts import AlreadySubscribed
from plg.billing.gateway import Object
from plg.billing.models import FINAL, BillingSubscription, Charge
from plg.billing.refusals import CardRefused, PaymentRequestRefused, PaymentsUnavailable
from plg.events import log, names
from plg.kit.clock import now
from plg.kit.db import db, insert
from plg.kit.ids import new_id
from plg.plans import assignments, catalogue
from plg.plans import seats as plan_seats
from plg.plans.catalogue import PlanNotFound
from plg.plans.schemas import Price

logger = structlog.get_logger()

LEASE = dt.timedelta(minutes=2)
#: Seconds until the next try, where it is not known what became of the last one.
BACKOFF = (1, 5, 15, 60, 300)
TRIES = 5
NO_CARD, NOT_FOR_SALE = "no_card", "not_for_sale"


class Settled(Exception):  # noqa: N818 - not a mistake
    """The charge was closed: nothing more is to be done for it."""


class LeaseLost(Exception):  # noqa: N818 - another process has taken over
    """The work took so long that another process has taken it over."""


def ask_for(event_id: str, account_id: int, plan_key: str, interval: str | None) -> None:
    """Have the account's card charged, within seconds after the caller's commit. interval: None for the plan's
    first price. With an event that was seen before nothing happens."""
    row = {"public_id": new_id("chg"), "event_id": event_id, "account_id": account_id, "plan_key": plan_key}
    row |= {"interval": interval, "status": "waiting", "created_at": now(), "due_at": now(), "attempts": 0}
    db.session.execute(insert(Charge).values(row).on_conflict_do_nothing())


def newest_of(account_id: int) -> Charge | None:
    """What was charged last, or is to be."""
    query = select(Charge).where(Charge.account_id == account_id).order_by(Charge.id.desc()).limit(1)
    return db.session.scalar(query.execution_options(populate_existing=True))


def has_paid(subscription: BillingSubscription) -> bool:
    """Whether the subscription began with a charge, and so is paid with the stored card."""
    mine = select(Charge.id).where(
        Charge.account_id == subscription.account_id,
        Charge.stripe_subscription_id == subscription.stripe_subscription_id,
    )
    return db.session.scalar(mine) is not None


def claim() -> Charge | None:
    """The charge that has been due for longest, for LEASE. Commits."""
    moment = now()
    due = select(Charge).where(Charge.due_at <= moment).order_by(Charge.due_at, Charge.id).limit(1)
    row = db.session.scalar(due.with_for_update(skip_locked=True).execution_options(populate_existing=True))
    if row is not None:
        row.lease, row.due_at, row.attempts = new_id("lease"), moment + LEASE, row.attempts + 1
    db.session.commit()
    if row is not None:
        db.session.expunge(row)  # what is known of it here is what this process has claimed
    return row


def collect(charge: Charge, *, is_still_due: Callable[[int], bool]) -> None:
    """Charge the card of a claimed charge, or find out that it was done or needs not be done. Commits; what goes
    wrong is kept with the charge and tried again later. is_still_due(account_id): asked with the account's row
    held, just before Stripe is."""
    try:
        _collect(charge, is_still_due)
    except (Settled, LeaseLost):
        db.session.rollback()
    except Exception as error:
        db.session.rollback()
        _try_later(charge, error)


def _collect(charge: Charge, is_still_due: Callable[[int], bool]) -> None:
    price = _price(charge)
    customer = charge.stripe_customer_id or customers.of_account(charge.account_id)
    if customer is None:
        _fail(charge, NO_CARD, price)
    db.session.commit()
    made = _made_before(charge, customer) or _make(charge, customer, price, is_still_due)
    found = gateway.current().subscription(made["id"])
    if found is not None:
        subscriptions.keep(found)
    discounts.use_one(charge.discount_id)
    _settle(charge, "paid", stripe_subscription_id=made["id"])


def _price(charge: Charge) -> Price:
    try:
        return prices.for_account(charge.account_id, catalogue.plan(charge.plan_key), charge.interval)
    except (PlanNotFound, prices.NotForSale):
        logger.error("a trial goes on as a plan that is not for sale", plan=charge.plan_key)
        _fail(charge, NOT_FOR_SALE)


def _made_before(charge: Charge, customer: str) -> Object | None:
    """The subscription that an earlier try has made. Where the customer has another one that runs, its webhook is
    on the way, and there is nothing to charge."""
    theirs = gateway.current().subscriptions_of(customer)
    for each in theirs:
        if each["metadata"].get("plg_charge") == charge.public_id:
            return each
    running = [each["id"] for each in theirs if each["status"] not in FINAL]
    for subscription in running:
        inbox.ask(subscription)
    if running:
        _settle(charge, "dropped", "subscribed")
    return None


def _make(charge: Charge, customer: str, price: Price, is_still_due: Callable[[int], bool]) -> Object:
    """Have the subscription made, and with it paid."""
    plan = catalogue.plan(charge.plan_key)
    wanted = {
        "stripe_customer_id": customer,
        "stripe_price_id": charge.stripe_price_id or prices.ensure(plan, price),
        "quantity": plan_seats.needed(charge.account_id, plan, price),
    }
    _begin(charge, wanted, price.currency, is_still_due)
    try:
        return gateway.current().create_subscription(_params(charge), f"plg:charge:{charge.public_id}")
    except PaymentRequestRefused as refused:
        _fail(charge, _why(refused), plan_seats.first(charge.account_id, plan, price))


def _begin(
    charge: Charge, wanted: dict[str, Any], currency: str, is_still_due: Callable[[int], bool]
) -> None:
    """Note that Stripe is about to be asked, if there is a reason to still. Commits. From then on nobody opens a
    checkout; one that is open is closed before."""
    for _ in range(TRIES):
        assignments.lock(charge.account_id)
        if subscriptions.live_of(charge.account_id) is not None:
            _settle(charge, "dropped", "subscribed")
        if not is_still_due(charge.account_id):
            _settle(charge, "dropped", "not_due")
        if checkouts.find_open(charge.account_id, checkouts.PAYMENT) is None:
            asked: dict[str, Any] = {"status": "asked"}
            if charge.status != "asked":  # asked again, it is the same request
                asked |= wanted | {"discount_id": discounts.best_of(charge.account_id, currency)}
            _change(charge, asked)
            db.session.commit()
            return
        try:
            checkouts.close_open(charge.account_id, checkouts.PAYMENT)
        except AlreadySubscribed:
            _settle(charge, "dropped", "subscribed")
    raise checkouts.CheckoutBusy("Somebody keeps opening checkouts for this account.")


def _params(charge: Charge) -> dict[str, Any]:
    """What Stripe is asked for: from the row alone, so that it is the same each time."""
    account, discount = accounts.get(charge.account_id).public_id, discounts.get(charge.discount_id)
    items = seats.lines(charge.stripe_price_id or "", charge.quantity)
    db.session.commit()
    less = {"discounts": [{"coupon": discounts.coupon(discount)}]} if discount else {}
    return {
        **less,
        "customer": charge.stripe_customer_id,
        "billing_mode": checkouts.BILLING_MODE,
        "items": items,
        "metadata": {"plg_account": account, "plg_charge": charge.public_id},
        "off_session": True,
        "payment_behavior": "error_if_incomplete",
        **checkouts.automatic_tax(),
    }


def _why(refused: PaymentRequestRefused) -> str:
    """The bank's reason, or Stripe's; without a card to charge Stripe misses something that was not named."""
    if refused.is_missing and not refused.param:
        return NO_CARD
    return refused.reason or ("card_declined" if isinstance(refused, CardRefused) else "refused")


def _fail(charge: Charge, reason: str, price: Price | None = None) -> NoReturn:
    """It cannot be paid like this, and is not tried again."""
    properties: dict[str, Any] = {"plan": charge.plan_key, "reason": reason, "charge": charge.public_id}
    if price is not None:
        properties |= price.model_dump()
    id = f"payment-failed:{charge.public_id}"
    log.record(names.PAYMENT_FAILED, account_id=charge.account_id, properties=properties, id=id)
    _settle(charge, "failed", reason[:100])


def _settle(charge: Charge, status: str, reason: str | None = None, **more: Any) -> NoReturn:
    """Close the charge, together with what was done in this transaction. Commits."""
    _change(charge, {"status": status, "reason": reason, "due_at": None, "last_error": None} | more)
    db.session.commit()
    raise Settled


def _change(charge: Charge, values: dict[str, Any]) -> None:
    mine = update(Charge).where(Charge.id == charge.id, Charge.lease == charge.lease)
    if db.session.execute(mine.values(values).returning(Charge.id)).first() is None:
        raise LeaseLost
    for name, value in values.items():
        setattr(charge, name, value)


def _try_later(charge: Charge, error: Exception) -> None:
    """Wait for a while: nothing is known of this try but that it is not known."""
    away = isinstance(error, PaymentsUnavailable)
    (logger.warning if away else logger.exception)("charge waits", charge=charge.public_id, error=repr(error))
    pause = dt.timedelta(seconds=BACKOFF[min(charge.attempts, len(BACKOFF)) - 1])
    mine = update(Charge).where(Charge.id == charge.id, Charge.lease == charge.lease)
    db.session.execute(mine.values(lease=None, due_at=now() + pause, last_error=repr(error)[:2000]))
    db.session.commit()
