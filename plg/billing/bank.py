"""The bank's question: a change that a card's owner has to confirm waits at Stripe until it is paid.

It is asked for once more as a pending update, with the same proration date and so at the price that was shown; the
page of its invoice is where its owner confirms. Paid, the change is made and a webhook tells; unpaid, Stripe gives it
up within a day, and nothing was changed."""

from __future__ import annotations

from typing import Any

from plg.billing import changes, gateway, processing, quotes
from plg.billing.changes import QuoteExpired
from plg.billing.models import FINAL
from plg.billing.refusals import TO_CONFIRM
from plg.kit.clock import now
from plg.kit.db import db


def ask(public_id: str, *, account_id: int) -> str | None:
    """The address where the owner of the card confirms a change that their bank asks about; None where it was paid
    without a question this time. Asked again, the same address. Talks to Stripe, and commits. Refusals:
    `QuoteNotFound`, `QuoteExpired`, `CardRefused`, `PaymentsUnavailable`."""
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
    held = stripe.subscription(subscription)
    return str(held["latest_invoice"]["hosted_invoice_url"]) if held and held["pending_update"] else None
