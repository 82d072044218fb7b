"""Facturo's pages. Each act does its work first and then tells plg what happened."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from werkzeug import Response

from . import accounting, forms
from .texts import text

pages = Blueprint("pages", __name__)


def say(key: str, **values: object) -> None:
    """Show a sentence on the next page."""
    flash(text(g.locale, key, **values))


@pages.get("/")
def dashboard() -> str:
    invoices = g.store.invoices(g.user.account_id)
    totals = {
        status: sum(i["amount"] for i in invoices if i["status"] == status) for status in ("sent", "paid")
    }
    drafts = sum(i["status"] == "draft" for i in invoices)
    return render_template("dashboard.html", invoices=invoices[:5], totals=totals, drafts=drafts)


@pages.route("/company", methods=["GET", "POST"])
def company() -> Any:
    if request.method == "GET":
        return render_template("company.html", values=g.store.company(g.user.account_id) or {}, faults={})
    values, faults = forms.read(request.form, tax_id=forms.words, address=forms.words)
    if faults:
        return render_template("company.html", values=request.form, faults=faults), 422
    g.store.describe_company(g.user.account_id, **values)
    g.growth.set_up(g.user, "Company Details Added")
    say("saved")
    return redirect(url_for("pages.dashboard"))


@pages.get("/customers")
def customers() -> str:
    return render_template("customers.html", customers=g.store.customers(g.user.account_id))


@pages.route("/customers/new", methods=["GET", "POST"])
def new_customer() -> Any:
    if request.method == "GET":
        return render_template("new_customer.html", values={}, faults={})
    values, faults = forms.read(request.form, name=forms.words, email=forms.email)
    if faults:
        return render_template("new_customer.html", values=request.form, faults=faults), 422
    customer = g.store.add_customer(g.user.account_id, **values)
    g.growth.set_up(g.user, "Customer Created", {"customer_id": customer})
    say("saved")
    return redirect(url_for("pages.customers"))


@pages.get("/invoices")
def invoices() -> str:
    return render_template("invoices.html", invoices=g.store.invoices(g.user.account_id))


@pages.route("/invoices/new", methods=["GET", "POST"])
def new_invoice() -> Any:
    shown = {"customers": g.store.customers(g.user.account_id)}
    if request.method == "GET":
        return render_template("new_invoice.html", **shown, values={}, faults={})
    values, faults = forms.read(
        request.form, customer_id=forms.number, concept=forms.words, amount=forms.amount
    )
    number = None if faults else g.store.draft_invoice(g.user.account_id, **values)
    if number is None:
        faults = faults or {"customer_id": "fault_customer"}
        return render_template("new_invoice.html", **shown, values=request.form, faults=faults), 422
    return redirect(url_for("pages.invoice", number=number))


@pages.get("/invoices/<int:number>")
def invoice(number: int) -> str:
    found = g.store.invoice(g.user.account_id, number) or abort(404)
    return render_template("invoice.html", invoice=found)


@pages.post("/invoices/<int:number>/send")
def send_invoice(number: int) -> Any:
    found = g.store.invoice(g.user.account_id, number) or abort(404)
    if not g.growth.check(g.user, "invoices", g.locale)["allowed"]:
        return redirect(url_for("pages.paywall", number=number))
    if g.store.mark_sent(g.user.account_id, number):
        g.growth.invoiced(
            g.user, "Invoice Sent", {"invoice": number, "amount": found["amount"], "currency": "usd"}
        )
        say("sent", number=number)
    return redirect(url_for("pages.invoice", number=number))


@pages.get("/invoices/<int:number>/plan")
def paywall(number: int) -> Any:
    """Why this invoice cannot be sent, and what can be done; one comes back here from the checkout."""
    found = g.store.invoice(g.user.account_id, number) or abort(404)
    answer = g.growth.check(g.user, "invoices", g.locale)
    if answer["allowed"]:
        say("fits")
        return redirect(url_for("pages.invoice", number=number))
    return render_template("paywall.html", invoice=found, answer=answer), 402


@pages.post("/invoices/export")
def export() -> Any:
    """All invoices for the accountant, where the plan includes that."""
    if not g.growth.check(g.user, "export", g.locale)["allowed"]:
        g.growth.refused(g.user, "export")
        return redirect(url_for("pages.export_paywall"))
    written = accounting.csv_of(g.store.invoices(g.user.account_id))
    return Response(
        written, mimetype="text/csv", headers={"Content-Disposition": 'attachment; filename="facturo.csv"'}
    )


@pages.get("/invoices/export/plan")
def export_paywall() -> Any:
    """Why the invoices cannot be exported, and what can be done."""
    answer = g.growth.check(g.user, "export", g.locale)
    if answer["allowed"]:
        say("export_fits")
        return redirect(url_for("pages.invoices"))
    return render_template("export_paywall.html", answer=answer), 402


@pages.post("/invoices/<int:number>/payment")
def record_payment(number: int) -> Response:
    found = g.store.invoice(g.user.account_id, number) or abort(404)
    if g.store.mark_paid(g.user.account_id, number):
        paid = {"invoice": number, "amount": found["amount"], "currency": "usd"}
        g.growth.invoiced(g.user, "Payment Recorded", paid)
        say("paid", number=number)
    return redirect(url_for("pages.invoice", number=number))


@pages.route("/team", methods=["GET", "POST"])
def team() -> Any:
    shown = {"team": g.store.users(g.user.account_id)}
    if request.method == "GET":
        return render_template("team.html", **shown, values={}, faults={})
    values, faults = forms.read(request.form, name=forms.words, email=forms.email)
    if faults:
        return render_template("team.html", **shown, values=request.form, faults=faults), 422
    g.store.invite(g.user, **values)
    g.growth.set_up(g.user, "Invite Sent", {"invitee_email": values["email"], "role": "member"})
    say("invited", name=values["name"])
    return redirect(url_for("pages.team"))
