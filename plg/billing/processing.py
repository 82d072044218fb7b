"""Acting on Stripe's webhooks: each says that an object may have changed, so the object is read anew.

One process at a time reads an object, and what it reads settles every webhook about it that has come until
then: doubled, reordered and late webhooks end in the same state."""

from __future__ import annotations

import datetime as dt
import time
from typing import Any

import structlog
from sqlalchemy import select, update

from plg.billing import (
    cards,
    checkouts,
    customers,
    disputes,
    gateway,
    inbox,
    invoices,
    refunds,
    subscriptions,
    tax_ids,
)
from plg.billing.gateway import Object
from plg.billing.models import StripeEvent
from plg.billing.refusals import PaymentsUnavailable
from plg.kit.clock import now
from plg.kit.db import db, lock
from plg.kit.ids import new_id

log = structlog.get_logger()

LEASE = dt.timedelta(minutes=2)
LOOKS, BETWEEN_LOOKS = 40, 0.05  # how often, and after how many seconds, somebody looks who waits for it
#: Seconds until the next try; after the last, the event is `failed` and waits for a person.
BACKOFF = (1, 5, 15, 60, 300, 1800, 7200, 21600, 43200)


class LeaseLost(Exception):  # noqa: N818 - another process has taken over
    """The work took so long that another process has taken it over."""


class InvoiceNotRead(Exception):  # noqa: N818 - not a mistake
    """A payment is for an invoice that has to be read first, and could not be read at this moment."""


def process(limit: int = 20, *, subject: str | None = None) -> int:
    """Act on what is due, of one object or of all. Commits each object's outcome by itself. Returns how
    many objects were read. What goes wrong is kept with the event and tried again later."""
    done = 0
    while done < limit and (rows := _claim(subject)):
        done += 1
        try:
            _apply(rows)
        except LeaseLost:
            db.session.rollback()
        except Exception as error:
            db.session.rollback()
            _try_later(rows, error)
    return done


def look_at(subject: str) -> None:
    """Something was changed at Stripe just now: have it read at once, or wait a moment for who reads it already. The
    worker does it where that takes too long. Commits."""
    inbox.ask(subject)
    db.session.commit()
    waiting = select(StripeEvent.id).where(StripeEvent.subject == subject, StripeEvent.due_at.is_not(None))
    try:
        for _ in range(LOOKS):
            if process(1, subject=subject) or db.session.scalar(waiting.limit(1)) is None:
                break
            db.session.rollback()
            time.sleep(BETWEEN_LOOKS)
    except Exception:
        log.exception("a change at Stripe is left to the worker", subject=subject)
    db.session.rollback()


def _claim(subject: str | None) -> list[StripeEvent]:
    """All waiting events of the one object that has waited longest, for LEASE. Commits."""
    moment, token = now(), new_id("lease")
    lock("billing.inbox")
    busy = select(StripeEvent.subject).where(StripeEvent.lease.is_not(None), StripeEvent.due_at > moment)
    due = select(StripeEvent.subject).where(StripeEvent.due_at <= moment, StripeEvent.subject.not_in(busy))
    if subject is not None:
        due = due.where(StripeEvent.subject == subject)
    chosen = db.session.scalar(due.order_by(StripeEvent.due_at).limit(1))
    rows: list[StripeEvent] = []
    if chosen is not None:
        waiting = select(StripeEvent).where(StripeEvent.subject == chosen, StripeEvent.due_at.is_not(None))
        rows = list(
            db.session.scalars(waiting.order_by(StripeEvent.id).execution_options(populate_existing=True))
        )
    for row in rows:
        row.lease, row.due_at, row.attempts = token, moment + LEASE, row.attempts + 1
    db.session.commit()
    for row in rows:
        db.session.expunge(row)  # what is known of it here is what this process has claimed
    return rows


