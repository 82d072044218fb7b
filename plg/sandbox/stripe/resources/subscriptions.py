"""Subscriptions: how one starts, renews, follows its invoices and ends."""

from __future__ import annotations

from dataclasses import dataclass, field

from plg.sandbox.stripe.calendar import next_boundary
from plg.sandbox.stripe.errors import StripeError, card_declined, no_such
from plg.sandbox.stripe.money import money
from plg.sandbox.stripe.resources import (
    discounts,
    invoices,
    metered_prices,
    payment_methods,
    pending_updates,
)
from plg.sandbox.stripe.store import Object, Work, new_id

#: Nothing leads out of these.
FINAL = ("canceled", "incomplete_expired")
STATUSES = ("active", "incomplete", "past_due", "paused", "trialing", "unpaid", *FINAL)


@dataclass(frozen=True)
class Order:
    """What a new subscription is made of. `items` are prices with quantities, all of one interval."""

    customer: str
    items: list[tuple[Object, int]]
    trial_end: int | None = None
    payment_method: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    description: str | None = None
    at_trial_end: str = "create_invoice"  # what happens then without a card: or "cancel", or "pause"
    behavior: str = "allow_incomplete"
    code: Object | None = None  # a promotion code
    taxed: bool = False  # whether taxes are reckoned
    coupon: str | None = None


def start(work: Work, order: Order) -> Object:
    """A new subscription with its first invoice: active, trialing, or incomplete where payment fails."""
    subscription = work.put(_blank(work, order))
    if order.code is not None:
        subscription["discounts"] = [discounts.redeem_code(work, subscription, order.code)["id"]]
        work.put(subscription)
    elif order.coupon is not None:
        subscription["discounts"] = [discounts.redeem(work, subscription, order.coupon, "discounts")["id"]]
        work.put(subscription)
    card = payment_methods.card_for(work, subscription)
    lines = [full_line(work, item, free=bool(order.trial_end)) for item in _paid_ahead(subscription)]
    waits = order.behavior == "default_incomplete"
    if not card and not waits and any(line["amount"] for line in lines):
        message = "This customer has no attached payment source or default payment method."
        raise StripeError(message, code="resource_missing")
    invoice = invoices.make(work, subscription, lines, "subscription_create")
    invoice = invoices.attempt(work, invoice, None if waits else card)
    status = "trialing" if order.trial_end else "active"
    if invoice["status"] != "paid":
        if order.behavior == "error_if_incomplete":
            raise (payment_methods.refusal(work, card) if card else None) or card_declined()
        status = "incomplete"
    subscription = work.put({**subscription, "status": status, "latest_invoice": invoice["id"]})
    work.emit("customer.subscription.created", subscription)
    invoices.announce(work, invoice)
    return subscription


def _blank(work: Work, order: Order) -> Object:
    recurring = order.items[0][0]["recurring"]
    anchor = order.trial_end or work.now
    end = order.trial_end or next_boundary(
        work.now, recurring["interval"], recurring["interval_count"], work.now
    )
    subscription_id = new_id("sub_1")
    items = [
        new_item(work, subscription_id, price, quantity, (work.now, end)) for price, quantity in order.items
    ]
    return {
        **_constants(work.now, order),
        "id": subscription_id,
        "billing_cycle_anchor": anchor,
        "currency": order.items[0][0]["currency"],
        "customer": order.customer,
        "default_payment_method": order.payment_method,
        "description": order.description,
        "items": {
            "object": "list",
            "data": items,
            "has_more": False,
            "url": f"/v1/subscription_items?subscription={subscription_id}",
        },
        "metadata": order.metadata,
        "trial_end": order.trial_end,
        "trial_start": work.now if order.trial_end else None,
    }


def _constants(now: int, order: Order) -> Object:
    nothing = (
        "application application_fee_percent billing_cycle_anchor_config billing_thresholds cancel_at "
        "canceled_at customer_account days_until_due default_source ended_at latest_invoice "
        "next_pending_invoice_item_invoice on_behalf_of pause_collection pending_invoice_item_interval "
        "pending_setup_intent pending_update schedule test_clock transfer_data"
    )
    return {
        **dict.fromkeys(nothing.split()),
        "object": "subscription",
        "automatic_tax": {
            "disabled_reason": None,
            "enabled": order.taxed,
            "liability": {"type": "self"} if order.taxed else None,
        },
        "billing_mode": {
            "flexible": {"proration_discounts": "included"},
            "type": "flexible",
            "updated_at": now,
        },
        "billing_schedules": [],
        "cancel_at_period_end": False,
        "cancellation_details": dict.fromkeys(("comment", "feedback", "feedback_option", "reason")),
        "collection_method": "charge_automatically",
        "created": now,
        "default_tax_rates": [],
        "discounts": [],
        "invoice_settings": dict.fromkeys(("account_tax_ids", "custom_fields", "description", "footer"))
        | {"issuer": {"type": "self"}},
        "livemode": False,
        "managed_payments": {"enabled": False},
        "payment_settings": {
            "payment_method_options": None,
            "payment_method_types": None,
            "save_default_payment_method": "off",
        },
        "start_date": now,
        "status": "incomplete",
        "trial_settings": {"end_behavior": {"missing_payment_method": order.at_trial_end}},
    }


def new_item(
    work: Work, subscription_id: str, price: Object, quantity: int, period: tuple[int, int]
) -> Object:
    """A subscription item: since 2025 the billing period is found here, not on the subscription."""
    counted = {} if price["recurring"]["usage_type"] == "metered" else {"quantity": quantity}
    return {
        **counted,
        "id": new_id("si_", 14),
        "object": "subscription_item",
        "billing_thresholds": None,
        "created": work.now,
        "current_period_end": period[1],
        "current_period_start": period[0],
        "discounts": [],
        "metadata": {},
        "price": price,
        "subscription": subscription_id,
        "tax_rates": [],
    }


