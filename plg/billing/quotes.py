"""Quotes: what another plan, rhythm or number of seats costs, to the cent, before anybody agrees to it.

A change that costs more takes effect at once and its price is Stripe's own preview; one that costs less takes effect
when the period ends that was paid, and costs nothing now. So nobody buys a month, uses it up and asks for it back."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import select

from plg.billing import gateway, mirror, phases, prices, processing, seats, subscriptions
from plg.billing.add_ons import rhythm
from plg.billing.checkouts import AlreadySubscribed
from plg.billing.gateway import Object
from plg.billing.items import of_add_ons, of_plan, of_use
from plg.billing.models import FINAL, BillingSubscription, PlanChange
from plg.billing.standing import moment
from plg.kit.clock import now
from plg.kit.db import db
from plg.kit.errors import Conflict, NotFound
from plg.kit.ids import new_id
from plg.plans import catalogue
from plg.plans.catalogue import Plan
from plg.plans.schemas import Price

NOW, LATER, RENEWAL = "now", "later", "renewal"
#: How long a price that was shown can be agreed to.
GOOD_FOR = dt.timedelta(minutes=30)
MOST_SEATS = 100_000


class NothingToChange(Conflict):
    """The account pays for nothing that could be changed."""


class QuoteNotFound(NotFound):
    pass


def make(
    account_id: int,
    plan_key: str,
    *,
    interval: str | None = None,
    quantity: int | None = None,
    by: int | None,
) -> PlanChange:
    """What it costs the account to have another plan, interval (None: as now, where the plan has it) or number of
    seats (None: as now). by: the person who asks; None for the host product. Talks to Stripe, and commits.

    Refusals: `NothingToChange`, `PaymentOverdue`, `SubscriptionPaused`, `AlreadySubscribed`, `PlanNotFound`,
    `NotForSale`, `PaymentsUnavailable`."""
    running = as_at_stripe(changeable(account_id))
    plan = catalogue.plan(plan_key)
    price = _price(running, plan, interval)
    stripe_price_id = _price_id(running, plan, price)
    sold = _sold(running, plan, stripe_price_id)
    before = subscriptions.plan_of(running)
    count = seats.to_go_on_with(sold, price, quantity, before=before, has=running.quantity)
    if (stripe_price_id, count) == (running.stripe_price_id, running.quantity):
        raise AlreadySubscribed(f"This account pays for this plan {plan_key!r} already.")
    row = PlanChange(public_id=new_id("chn"), account_id=account_id, person_id=by, status="quoted")
    row.stripe_subscription_id, row.plan_version_id = running.stripe_subscription_id, plan.version_id
    row.from_stripe_price_id, row.from_quantity = running.stripe_price_id, running.quantity
    row.stripe_price_id, row.quantity, row.interval = stripe_price_id, count, price.interval
    row.amount, row.currency = seats.cost(sold, price, count), price.currency
    row.takes_effect = NOW if row.amount >= running.amount or running.status == "trialing" else LATER
    return offer(row)


def offer(row: PlanChange) -> PlanChange:
    """Have Stripe reckon what a change costs, and keep it as a price that can be agreed to. Talks to Stripe, and
    commits."""
    db.session.commit()
    _ask_stripe(row)
    row.created_at, row.expires_at = now(), now() + GOOD_FOR
    db.session.add(row)
    db.session.commit()
    return row


def changeable(account_id: int) -> BillingSubscription:
    """The account's subscription, if it can be changed as it stands."""
    running = subscriptions.running_of(account_id)
    if running is None or running.status not in ("trialing", "active", "past_due"):
        raise NothingToChange("This account pays for nothing yet.")
    if running.status == "past_due":
        raise subscriptions.PaymentOverdue("The last payment has not gone through.")
    if running.paused_from is not None:
        raise subscriptions.SubscriptionPaused("The subscription is paused.")
    return running


def as_at_stripe(running: BillingSubscription) -> BillingSubscription:
    """The subscription, read anew where it has just become another one at Stripe."""
    subscription, account_id = running.stripe_subscription_id, running.account_id
    said = (running.stripe_price_id, running.quantity, running.add_ons)
    db.session.commit()
    found = gateway.current().subscription(subscription)
    item = of_plan(found) if found else None
    if found and item and (item["price"]["id"], seats.paid(found), mirror.add_ons_of(found)) != said:
        processing.look_at(subscription)
    return changeable(account_id)


def _price(running: BillingSubscription, plan: Plan, interval: str | None) -> Price:
    """The plan's price; seats alone are changed at the price that is paid."""
    if subscriptions.plan_of(running).key == plan.key and interval in (None, running.interval):
        paid = subscriptions.plan_of(running)
        own = next(
            (each for each in paid.prices if each.rhythm == (running.currency, running.interval)), None
        )
        if own is not None and paid.seat_price(own):
            return own
        each = running.amount // running.quantity
        return Price(amount=each, currency=running.currency, interval=_interval(running.interval))
    offered = {one.interval for one in plan.prices}
    wanted = interval or (running.interval if running.interval in offered else None)
    return prices.choose(plan, wanted, running.currency)