def _apply(rows: list[StripeEvent]) -> None:
    subject = str(rows[0].subject)
    stripe = gateway.current()
    if subject.startswith("sub_"):
        outcome = _apply_subscription(subject, stripe.subscription(subject), rows)
    elif subject.startswith("cs_"):
        outcome = _apply_session(stripe.session(subject))
    elif subject.startswith("seti_"):
        outcome = _outcome(cards.keep(stripe.setup_intent(subject)))
    elif subject.startswith("pm_"):
        outcome = _outcome(cards.follow(subject, stripe.payment_method(subject)))
    elif subject.startswith("pi_"):
        outcome = _apply_payment(subject)
    else:
        outcome = _apply_customer(subject, stripe.customer(subject))
    _settle(rows, outcome)


def _apply_subscription(subject: str, found: Object | None, rows: list[StripeEvent]) -> str:
    if found is None:
        return "applied" if subscriptions.gone(subject) else "ignored"
    try:
        subscriptions.keep(found, gateway.current().invoices_of(subject))
    except subscriptions.NotOurs:
        return "ignored"
    checkouts.complete(found)
    for row in rows:
        if row.type == "invoice.payment_failed":
            subscriptions.record_failed_payment(subject, row.payload)
    return "applied"


def _apply_payment(subject: str) -> str:
    stripe = gateway.current()
    invoice_id = stripe.invoice_paid_by(subject)
    if invoice_id is None or not _is_ours(invoice_id):
        return "ignored"
    given_back, disputed = stripe.refunds_of(subject), stripe.disputes_of(subject)
    subscription = refunds.keep(invoice_id, given_back)
    if subscription is None:
        return "ignored"
    disputes.keep(invoice_id, disputed)
    inbox.ask(subscription)
    return "applied"


def _is_ours(invoice_id: str) -> bool:
    """Whether an invoice is one of ours. What became of its payment may overtake what tells of the invoice: then its
    subscription is read first."""
    is_known = invoices.is_known(invoice_id)
    db.session.rollback()
    if is_known:
        return True
    subscription = invoices.subscription_of(gateway.current().invoice(invoice_id) or {})
    if subscription is None:
        return False
    look_at(subscription)
    is_known, is_to_read = invoices.is_known(invoice_id), inbox.is_to_read(subscription)
    db.session.rollback()
    if is_to_read and not is_known:
        raise InvoiceNotRead(invoice_id)
    return is_known


def _apply_session(found: Object | None) -> str:
    if found is None:
        return "ignored"
    checkouts.follow(found)
    return "applied"


def _apply_customer(subject: str, found: Object | None) -> str:
    if found is None or found.get("deleted"):
        cards.remove_all(subject)
        customers.forget(subject)
        return "applied"
    tax_ids.follow(subject)
    return "applied"


def _outcome(is_ours: bool) -> str:
    return "applied" if is_ours else "ignored"


def _settle(rows: list[StripeEvent], outcome: str) -> None:
    mine = update(StripeEvent).where(
        StripeEvent.id.in_([row.id for row in rows]), StripeEvent.lease == rows[0].lease
    )
    values: dict[str, Any] = {"outcome": outcome, "due_at": None, "lease": None, "last_error": None}
    values |= {"handled_at": now(), "payload": {}}
    settled = db.session.execute(mine.values(values).returning(StripeEvent.id))
    if len(settled.all()) != len(rows):
        raise LeaseLost
    db.session.commit()


def _try_later(rows: list[StripeEvent], error: Exception) -> None:
    """Wait for a while. Only faults count up to giving up: while Stripe is away, it is waited for."""
    log.warning("webhook waits", subject=rows[0].subject, attempt=rows[0].attempts, error=repr(error))
    for row in rows:
        tries = row.attempts
        over = tries > len(BACKOFF) and not isinstance(error, PaymentsUnavailable)
        pause = dt.timedelta(seconds=BACKOFF[min(tries, len(BACKOFF)) - 1])
        mine = update(StripeEvent).where(StripeEvent.id == row.id, StripeEvent.lease == row.lease)
        values = {"lease": None, "last_error": repr(error)[:2000], "due_at": None if over else now() + pause}
        db.session.execute(mine.values(values | ({"outcome": "failed"} if over else {})))
    db.session.commit()
