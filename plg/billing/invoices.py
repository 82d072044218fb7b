"""Invoices: a mirror of Stripe's, newest first; the log hears of each that is paid."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from plg.billing.gateway import Object
from plg.billing.models import BillingInvoice, BillingSubscription
from plg.billing.standing import moment
from plg.events import log, names
from plg.kit.db import db
from plg.plans import catalogue

SHOWN = 24


def keep(subscription: BillingSubscription, found: Sequence[Object]) -> None:
    """Mirror the invoices of a subscription as they are at Stripe now. Does not commit.

    Keeping the same state twice does nothing the second time. Call with the account held."""
    ids = [each["id"] for each in found]
    mine = select(BillingInvoice).where(BillingInvoice.stripe_invoice_id.in_(ids))
    known = {
        row.stripe_invoice_id: row
        for row in db.session.scalars(mine.execution_options(populate_existing=True))
    }
    for invoice in found:
        row = known.get(invoice["id"]) or BillingInvoice(stripe_invoice_id=invoice["id"])
        was_paid = row.status == "paid"
        _fill(row, invoice, subscription)
        db.session.add(row)
        if row.status == "paid" and not was_paid and row.total > 0:
            _record_paid(row, subscription)
    db.session.flush()


def is_known(stripe_invoice_id: str) -> bool:
    """Whether an invoice of Stripe's is mirrored here."""
    mine = select(BillingInvoice.id).where(BillingInvoice.stripe_invoice_id == stripe_invoice_id)
    return db.session.scalar(mine) is not None


def subscription_of(invoice: Object) -> str | None:
    """The id of the subscription that an invoice is for, if it is for one."""
    details = (invoice.get("parent") or {}).get("subscription_details") or {}
    subscription: str | None = details.get("subscription")
    return subscription


def _fill(row: BillingInvoice, invoice: Object, subscription: BillingSubscription) -> None:
    row.account_id = subscription.account_id
    row.stripe_subscription_id = subscription.stripe_subscription_id
    row.number, row.status, row.currency = invoice["number"], invoice["status"], invoice["currency"]
    row.total, row.amount_due = invoice["total"], invoice["amount_due"]
    row.amount_paid = invoice["amount_paid"]
    row.url, row.created_at = invoice["hosted_invoice_url"], moment(invoice["created"])


def _record_paid(row: BillingInvoice, subscription: BillingSubscription) -> None:
    plan = catalogue.plan_version(subscription.plan_version_id)
    properties = {"plan": plan.key, "amount": row.amount_paid, "currency": row.currency}
    properties |= {"invoice": row.stripe_invoice_id, "subscription": row.stripe_subscription_id}
    id = f"invoice-paid:{row.stripe_invoice_id}"
    log.record(names.INVOICE_PAID, account_id=row.account_id, properties=properties, id=id)


def of_account(account_id: int) -> Sequence[BillingInvoice]:
    """The account's newest invoices."""
    mine = select(BillingInvoice).where(BillingInvoice.account_id == account_id)
    newest = mine.order_by(BillingInvoice.created_at.desc(), BillingInvoice.id.desc())
    return db.session.scalars(newest.limit(SHOWN)).all()
