"""Subscription schedules: what a subscription becomes when its period ends. One a subscription, of two phases:
the period that runs, and the one after it."""

from __future__ import annotations

from collections.abc import Mapping

from plg.sandbox.stripe.calendar import boundary
from plg.sandbox.stripe.errors import StripeError
from plg.sandbox.stripe.lists import EXPAND
from plg.sandbox.stripe.operation import Operation
from plg.sandbox.stripe.resources import metered_prices, proration, subscriptions
from plg.sandbox.stripe.store import Object, Work, new_id
from plg.sandbox.stripe.wire import Fields, Integer, Many, Metadata, OneOf, Text, merged

_ITEMS = Many(Fields({"price": Text(), "quantity": Integer(1)}, ("price",)), 20)
_PHASE = Fields(
    {
        "billing_cycle_anchor": OneOf(("automatic", "phase_start")),
        "duration": Fields(
            {"interval": OneOf(("month", "year")), "interval_count": Integer(1)}, ("interval",)
        ),
        "end_date": Integer(),
        "items": _ITEMS,
        "proration_behavior": OneOf(("always_invoice", "create_prorations", "none")),
        "start_date": Integer(),
    },
    ("items",),
)
_CREATE = Fields(
    {"expand": EXPAND, "from_subscription": Text(), "metadata": Metadata()}, ("from_subscription",)
)
_UPDATE = Fields(
    {
        "end_behavior": OneOf(("cancel", "release")),
        "expand": EXPAND,
        "metadata": Metadata(),
        "phases": Many(_PHASE, 2),
    }
)


def _create(work: Work, ids: Mapping[str, str], params: Object) -> Object:
    subscription = subscriptions.still_running(work, params["from_subscription"])
    if subscription["schedule"]:
        message = "You cannot migrate a subscription that is already attached to a schedule: "
        raise StripeError(message + subscription["schedule"], param="from_subscription")
    if subscription["cancel_at_period_end"]:
        message = "You cannot migrate a subscription that is set to cancel at the end of its period."
        raise StripeError(message, param="from_subscription")
    schedule = work.put(_blank(work, subscription, merged({}, params.get("metadata"))))
    work.change({**subscription, "schedule": schedule["id"]}, "customer.subscription.updated")
    work.emit("subscription_schedule.created", schedule)
    return schedule


def _blank(work: Work, subscription: Object, metadata: dict[str, str]) -> Object:
    items = subscription["items"]["data"]
    start, end = items[0]["current_period_start"], items[0]["current_period_end"]
    nothing = (
        "application canceled_at completed_at customer_account released_at released_subscription test_clock"
    )
    return {
        **dict.fromkeys(nothing.split()),
        "id": new_id("sub_sched_1"),
        "object": "subscription_schedule",
        "billing_mode": subscription["billing_mode"],
        "created": work.now,
        "current_phase": {"start_date": start, "end_date": end},
        "customer": subscription["customer"],
        "default_settings": _default_settings(),
        "end_behavior": "release",
        "livemode": False,
        "metadata": metadata,
        "phases": [
            _phase(
                [(item["price"], item.get("quantity")) for item in items], (start, end), "create_prorations"
            )
        ],
        "status": "active",
        "subscription": subscription["id"],
    }


def _default_settings() -> Object:
    nothing = (
        "application_fee_percent billing_thresholds default_payment_method description on_behalf_of "
        "transfer_data"
    )
    invoicing = dict.fromkeys(("account_tax_ids", "days_until_due")) | {"issuer": {"type": "self"}}
    return {
        **dict.fromkeys(nothing.split()),
        "automatic_tax": {"disabled_reason": None, "enabled": False, "liability": None},
        "billing_cycle_anchor": "automatic",
        "collection_method": "charge_automatically",
        "invoice_settings": invoicing,
    }


def _phase(
    items: list[tuple[Object, int | None]], span: tuple[int, int], behavior: str, anchor: str | None = None
) -> Object:
    nothing = (
        "application_fee_percent billing_thresholds collection_method default_payment_method description "
        "invoice_settings on_behalf_of transfer_data trial_end"
    )
    blank: Object = {"billing_thresholds": None, "discounts": [], "metadata": {}, "tax_rates": []}
    return {
        **dict.fromkeys(nothing.split()),
        "add_invoice_items": [],
        "billing_cycle_anchor": anchor,
        "currency": items[0][0]["currency"],
        "default_tax_rates": [],
        "discounts": [],
        "end_date": span[1],
        "items": [
            {**blank, "price": price["id"], **({"quantity": quantity} if quantity is not None else {})}
            for price, quantity in items
        ],
        "metadata": {},
        "proration_behavior": behavior,
        "start_date": span[0],
    }


