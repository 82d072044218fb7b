"""Refunds: an invoice's payment is given back, in full or in part, once.

At Stripe that is a credit note: of a paid invoice it refunds the payment and is noted on the invoice, of an open one
it lowers what is due. The row says `asked` before Stripe is asked, and is the idempotency key there; the credit note
carries the row's id as a mark. So a process may die anywhere: `finish_asked` finds it done, or does it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from sqlalchemy import delete, func, select, update

from plg.billing import gateway, inbox
from plg.billing.gateway import Object
from plg.billing.models import BillingInvoice, BillingRefund
from plg.billing.refusals import PaymentRequestRefused
from plg.billing.standing import moment
from plg.events import log, names
from plg.kit.clock import now
from plg.kit.db import db
from plg.kit.errors import Conflict, NotFound, Refusal, Unprocessable
from plg.plans import assignments

MARK = "plg_refund"
AGAIN = dt.timedelta(minutes=1)
#: Stripe's words for why an invoice is lowered.
REASONS = ("order_change", "product_unsatisfactory", "duplicate", "fraudulent")
#: With these the money is given back, or on its way.
GIVEN = ("pending", "requires_action", "succeeded")
FROM_STRIPE = "stripe"
SHOWN = 50


class InvoiceNotFound(NotFound):
    pass


class NothingToRefund(Conflict):
    """The invoice is neither paid nor open, or all of it was given back already."""


class RefundTooLarge(Unprocessable):
    """More than what is left of the invoice."""


def give(
    stripe_invoice_id: str,
    *,
    account_id: int,
    amount: int | None,
    reason: str | None,
    note: str,
    by: str,
    public_id: str | None = None,
) -> BillingRefund:
    """Give back so much (minor unit; None: all that is left) of what was paid for an invoice, or lower it where it
    is open. public_id: of the form that asks, so that sent twice it is one refund. Talks to Stripe, and commits.

    Refusals: `InvoiceNotFound`, `NothingToRefund`, `RefundTooLarge`, `PaymentRequestRefused` (nothing was given
    back), `PaymentsUnavailable` (it is given back as soon as Stripe answers)."""
    assignments.lock(account_id)
    known = _find(public_id, account_id) if public_id else None
    if known is None:
        invoice = _invoice(stripe_invoice_id, account_id)
        left = refundable(invoice)
        if left <= 0:
            raise NothingToRefund("Nothing is left of this invoice that could be given back.")
        if not 0 < (amount or left) <= left:
            raise RefundTooLarge(f"At most {left} of this invoice can be given back.", most=left)
        known = BillingRefund(account_id=account_id, stripe_invoice_id=stripe_invoice_id, status="asked")
        known.amount, known.currency, known.reason = amount or left, invoice.currency, reason
        known.note, known.made_by, known.created_at = note[:1000], by[:100], now()
        known.due_at = now() + AGAIN
        if public_id:
            known.public_id = public_id
        db.session.add(known)
    db.session.commit()
    if known.status == "asked":
        carry_out(known)
    return known


def _find(public_id: str, account_id: int) -> BillingRefund | None:
    mine = select(BillingRefund).where(
        BillingRefund.public_id == public_id, BillingRefund.account_id == account_id
    )
    return db.session.scalar(mine.execution_options(populate_existing=True))


def _invoice(stripe_invoice_id: str, account_id: int) -> BillingInvoice:
    mine = select(BillingInvoice).where(
        BillingInvoice.stripe_invoice_id == stripe_invoice_id, BillingInvoice.account_id == account_id
    )
    found = db.session.scalar(mine.execution_options(populate_existing=True))
    if found is None:
        raise InvoiceNotFound("There is no such invoice.")
    return found


def refundable(invoice: BillingInvoice) -> int:
    """What is left of an invoice to give back (paid) or to lower (open), in the minor unit. What Stripe is being
    asked for at this moment is not left any more."""
    if invoice.status not in ("paid", "open"):
        return 0
    asked = select(func.coalesce(func.sum(BillingRefund.amount), 0)).where(
        BillingRefund.stripe_invoice_id == invoice.stripe_invoice_id, BillingRefund.status == "asked"
    )
    whole = invoice.amount_paid if invoice.status == "paid" else invoice.amount_due
    return whole - invoice.amount_refunded - (db.session.scalar(asked) or 0)


def carry_out(refund: BillingRefund) -> None:
    """Do at Stripe what a refund says, or find it done. Commits."""
    stripe = gateway.current()
    id, account_id, invoice_id = refund.id, refund.account_id, refund.stripe_invoice_id
    try:
        note = _made_before(refund) or _make(refund)
    except PaymentRequestRefused as refused:
        mine = update(BillingRefund).where(BillingRefund.id == id, BillingRefund.status == "asked")
        why = {"status": "refused", "why": refused.detail[:200], "due_at": None}
        db.session.execute(mine.values(why))
        db.session.commit()
        raise
    made = note["refunds"][0]["refund"] if note["refunds"] else None
    found = stripe.refund(made) if made else None
    assignments.lock(account_id)
    if made:  # a webhook may have been faster, and mirrored it as one of Stripe's own
        db.session.execute(
            delete(BillingRefund).where(BillingRefund.stripe_refund_id == made, BillingRefund.id != id)
        )
    values = {"stripe_credit_note_id": note["id"], "stripe_refund_id": made, "due_at": None}
    status = found["status"] if found else "credited"
    mine = update(BillingRefund).where(BillingRefund.id == id)
    db.session.execute(mine.values(values | {"status": status}))
    subscription = keep(invoice_id, [found] if found else [])
    if subscription is not None:
        inbox.ask(subscription)
    db.session.commit()
    db.session.refresh(refund)
    db.session.commit()


def _made_before(refund: BillingRefund) -> Object | None:
    notes = gateway.current().credit_notes_of(refund.stripe_invoice_id)
    return next((each for each in notes if (each["metadata"] or {}).get(MARK) == refund.public_id), None)


def _make(refund: BillingRefund) -> Object:
    stripe = gateway.current()
    invoice = stripe.invoice(refund.stripe_invoice_id)
    params: dict[str, Any] = {"invoice": refund.stripe_invoice_id, "amount": refund.amount}
    params |= {"metadata": {MARK: refund.public_id}}
    if refund.reason:
        params["reason"] = refund.reason
    if invoice is not None and invoice["status"] == "paid":
        params["refund_amount"] = refund.amount
    return stripe.create_credit_note(params, f"plg:refund:{refund.public_id}")


def keep(stripe_invoice_id: str, found: Sequence[Object]) -> str | None:
    """Mirror the refunds of the payment that paid an invoice. Returns the id of the invoice's subscription; None
    where the invoice is none of ours. Holds the account, does not commit."""
    query = select(BillingInvoice).where(BillingInvoice.stripe_invoice_id == stripe_invoice_id)
    invoice = db.session.scalar(query)
    if invoice is None:
        return None
    assignments.lock(invoice.account_id)
    for each in found:
        _mirror(each, invoice)
    db.session.flush()
    mine = select(func.coalesce(func.sum(BillingRefund.amount), 0)).where(
        BillingRefund.stripe_invoice_id == stripe_invoice_id, BillingRefund.status.in_(GIVEN)
    )
    once = update(BillingInvoice).where(BillingInvoice.id == invoice.id)
    db.session.execute(once.values(amount_refunded=mine.scalar_subquery()))
    return invoice.stripe_subscription_id


def _mirror(refund: Object, invoice: BillingInvoice) -> None:
    mine = select(BillingRefund).where(BillingRefund.stripe_refund_id == refund["id"])
    row = db.session.scalar(mine.execution_options(populate_existing=True))
    if row is None:
        row = BillingRefund(account_id=invoice.account_id, stripe_invoice_id=invoice.stripe_invoice_id)
        row.stripe_refund_id, row.amount, row.currency = refund["id"], refund["amount"], refund["currency"]
        row.reason, row.note, row.made_by = refund["reason"], "", FROM_STRIPE
        row.created_at = moment(refund["created"])
        db.session.add(row)
    row.status, row.why = refund["status"], refund.get("failure_reason")
    _record(row)


def _record(row: BillingRefund) -> None:
    about = {"amount": row.amount, "currency": row.currency, "invoice": row.stripe_invoice_id}
    about |= {"refund": row.stripe_refund_id, "reason": row.reason}
    name, mark = names.PAYMENT_REFUNDED, "payment-refunded"
    if row.status not in GIVEN:
        name, mark = names.REFUND_FAILED, "refund-failed"
    log.record(name, account_id=row.account_id, properties=about, id=f"{mark}:{row.stripe_refund_id}")


def finish_asked(at: dt.datetime, limit: int) -> int:
    """Give back what waits because a process died or Stripe was away. Returns how many. Commits."""
    due = select(BillingRefund).where(BillingRefund.due_at <= at, BillingRefund.status == "asked")
    first = due.order_by(BillingRefund.due_at).limit(limit).with_for_update(skip_locked=True)
    rows = db.session.scalars(first).all()
    for row in rows:
        row.due_at = at + AGAIN
    ids = [row.id for row in rows]
    db.session.commit()
    for id in ids:
        refund = db.session.get_one(BillingRefund, id, populate_existing=True)
        db.session.commit()
        with suppress(Refusal):
            carry_out(refund)
        db.session.rollback()
    return len(ids)


def of_account(account_id: int) -> Sequence[BillingRefund]:
    """The account's refunds, newest first."""
    mine = select(BillingRefund).where(BillingRefund.account_id == account_id)
    newest = mine.order_by(BillingRefund.created_at.desc(), BillingRefund.id.desc())
    return db.session.scalars(newest.limit(SHOWN)).all()
