"""Staff pages about money that came in: an account's invoices, giving it back, and disputes."""

from __future__ import annotations

from collections.abc import Collection

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext, lazy_gettext
from sqlalchemy import select
from werkzeug import Response

from plg.access.models import StaffMember
from plg.accounts import accounts
from plg.accounts.accounts import AccountNotFound
from plg.accounts.models import Account
from plg.billing import disputes, invoices, refunds, subscriptions
from plg.billing.models import BillingInvoice
from plg.billing.refusals import PaymentRequestRefused, PaymentsUnavailable
from plg.kit.caller import current_caller, requires
from plg.kit.db import db
from plg.kit.ids import new_id
from plg.plans.catalogue import texts
from plg.upgrades.texts import money_text
from plg.web.amounts import minor_units
from plg.web.i18n import current_locale
from plg.web.pages import checks

bp = Blueprint("staff_payments", __name__, url_prefix="/staff/payments")

REASONS = {
    "order_change": lazy_gettext("A change of order"),
    "product_unsatisfactory": lazy_gettext("It did not work as it should"),
    "duplicate": lazy_gettext("It was paid twice"),
    "fraudulent": lazy_gettext("The owner of the card had not agreed"),
}
DISPUTE_REASONS = {
    "fraudulent": lazy_gettext("They did not pay this, they say"),
    "unrecognized": lazy_gettext("They do not recognise it"),
    "duplicate": lazy_gettext("It was paid twice"),
    "subscription_canceled": lazy_gettext("They had cancelled"),
    "product_not_received": lazy_gettext("They got nothing"),
    "product_unacceptable": lazy_gettext("It did not work as it should"),
    "credit_not_processed": lazy_gettext("Money was promised back and did not come"),
    "general": lazy_gettext("No reason given"),
}
"""Stripe's word -> what the cardholder told their bank; other words are shown as they are."""

Page = str | tuple[str, int] | Response


@bp.get("")
@requires("staff")
def index() -> Page:
    wanted = request.args.get("q", "").strip()
    if wanted:
        try:
            return redirect(url_for("staff_payments.show", public_id=accounts.find(wanted).public_id))
        except AccountNotFound:
            pass
    found = disputes.open_ones()
    known = select(Account).where(Account.id.in_({row.account_id for row in found}))
    theirs = {account.id: account for account in db.session.scalars(known)}
    shown = {"disputes": found, "accounts": theirs, "dispute_reasons": DISPUTE_REASONS}
    return render_template("pages/staff_payments.html", q=wanted, **shown)


@bp.get("/<public_id>")
@requires("staff")
def show(public_id: str) -> str:
    return _page(accounts.find(public_id), {})


def _page(account: Account, errors: dict[str, str]) -> str:
    running, rows = subscriptions.running_of(account.id), invoices.of_account(account.id)
    given = refunds.of_account(account.id)
    plan = subscriptions.plan_of(running) if running else None
    left = {row.stripe_invoice_id: refunds.refundable(row) for row in rows}
    return render_template(
        "pages/staff_payment.html",
        account=account,
        running=running,
        plan=texts(plan.name, current_locale(), plan.key) if plan else "",
        invoices=rows,
        left=left,
        choices=[(id, _words(row, left[id])) for row in rows if left[id := row.stripe_invoice_id] > 0],
        numbers={row.stripe_invoice_id: row.number for row in rows},
        refunds=given,
        makers=_makers({row.made_by for row in given}),
        disputes=disputes.of_account(account.id),
        reasons=REASONS,
        dispute_reasons=DISPUTE_REASONS,
        errors=errors,
        typed=request.form,
        form=request.form.get("form") or new_id("rfd"),
    )


def _words(row: BillingInvoice, left: int) -> str:
    return f"{row.number or row.stripe_invoice_id} · {money_text(left, row.currency, current_locale())}"


def _makers(actors: Collection[str]) -> dict[str, str]:
    """The names of those among these actors that are of the staff."""
    query = select(StaffMember.id, StaffMember.name, StaffMember.email)
    mine = query.where(StaffMember.id.in_([int(each[6:]) for each in actors if each.startswith("staff:")]))
    return {f"staff:{id}": name or email for id, name, email in db.session.execute(mine)}


@bp.post("/<public_id>/refunds")
@requires("staff")
def give_back(public_id: str) -> Page:
    account, invoice_id = accounts.find(public_id), checks.typed("invoice")
    row = db.session.scalar(
        select(BillingInvoice).where(
            BillingInvoice.stripe_invoice_id == invoice_id, BillingInvoice.account_id == account.id
        )
    )
    amount = minor_units(checks.typed("amount"), row.currency if row else "usd")
    errors = checks.faults(
        invoice="" if row else gettext("Choose an invoice."),
        amount="" if amount != 0 else gettext("Enter an amount such as 12.50, or nothing for all of it."),
        reason="" if checks.typed("reason") in REASONS else gettext("Choose a reason."),
        note="" if checks.typed("note") else gettext("Write why: it is kept with what is given."),
    )
    return (_page(account, errors), 422) if errors else _given(account, invoice_id, amount)


def _given(account: Account, invoice_id: str, amount: int | None) -> Page:
    about = {"reason": checks.typed("reason"), "note": checks.typed("note"), "by": current_caller().actor}
    form = checks.typed("form")
    id, name = account.id, account.public_id
    try:
        refunds.give(
            invoice_id,
            account_id=id,
            amount=amount,
            public_id=form if form.startswith("rfd_") and len(form) <= 40 else None,
            **about,
        )
    except (refunds.RefundTooLarge, refunds.NothingToRefund):
        return _page(account, {"amount": gettext("That is more than what is left of this invoice.")}), 422
    except PaymentRequestRefused as refused:
        return _page(account, {"invoice": gettext("Stripe refused it: %(why)s", why=refused.detail)}), 422
    except PaymentsUnavailable:
        flash(gettext("Stripe does not answer. It is given back as soon as it does."), "warn")
    else:
        flash(gettext("Given back. The bank takes some days to show it."), "ok")
    return redirect(url_for("staff_payments.show", public_id=name), 303)