def _interval(name: str) -> Any:
    return name


def _price_id(running: BillingSubscription, plan: Plan, price: Price) -> str:
    if subscriptions.plan_of(running).key == plan.key and price.interval == running.interval:
        return running.stripe_price_id
    return prices.ensure(plan, price)


def _sold(running: BillingSubscription, plan: Plan, stripe_price_id: str) -> Plan:
    """The version of the plan that this price at Stripe is of."""
    is_paid = stripe_price_id == running.stripe_price_id
    return subscriptions.plan_of(running) if is_paid else plan


def _ask_stripe(row: PlanChange) -> None:
    """Fill in what only Stripe knows: when, and what is charged at once."""
    found = gateway.current().subscription(row.stripe_subscription_id)
    if found is None or found["status"] in FINAL:
        raise NothingToChange("This account's subscription is over.")
    if row.takes_effect == LATER:
        row.proration_date = now()
        row.effective_at, row.amount_due = moment(of_plan(found)["current_period_end"]), 0
        phases.following(row, found)  # refused now rather than later, where an add-on cannot go on with it
        return
    details = {"items": items(row, found), "proration_behavior": "always_invoice"}
    wanted = {"subscription": row.stripe_subscription_id, "subscription_details": details}
    invoice = gateway.current().preview(wanted)
    row.proration_date = row.effective_at = moment(_proration_date(invoice))
    row.amount_due = invoice["amount_due"]


def items(row: PlanChange, found: Object) -> list[dict[str, Any]]:
    """The changes of the subscription's items; with another plan, it has at once what was planned of add-ons.
    Commits, and talks to Stripe where add-ons are to have another price."""
    if row.add_on:
        return [_item_of_add_on(row, found)]
    item = of_plan(found)
    wanted = seats.changed(found, row.stripe_price_id, row.quantity)
    if row.interval != item["price"]["recurring"]["interval"]:  # use is charged by the month, up to now
        wanted += [{"id": each["id"], "deleted": True} for each in of_use(found)]
    return wanted + _add_ons_beside(row, found)


def _add_ons_beside(row: PlanChange, found: Object) -> list[dict[str, Any]]:
    """The items of add-ons that another plan or rhythm changes."""
    left, wanted = phases.add_ons(found), []
    db.session.commit()
    going_on = {key: item for key, item in of_add_ons(found).items() if left.get(key)}
    price = rhythm.prices_in(going_on, row.interval)
    for key, item in of_add_ons(found).items():
        if key not in going_on:
            wanted.append({"id": item["id"], "deleted": True})
        elif (price[key], left[key]) != (item["price"]["id"], item["quantity"]):
            wanted.append({"id": item["id"], "price": price[key], "quantity": left[key]})
    return wanted


def _item_of_add_on(row: PlanChange, found: Object) -> dict[str, Any]:
    item = of_add_ons(found).get(row.add_on or "")
    if item is None:
        return {"price": row.stripe_price_id, "quantity": row.quantity}
    if not row.quantity:
        return {"id": item["id"], "deleted": True}
    return {"id": item["id"], "price": row.stripe_price_id, "quantity": row.quantity}


def is_as_shown(row: PlanChange, found: Object) -> bool:
    """Whether the subscription still has what it had when the price was shown, is not paused (nobody would pay the
    price), and nothing is planned that the change of an add-on, or of a plan's version, would undo. Reads, so its
    caller ends the transaction."""
    if found["pause_collection"]:
        return False
    before = (row.from_stripe_price_id, row.from_quantity)
    if row.takes_effect == RENEWAL and (found["schedule"] or found["cancel_at_period_end"]):
        return False
    if row.add_on is None:
        item = of_plan(found)
        return (item["price"]["id"], seats.paid(found)) == before
    has = of_add_ons(found).get(row.add_on)
    has_as_many = (has["price"]["id"], has["quantity"]) == before if has else row.from_quantity == 0
    is_planned = found["cancel_at_period_end"] or phases.changes_plan(found)
    is_planned = is_planned or (row.takes_effect == NOW and phases.coming(found) is not None)
    return has_as_many and not is_planned


def _proration_date(invoice: Object) -> int:
    """The second from which on Stripe has reckoned; by Stripe's clock, whatever ours says."""
    for line in invoice["lines"]["data"]:
        details = line["parent"]["subscription_item_details"] or {}
        if details.get("proration"):
            return int(line["period"]["start"])
    return int(invoice["created"])


def find_of_plan(public_id: str, *, account_id: int) -> PlanChange:
    """A quote of another plan, rhythm or number of seats; those of add-ons have doors of their own."""
    found = find(public_id, account_id=account_id)
    if found.add_on is not None:
        raise QuoteNotFound("There is no such quote.")
    return found


def find(public_id: str, *, account_id: int) -> PlanChange:
    """A quote of the account's, agreed to or not."""
    mine = select(PlanChange).where(PlanChange.public_id == public_id, PlanChange.account_id == account_id)
    found = db.session.scalar(mine.execution_options(populate_existing=True))
    if found is None:
        raise QuoteNotFound("There is no such quote.")
    return found