def _update(work: Work, ids: Mapping[str, str], params: Object) -> Object:
    schedule = _active(work, ids["schedule"])
    changed = {**schedule, "end_behavior": params.get("end_behavior", schedule["end_behavior"])}
    changed["metadata"] = merged(schedule["metadata"], params.get("metadata"))
    if "phases" in params:
        changed["phases"] = _phases(work, schedule, params["phases"])
    return work.change(changed, "subscription_schedule.updated")


def _phases(work: Work, schedule: Object, asked: list[Object]) -> list[Object]:
    """The phases as asked: the first is the one that runs and stays as it is, each begins where the last ends."""
    running = schedule["current_phase"]
    start, found = running["start_date"], []
    for number, phase in enumerate(asked):
        items = [
            (
                proration.recurring_price(work, item["price"], f"phases[{number}][items]"),
                item.get("quantity"),
            )
            for item in phase["items"]
        ]
        if phase.get("start_date", start) != start:
            raise StripeError(
                "Phases follow each other without a gap.", param=f"phases[{number}][start_date]"
            )
        end = phase.get("end_date") or _end(start, phase, number)
        behavior = phase.get("proration_behavior", "create_prorations")
        found.append(_phase(items, (start, end), behavior, phase.get("billing_cycle_anchor")))
        start = end
    if found and found[0]["end_date"] != running["end_date"]:
        raise StripeError("The sandbox leaves the running phase as it is.", param="phases[0][end_date]")
    return found


def _end(start: int, phase: Object, number: int) -> int:
    if "duration" not in phase:
        message = f"Missing required param: phases[{number}][end_date]."
        raise StripeError(message, code="parameter_missing", param=f"phases[{number}][end_date]")
    duration = phase["duration"]
    return boundary(start, duration["interval"], duration.get("interval_count", 1), 1)


def _active(work: Work, schedule_id: str) -> Object:
    schedule = work.need("subscription_schedule", schedule_id, "schedule")
    if schedule["status"] != "active":
        message = f"You cannot change a subscription schedule that is {schedule['status']}."
        raise StripeError(message, param="schedule")
    return schedule


def _release(work: Work, ids: Mapping[str, str], params: Object) -> Object:
    return release(work, _active(work, ids["schedule"]))


def release(work: Work, schedule: Object) -> Object:
    """Let go of the subscription: it goes on as it is now."""
    subscription = work.need("subscription", schedule["subscription"])
    over = {"status": "released", "released_at": work.now, "current_phase": None}
    over |= {"subscription": None, "released_subscription": subscription["id"]}
    released = work.put({**schedule, **over})
    work.change({**subscription, "schedule": None}, "customer.subscription.updated")
    work.emit("subscription_schedule.released", released)
    return released


def turn(work: Work, subscription: Object) -> Object:
    """The subscription as the phase that begins at its period's end wants it; released where there is none."""
    schedule = work.need("subscription_schedule", subscription["schedule"])
    start = subscription["items"]["data"][0]["current_period_end"]
    coming = [phase for phase in schedule["phases"] if phase["start_date"] == start]
    if not coming:
        if schedule["phases"][-1]["end_date"] <= start:
            release(work, schedule)
            return work.need("subscription", subscription["id"])
        return subscription
    phase = coming[0]
    span = {"start_date": phase["start_date"], "end_date": phase["end_date"]}
    work.change({**schedule, "current_phase": span}, "subscription_schedule.updated")
    items = subscription["items"]["data"]
    if phase["billing_cycle_anchor"] == "phase_start":
        subscription["billing_cycle_anchor"] = start
    subscription["items"]["data"] = _become(work, subscription, items, phase["items"])
    return subscription


def _become(work: Work, subscription: Object, items: list[Object], wanted: list[Object]) -> list[Object]:
    """The items as a phase wants them, in its order. One of the same price goes on, and so does the first, which is
    the plan's, at its new price."""
    period = (items[0]["current_period_start"], items[0]["current_period_end"])
    known, found = {item["price"]["id"]: item for item in items}, []
    for place, each in enumerate(wanted):
        price, quantity = work.need("price", each["price"]), each.get("quantity", 1)
        item = subscriptions.new_item(work, subscription["id"], price, quantity, period)
        before = items[0] if place == 0 else known.get(price["id"])
        if before is not None and metered_prices.is_metered(before):
            item = before
        found.append({**item, "id": before["id"]} if before is not None else item)
    return found


_ONE = Fields({"expand": EXPAND})
_PATH = "/v1/subscription_schedules/{schedule}"
OPERATIONS = (
    Operation("POST", "/v1/subscription_schedules", _create, _CREATE),
    Operation("POST", _PATH, _update, _UPDATE),
    Operation("POST", f"{_PATH}/release", _release, _ONE),
    Operation(
        "GET",
        _PATH,
        lambda work, ids, params: work.need("subscription_schedule", ids["schedule"], "schedule"),
        _ONE,
    ),
)
