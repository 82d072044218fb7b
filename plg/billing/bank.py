"""The bank's question: a change that a card's owner has to confirm waits at Stripe until it is paid.

It is asked for once more as a pending update, with the same proration date and so at the price that was shown; the
page of its invoice is where its owner confirms. Paid, the change is made and a webhook tells; unpaid, Stripe gives it
up within a day, and nothing was changed."""

from __future__ import annotations

from typing import Any

from plg.billing import changes, gateway, processing, quotes
from plg.billing.changes import QuoteExpired
from plg.billing.gateway import Object
from plg.billing.models import FINAL, PlanChange
from plg.billing.refusals import TO_CONFIRM
from plg.kit.clock import now
from plg.kit.db import db


def ask(public_id: str, *, account_id: int) -> str | None:
    """The address where the owner of the card confirms a change that their bank asks about; None where it was paid
    without a question this time. Asked again, the same address, unless another change has taken its place. Talks to
    Stripe, and commits. Refusals: `QuoteNotFound`, `QuoteExpired`, `CardRefused`, `PaymentsUnavailable`."""
    change = quotes.find(public_id, account_id=account_id)
    waits = change.status == "failed" and change.reason in TO_CONFIRM and now() <= change.expires_at
    db.session.commit()
    stripe, subscription = gateway.current(), change.stripe_subscription_id
    found = stripe.subscription(subscription)
    if not waits or found is None or found["status"] in FINAL:
        raise QuoteExpired("This price was shown too long ago, or was agreed to.")
    is_as_shown = quotes.is_as_shown(change, found)
    db.session.commit()
    if not is_as_shown:
        raise QuoteExpired("The subscription has changed since this price was shown.")
    params: dict[str, Any] = {
        "items": quotes.items(change, found),
        "payment_behavior": "pending_if_incomplete",
        "proration_behavior": "always_invoice",
        "proration_date": int(change.proration_date.timestamp()),
    }
    stripe.update_subscription(subscription, params, changes.key_of(change) + ":bank")
    processing.look_at(subscription)
    return _page(change, stripe.subscription(subscription), params["items"])


def _page(change: PlanChange, held: Object | None, wanted: list[Object]) -> str | None:
    """The page of the invoice on which a change waits; None where it is made. A repeated request gets its first
    answer, and since then another change may have taken this one's place."""
    gone = QuoteExpired("This change was given up for another one, or was not confirmed in time.")
    if held is None:
        raise gone
    waiting, invoice = held["pending_update"], held["latest_invoice"]
    has = waiting["subscription_items"] if waiting else held["items"]["data"]
    is_this = all(_is_among(each, has) for each in wanted)
    if not is_this or (waiting and invoice["amount_due"] != change.amount_due):
        raise gone
    return str(invoice["hosted_invoice_url"]) if waiting else None


def _is_among(wanted: Object, items: list[Object]) -> bool:
    """Whether these items of a subscription are as the change of one of them wants."""
    if wanted.get("deleted"):
        return all(item["id"] != wanted["id"] for item in items)
    has = [(item["price"]["id"], item.get("quantity")) for item in items]
    return (wanted["price"], wanted["quantity"]) in has
