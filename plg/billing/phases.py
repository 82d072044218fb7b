"""Phases: what a subscription has now and what it has once its period is over, in the words of schedules at Stripe.

The plan's item comes first in each, further seats after it."""

from __future__ import annotations

from typing import Any

from plg.billing import seats
from plg.billing.add_ons import prices as add_on_prices
from plg.billing.add_ons import rhythm
from plg.billing.gateway import Object
from plg.billing.items import of_add_ons, of_plan, of_use
from plg.billing.models import PlanChange
from plg.kit.db import db


def coming(subscription: Object) -> Object | None:
    """The phase that begins when the running one ends, if its schedule has one. subscription: with its schedule."""
    schedule: Object = subscription["schedule"] or {}
    running = schedule.get("current_phase")
    later = [
        each for each in schedule.get("phases", []) if running and each["start_date"] >= running["end_date"]
    ]
    return later[0] if later else None


def changes_plan(subscription: Object) -> bool:
    """Whether another plan, rhythm or number of seats is planned."""
    phase, item = coming(subscription), of_plan(subscription)
    if phase is None:
        return False
    return seats.planned(phase["items"]) != (item["price"]["id"], seats.paid(subscription))


def add_ons(subscription: Object) -> dict[str, int]:
    """How many of each add-on there are once the period is over; none of those that are given up."""
    phase = coming(subscription)
    if phase is None:
        return {key: item["quantity"] for key, item in of_add_ons(subscription).items()}
    known = add_on_prices.of_ids(each["price"] for each in phase["items"])
    return {
        known[each["price"]].add_on: each.get("quantity", 1)
        for each in phase["items"]
        if each["price"] in known
    }


def as_it_is(subscription: Object) -> list[dict[str, Any]]:
    """The items of the phase that runs."""
    beside = of_add_ons(subscription).values()
    found = [{"price": each["price"]["id"], "quantity": each["quantity"]} for each in beside]
    return (
        seats.as_paid(subscription)
        + found
        + [{"price": each["price"]["id"]} for each in of_use(subscription)]
    )


def following(change: PlanChange, subscription: Object) -> dict[str, Any]:
    """The phase that follows the running one, with a change made that takes effect then; what was planned of add-ons
    stays planned. Commits, and talks to Stripe where the rhythm changes. Refusals: those of `rhythm.prices_in`."""
    item, left = of_plan(subscription), add_ons(subscription)
    plan = seats.as_paid(subscription)
    if not change.add_on:
        plan = seats.lines(change.stripe_price_id, change.quantity)
    db.session.commit()
    use: list[dict[str, Any]] = []  # another plan's is added once it is there
    if change.add_on:
        left[change.add_on] = change.quantity
        use = [{"price": each["price"]["id"]} for each in of_use(subscription)]
    going_on = {key: each for key, each in of_add_ons(subscription).items() if left.get(key)}
    price = rhythm.prices_in(going_on, change.interval)
    beside = [{"price": price[key], "quantity": left[key]} for key in going_on]
    follows: dict[str, Any] = {
        "items": [*plan, *beside, *use],
        "duration": {"interval": change.interval, "interval_count": 1},
        "proration_behavior": "none",
    }
    if change.interval != item["price"]["recurring"]["interval"]:
        follows["billing_cycle_anchor"] = "phase_start"
    return follows
