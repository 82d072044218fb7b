"""Pending updates: a change of a subscription that is made when its invoice is paid, and waits for that 23 hours at
most; until then the subscription is as it was."""

from __future__ import annotations

from plg.sandbox.stripe.errors import StripeError
from plg.sandbox.stripe.resources import invoices
from plg.sandbox.stripe.store import Object, Work

LIFETIME = 23 * 3600  # seconds
ALLOWED = frozenset({"expand", "items", "payment_behavior", "proration_behavior", "proration_date"})
ASKED = "pending_if_incomplete"


def check(params: Object) -> None:
    """Refuse what cannot wait."""
    for name in sorted(set(params) - ALLOWED):
        message = f"`{name}` cannot be given with `payment_behavior` set to `pending_if_incomplete`."
        raise StripeError(message, param=name)


def hold(work: Work, before: Object, side: Work, changed: Object) -> Object:
    """Keep what a change would lead to, which was tried on the side and not paid, until its invoice is paid."""
    invoice = side.need("invoice", changed["latest_invoice"])
    invoice = work.put({**invoice, "next_payment_attempt": None})
    work.put(side.need("customer", before["customer"]))
    items, end = changed["items"]["data"], min(i["current_period_end"] for i in before["items"]["data"])
    moved = changed["billing_cycle_anchor"] != before["billing_cycle_anchor"]
    waiting = {
        "billing_cycle_anchor": changed["billing_cycle_anchor"] if moved else None,
        "expires_at": min(work.now + LIFETIME, end),
        "subscription_items": items,
        "trial_end": None,
        "trial_from_plan": None,
    }
    left = side.note(before["id"]).get("pending_lines", [])
    work.annotate(before["id"], pending_update_lines=left)
    held = {**before, "latest_invoice": invoice["id"], "pending_update": waiting}
    work.change(held, "customer.subscription.updated")
    invoices.announce(work, invoice)
    return held


def apply(work: Work, subscription: Object) -> Object:
    """Make the change: its invoice is paid."""
    waiting = subscription["pending_update"]
    anchor = waiting["billing_cycle_anchor"] or subscription["billing_cycle_anchor"]
    items = {**subscription["items"], "data": waiting["subscription_items"]}
    work.annotate(subscription["id"], pending_lines=work.note(subscription["id"])["pending_update_lines"])
    done = {**subscription, "items": items, "billing_cycle_anchor": anchor, "pending_update": None}
    work.change(done, "customer.subscription.updated")
    work.emit("customer.subscription.pending_update_applied", done)
    return done


def drop(work: Work, subscription: Object) -> Object:
    """Give the change up, and its invoice: its time is over, or another takes its place."""
    invoice = work.need("invoice", subscription["latest_invoice"])
    if invoice["status"] == "open":
        invoices.forgo(work, invoice)
    over = work.change({**subscription, "pending_update": None}, "customer.subscription.updated")
    work.emit("customer.subscription.pending_update_expired", over)
    return over
