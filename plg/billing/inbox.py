"""The inbox of Stripe's webhooks: verified and kept at the door, once each. `processing` acts on them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select, update

from plg.billing import gateway, invoices
from plg.billing.gateway import Object
from plg.billing.models import StripeEvent
from plg.kit.clock import now
from plg.kit.db import db, insert
from plg.kit.ids import new_id

SUBSCRIPTIONS = (
    "customer.subscription.created",
    "customer.subscription.updated",
    "customer.subscription.deleted",
    "customer.subscription.paused",
    "customer.subscription.resumed",
)
SCHEDULES = (
    "subscription_schedule.updated",
    "subscription_schedule.released",
    "subscription_schedule.canceled",
)
INVOICES = (
    "invoice.finalized",
    "invoice.paid",
    "invoice.payment_failed",
    "invoice.payment_action_required",
    "invoice.voided",
    "invoice.marked_uncollectible",
)
SESSIONS = (
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "checkout.session.expired",
)
CUSTOMERS = ("customer.deleted",)
TAX_IDS = ("customer.tax_id.created", "customer.tax_id.updated", "customer.tax_id.deleted")
CARDS = (
    "setup_intent.succeeded",
    "payment_method.automatically_updated",
    "payment_method.detached",
    "payment_method.updated",
)
MONEY_BACK = (
    "charge.refunded",
    "refund.created",
    "refund.updated",
    "refund.failed",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.closed",
)
HEARD = (*SUBSCRIPTIONS, *SCHEDULES, *INVOICES, *SESSIONS, *CUSTOMERS, *TAX_IDS, *CARDS, *MONEY_BACK)


def receive(payload: bytes, signature: str | None) -> str | None:
    """Keep a webhook in the caller's transaction, if Stripe signed it (else `WebhookRefused`).

    Returns the id of the object that is to be read anew; None where the event is known or of no interest."""
    return store(gateway.current().verify(payload, signature))


def store(event: Object) -> str | None:
    """Keep an event that is known to be Stripe's. Returns as `receive` does."""
    subject = _subject(event)
    moment = now()
    row = {"event_id": event["id"], "type": event["type"], "subject": subject, "received_at": moment}
    if subject is None:
        row |= {"payload": {}, "outcome": "ignored", "handled_at": moment}
    else:
        row |= {"payload": event, "outcome": "waiting", "due_at": moment}
    new = insert(StripeEvent).values(row | {"attempts": 0}).on_conflict_do_nothing()
    return subject if db.session.execute(new.returning(StripeEvent.id)).first() else None


def ask(subject: str) -> None:
    """Have an object read anew although no webhook said so. Does not commit."""
    event = {"id": new_id("plg"), "type": "plg.check", "data": {"object": {"id": subject}}}
    store(event)


def _subject(event: Object) -> str | None:
    thing, name = event["data"]["object"], event["type"]
    if name in (*SUBSCRIPTIONS, *CUSTOMERS, *CARDS, "plg.check"):
        return str(thing["id"])
    if name in SESSIONS:
        return str(thing.get("subscription") or thing["id"])
    if name in TAX_IDS:
        return thing.get("customer")
    if name in MONEY_BACK:
        return thing.get("payment_intent")
    if name in SCHEDULES:
        return thing.get("subscription") or thing.get("released_subscription")
    if name in INVOICES:
        return invoices.subscription_of(thing)
    return None


def is_to_read(subject: str) -> bool:
    """Whether an object has still to be read anew: soon, or once a person has mended what keeps it from that."""
    waits = StripeEvent.outcome.in_(("waiting", "failed"))
    found = select(StripeEvent.id).where(StripeEvent.subject == subject, waits)
    return db.session.scalar(found.limit(1)) is not None


def failed() -> Sequence[StripeEvent]:
    """Webhooks that were given up, oldest first, each with its last error."""
    return db.session.scalars(
        select(StripeEvent).where(StripeEvent.outcome == "failed").order_by(StripeEvent.id)
    ).all()


def retry(event_ids: Sequence[str] = ()) -> int:
    """Let webhooks that were given up be tried again, from the first pause on: these, or all. Returns how many.
    Does not commit."""
    mine = update(StripeEvent).where(StripeEvent.outcome == "failed")
    if event_ids:
        mine = mine.where(StripeEvent.event_id.in_(event_ids))
    again = mine.values(outcome="waiting", due_at=now(), attempts=0).returning(StripeEvent.id)
    return len(db.session.scalars(again).all())
