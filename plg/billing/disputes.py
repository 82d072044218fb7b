"""Disputes: a cardholder takes a payment back through their bank; what became of it, and what that costs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import current_app
from sqlalchemy import func, select

from plg.billing.gateway import Object
from plg.billing.models import BillingDispute, BillingInvoice
from plg.billing.standing import moment, moment_or_none
from plg.events import log, names
from plg.kit.clock import now
from plg.kit.db import db

LOST = ("lost",)
#: In these the bank holds the money, or is about to take it.
OPEN = frozenset(
    {"needs_response", "under_review", "warning_needs_response", "warning_under_review"}
    | {"appeal_needs_response", "appeal_under_review"}
)
#: By the setting `dispute_access`: with which states the access ends that the payment paid for.
TAKES_ACCESS: dict[str, tuple[str, ...]] = {"opened": (*LOST, *OPEN), "lost": LOST, "never": ()}
SHOWN = 50


def keep(stripe_invoice_id: str, found: Sequence[Object]) -> None:
    """Mirror the disputes of the payment that paid an invoice of ours, as they are at Stripe now. Does not commit.
    Call with the account held."""
    invoice = db.session.scalars(
        select(BillingInvoice).where(BillingInvoice.stripe_invoice_id == stripe_invoice_id)
    ).one()
    for each in found:
        mine = select(BillingDispute).where(BillingDispute.stripe_dispute_id == each["id"])
        row = db.session.scalar(mine.execution_options(populate_existing=True))
        before = row.status if row is not None else None
        if row is None:
            row = BillingDispute(stripe_dispute_id=each["id"], account_id=invoice.account_id)
        _fill(row, each, invoice)
        db.session.add(row)
        db.session.flush()
        _record(row, before)


def _fill(row: BillingDispute, dispute: Object, invoice: BillingInvoice) -> None:
    row.stripe_invoice_id = invoice.stripe_invoice_id
    row.stripe_subscription_id = invoice.stripe_subscription_id
    row.amount, row.currency = dispute["amount"], dispute["currency"]
    row.reason, row.status = dispute["reason"], dispute["status"]
    row.created_at = moment(dispute["created"])
    row.due_at = moment_or_none((dispute["evidence_details"] or {}).get("due_by"))
    row.closed_at = None if row.status in OPEN else row.closed_at or now()


def _record(row: BillingDispute, before: str | None) -> None:
    about: dict[str, Any] = {"amount": row.amount, "currency": row.currency, "invoice": row.stripe_invoice_id}
    about |= {"dispute": row.stripe_dispute_id}
    if before is None:
        id = f"payment-disputed:{row.stripe_dispute_id}"
        told = about | {"reason": row.reason}
        log.record(names.PAYMENT_DISPUTED, account_id=row.account_id, properties=told, id=id)
    if row.status not in OPEN and (before is None or before in OPEN):
        id = f"dispute-closed:{row.stripe_dispute_id}:{row.status}"
        told = about | {"outcome": row.status}
        log.record(names.DISPUTE_CLOSED, account_id=row.account_id, properties=told, id=id)


def withhold_access(stripe_subscription_id: str) -> bool:
    """Whether a disputed payment takes the access that a subscription gives: until a later invoice is paid."""
    states = TAKES_ACCESS[current_app.extensions["plg.settings"].dispute_access]
    disputed = select(func.max(BillingInvoice.created_at)).where(
        BillingInvoice.stripe_invoice_id == BillingDispute.stripe_invoice_id,
        BillingDispute.stripe_subscription_id == stripe_subscription_id,
        BillingDispute.status.in_(states),
    )
    taken = db.session.scalar(disputed)
    if taken is None:
        return False
    paid = select(func.max(BillingInvoice.created_at)).where(
        BillingInvoice.stripe_subscription_id == stripe_subscription_id,
        BillingInvoice.status == "paid",
        BillingInvoice.amount_paid > 0,
    )
    return not db.session.scalar(paid.where(BillingInvoice.created_at > taken))


def of_account(account_id: int) -> Sequence[BillingDispute]:
    """The account's disputes, newest first."""
    mine = select(BillingDispute).where(BillingDispute.account_id == account_id)
    return db.session.scalars(mine.order_by(BillingDispute.created_at.desc()).limit(SHOWN)).all()


def open_ones() -> Sequence[BillingDispute]:
    """The disputes that are not decided yet, those first whose evidence is due first."""
    undecided = select(BillingDispute).where(BillingDispute.closed_at.is_(None))
    return db.session.scalars(undecided.order_by(BillingDispute.due_at).limit(SHOWN)).all()
