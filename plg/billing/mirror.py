"""The mirror of a subscription: its row, filled from what Stripe says, and what the log is told of the difference."""

from __future__ import annotations

import datetime as dt
from typing import Any

from plg.billing import items, phases, prices, seats, standing
from plg.billing.gateway import Object
from plg.billing.models import FINAL, BillingSubscription
from plg.billing.standing import moment, moment_or_none
from plg.billing.use import prices as use_prices
from plg.events import log, names
from plg.kit.clock import now
from plg.kit.errors import Conflict
from plg.plans import catalogue

#: How long a subscription is believed without being read again.
BELIEVED = dt.timedelta(days=1)


class UnknownPrice(Conflict):
    """The subscription's price stands for no plan. Give it the metadata `plg_plan` at Stripe."""


def fill(row: BillingSubscription, subscription: Object) -> None:
    """Make the row say what the subscription says. subscription: with latest invoice and schedule expanded."""
    item = items.of_plan(subscription)
    price, version = item["price"], prices.plan_version_of(item["price"])
    if version is None:
        raise UnknownPrice(f"The price {price['id']} of {subscription['id']} stands for no plan.")
    if (row.plan_version_id, row.interval, row.currency) != (
        version,
        price["recurring"]["interval"],
        price["currency"],
    ):
        _have_fitted(row, subscription, version)
    row.plan_version_id, row.stripe_price_id, row.stripe_item_id = version, price["id"], item["id"]
    row.stripe_customer_id, row.status = subscription["customer"], subscription["status"]
    row.quantity, row.amount = seats.paid(subscription), seats.amount(subscription)
    row.currency, row.interval = price["currency"], price["recurring"]["interval"]
    row.started_at = moment(subscription["start_date"])
    row.current_period_end = moment(item["current_period_end"])
    row.cancel_at = moment_or_none(subscription["cancel_at"])
    row.ended_at = moment_or_none(subscription["ended_at"])
    row.add_ons = add_ons_of(subscription)
    _fill_next(row, subscription)
    _fill_standing(row, subscription)


def _have_fitted(row: BillingSubscription, subscription: Object, version: int) -> None:
    """Another plan may charge for use, or not any more."""
    charges = use_prices.of_plan(catalogue.plan_version(version))
    if charges or items.of_use(subscription):
        row.fit_at = now()


def add_ons_of(subscription: Object) -> dict[str, Any]:
    """The add-ons that a subscription pays for, as a row keeps them."""
    return {
        key: {
            "quantity": item["quantity"],
            "price": item["price"]["id"],
            "amount": item["price"]["unit_amount"],
        }
        for key, item in items.of_add_ons(subscription).items()
    }


def _fill_next(row: BillingSubscription, subscription: Object) -> None:
    schedule, coming = subscription["schedule"], phases.coming(subscription)
    row.stripe_schedule_id = schedule["id"] if schedule else None
    now_has = (row.stripe_price_id, row.quantity)
    then_has = seats.planned(coming["items"]) if coming else now_has
    has_next = then_has != now_has
    row.next_stripe_price_id, row.next_quantity = then_has if has_next else (None, None)
    row.next_at = moment(coming["start_date"]) if coming and has_next else None
    held = {key: each["quantity"] for key, each in row.add_ons.items()}
    planned = phases.add_ons(subscription)
    row.next_add_ons = planned if planned != held else None


def _fill_standing(row: BillingSubscription, subscription: Object) -> None:
    row.read_at = now()
    row.access_until = standing.access_until(subscription, row.read_at)
    row.has_access = row.access_until is None or row.read_at < row.access_until
    row.paused_from = standing.paused_from(subscription)
    row.was_saved = bool(subscription["metadata"].get("plg_saved"))
    row.resumes_at = moment_or_none((subscription["pause_collection"] or {}).get("resumes_at"))
    row.check_at = None if row.status in FINAL else row.read_at + BELIEVED
    if row.check_at and row.has_access and row.access_until:
        row.check_at = min(row.check_at, row.access_until - standing.SETTLING / 2)


#: Of a subscription's row, what the log is told about when it changes.
TOLD = (
    "plan_version_id",
    "quantity",
    "amount",
    "interval",
    "cancel_at",
    "paused_from",
    "next_stripe_price_id",
    "next_quantity",
)


def told_of(row: BillingSubscription) -> dict[str, Any]:
    """What a row says, of that which the log hears about."""
    return {name: getattr(row, name) for name in TOLD}


def record(
    row: BillingSubscription, before: dict[str, Any], details: Object | None, person_id: int | None
) -> None:
    """Tell the log what became of a running subscription. before: `told_of` it; details: why it is to end."""
    after = told_of(row)
    changed = {name for name in TOLD if before[name] != after[name]}
    happened = []
    if changed & {"plan_version_id", "quantity", "interval"}:
        happened.append((names.SUBSCRIPTION_CHANGED, _change(row, before)))
    if "cancel_at" in changed and row.ended_at is None:
        name = names.CANCELLATION_PLANNED if row.cancel_at else names.CANCELLATION_WITHDRAWN
        happened.append(
            (name, {"cancel_at": row.cancel_at.isoformat(), **_why(details)} if row.cancel_at else {})
        )
    if "paused_from" in changed:
        name = names.SUBSCRIPTION_PAUSED if row.paused_from else names.SUBSCRIPTION_RESUMED
        happened.append((name, _pause(row) if row.paused_from else {}))
    if changed & {"next_stripe_price_id", "next_quantity"} and row.next_at is not None:
        happened.append((names.CHANGE_PLANNED, _planned(row)))
    base = {
        "plan": catalogue.plan_version(row.plan_version_id).key,
        "subscription": row.stripe_subscription_id,
    }
    for name, properties in happened:
        log.record(name, person_id=person_id, account_id=row.account_id, properties=base | properties)


def _why(details: Object | None) -> dict[str, Any]:
    return {name: details[name] for name in ("feedback", "comment") if details and details.get(name)}


def _change(row: BillingSubscription, before: dict[str, Any]) -> dict[str, Any]:
    return {
        "from_plan": catalogue.plan_version(before["plan_version_id"]).key,
        "from_amount": before["amount"],
        "from_quantity": before["quantity"],
        "from_interval": before["interval"],
        "amount": row.amount,
        "quantity": row.quantity,
        "interval": row.interval,
        "currency": row.currency,
    }


def _pause(row: BillingSubscription) -> dict[str, Any]:
    resumes = row.resumes_at.isoformat() if row.resumes_at else None
    return {"paused_from": row.paused_from.isoformat() if row.paused_from else None, "resumes_at": resumes}


def _planned(row: BillingSubscription) -> dict[str, Any]:
    version = prices.version_of_id(row.next_stripe_price_id or "")
    to_plan = catalogue.plan_version(version).key if version else None
    at = row.next_at.isoformat() if row.next_at else None
    return {"to_plan": to_plan, "to_quantity": row.next_quantity, "at": at}