def _paid_ahead(subscription: Object) -> list[Object]:
    """The items that are paid when a period begins; use is paid when it is over."""
    return [item for item in subscription["items"]["data"] if not metered_prices.is_metered(item)]


def full_line(work: Work, item: Object, *, free: bool = False) -> Object:
    """The invoice line of an item's whole period."""
    price, quantity = item["price"], item["quantity"]
    name = work.need("product", price["product"])["name"]
    each = money(price["unit_amount"], price["currency"])
    paid_words = f"{quantity} × {name} (at {each} / {price['recurring']['interval']})"
    words = f"Free trial for {quantity} × {name}" if free else paid_words
    amount = 0 if free else price["unit_amount"] * quantity
    return invoices.line(item, amount, words, (item["current_period_start"], item["current_period_end"]))


def bill_period(
    work: Work, subscription: Object, reason: str, start: int, *, due: list[Object] | None = None
) -> Object:
    """Begin a new paid period at `start` of the items that are due (None: all), invoice it with what was pending, and
    follow the payment."""
    return charge(work, subscription, begin_period(work, subscription, start, due), reason)


def begin_period(
    work: Work, subscription: Object, start: int, due: list[Object] | None = None
) -> list[Object]:
    """The lines of a new period that begins at `start`, with what was pending. due: the items of the subscription
    whose period it is; each has a rhythm of its own."""
    due = subscription["items"]["data"] if due is None else due
    metered = [item for item in due if metered_prices.is_metered(item)]
    used = [metered_prices.line_of(work, subscription, item, start) for item in metered]
    for item in due:
        end = boundary_after(subscription, item["price"], start)
        item |= {"current_period_start": start, "current_period_end": end}
    lines = [full_line(work, item) for item in due if item not in metered] + used
    lines += work.note(subscription["id"]).get("pending_lines", [])
    work.annotate(subscription["id"], pending_lines=[])
    return lines


def boundary_after(subscription: Object, price: Object, moment: int) -> int:
    """When the period of a price ends that runs, or begins, at a moment."""
    recurring = price["recurring"]
    anchor = subscription["billing_cycle_anchor"]
    return next_boundary(anchor, recurring["interval"], recurring["interval_count"], moment)


def end_trial_without_card(work: Work, subscription: Object, reason: str, start: int) -> Object:
    """What was asked for when a trial ends and there is no card: cancelled, paused, or an invoice that waits."""
    wanted = subscription["trial_settings"]["end_behavior"]["missing_payment_method"]
    if wanted == "cancel":
        return end(work, subscription["id"], reason="cancellation_requested")
    if wanted == "pause":
        paused = work.put({**subscription, "status": "paused"})
        work.emit("customer.subscription.paused", paused)
        return paused
    return bill_period(work, subscription, reason, start)


def charge(work: Work, subscription: Object, lines: list[Object], reason: str) -> Object:
    """Invoice lines at once; the subscription is active when paid, past due when not. Nothing is collected, and
    the invoice is void, while its collection is paused."""
    invoice = invoices.make(work, subscription, lines, reason)
    if subscription["pause_collection"]:
        invoices.forgo(work, invoice)
        return work.change({**subscription, "latest_invoice": invoice["id"]}, "customer.subscription.updated")
    invoice = invoices.attempt(work, invoice, payment_methods.card_for(work, subscription), retry=True)
    status = "active" if invoice["status"] == "paid" else "past_due"
    changed = {**subscription, "status": status, "latest_invoice": invoice["id"]}
    work.change(changed, "customer.subscription.updated")
    invoices.announce(work, invoice)
    return changed


def follow_invoice(work: Work, invoice: Object, *, final: bool) -> None:
    """Bring a subscription in line with another attempt at its latest invoice.

    `final` says that an attempt without a successor ends the subscription.
    """
    subscription = work.need("subscription", invoices.subscription_of(invoice))
    if subscription["latest_invoice"] != invoice["id"]:
        return
    if invoice["status"] == "paid" and subscription["pending_update"]:
        pending_updates.apply(work, subscription)
    elif invoice["status"] == "paid" and subscription["status"] in ("incomplete", "past_due", "unpaid"):
        work.change({**subscription, "status": "active"}, "customer.subscription.updated")
    elif invoice["status"] == "paid" and subscription["status"] == "paused":
        work.emit("customer.subscription.resumed", work.put({**subscription, "status": "active"}))
    elif final and invoice["next_payment_attempt"] is None and subscription["status"] == "past_due":
        end(work, subscription["id"], reason="payment_failed")


def end(work: Work, subscription_id: str, *, reason: str, details: Object | None = None) -> Object:
    """Cancel now; open invoices are no longer collected."""
    subscription = work.need("subscription", subscription_id)
    details = {**subscription["cancellation_details"], **(details or {}), "reason": reason}
    over = {
        **subscription,
        "status": "canceled",
        "canceled_at": subscription["canceled_at"] or work.now,
        "ended_at": work.now,
        "cancellation_details": details,
    }
    work.put(over)
    invoices.close_open(work, subscription_id)
    work.emit("customer.subscription.deleted", over)
    return over


def still_running(work: Work, subscription_id: str) -> Object:
    """The subscription, or 404 once it is over."""
    subscription = work.need("subscription", subscription_id)
    if subscription["status"] in FINAL:
        raise no_such("subscription", subscription_id)
    return subscription
