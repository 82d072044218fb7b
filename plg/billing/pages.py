"""The pages on which a workspace looks after what it pays for: see it, change it, pause it, leave, come back."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug import Response

from plg.accounts import accounts, rights
from plg.billing import (
    changes,
    disputes,
    invoices,
    leaving,
    pauses,
    prices,
    quotes,
    subscriptions,
)
from plg.billing.add_ons import shelf
from plg.billing.endpoints import NoWorkspace
from plg.billing.models import BillingSubscription
from plg.kit.caller import current_caller, requires
from plg.kit.errors import Unprocessable
from plg.kit.texts import current_locale
from plg.plans import catalogue

bp = Blueprint("subscription", __name__, url_prefix="/workspace/subscription", template_folder="templates")


class UnknownReason(Unprocessable):
    """The reason is none of those on the page."""


def may_manage() -> tuple[int, int]:
    """The account and the person that asks, if they may look after its billing."""
    caller = current_caller()
    if caller.account_id is None or caller.person_id is None:
        raise NoWorkspace("You belong to no workspace.")
    rights.require(caller.account_id, caller.person_id, "billing.manage")
    return caller.account_id, caller.person_id


def _home() -> Response:
    return redirect(url_for("subscription.show"), 303)


@bp.get("")
@requires("person")
def show() -> str:
    account_id, _ = may_manage()
    running, disputed = subscriptions.running_of(account_id), disputes.of_account(account_id)
    return render_template(
        "billing/subscription.html",
        account=accounts.get(account_id),
        running=running,
        plan=_name(running.plan_version_id) if running else "",
        plan_key=subscriptions.plan_of(running).key if running else "",
        next_plan=_next_plan(running),
        invoices=invoices.of_account(account_id),
        disputed={row.stripe_invoice_id for row in disputed if row.closed_at is None},
        lost=any(row.status in disputes.LOST for row in disputed),
        sells_seats=running is not None and _sells_seats(running),
        is_pausable=running is not None and pauses.is_pausable(running),
        add_ons=shelf.of(running) if running is not None else [],
        text=lambda names, key: catalogue.texts(names, current_locale(), key),
    )


def _name(plan_version_id: int) -> str:
    plan = catalogue.plan_version(plan_version_id)
    return catalogue.texts(plan.name, current_locale(), plan.key)


def _sells_seats(running: BillingSubscription) -> bool:
    """Whether several are paid for, or one more seat has a price."""
    return running.quantity > 1 or subscriptions.plan_of(running).sells_seats


def _next_plan(running: BillingSubscription | None) -> str:
    version = prices.version_of_id(running.next_stripe_price_id or "") if running else None
    return _name(version) if version else ""


@bp.post("/changes")
@requires("person")
def ask_price() -> Response:
    """What another plan, interval or number of seats costs; the page that follows shows it."""
    account_id, person_id = may_manage()
    plan, interval = request.form.get("plan", ""), request.form.get("interval") or None
    seats = request.form.get("seats", type=int)
    if seats is not None and not 1 <= seats <= quotes.MOST_SEATS:
        seats = None
    made = quotes.make(account_id, plan, interval=interval, quantity=seats, by=person_id)
    return redirect(url_for("changes.show", public_id=made.public_id), 303)


@bp.post("/planned/withdraw")
@requires("person")
def withdraw() -> Response:
    account_id, _ = may_manage()
    changes.withdraw_planned(account_id)
    flash(gettext("You stay on your plan."), "ok")
    return _home()


@bp.get("/cancel")
@requires("person")
def ask_why() -> str:
    account_id, _ = may_manage()
    running = subscriptions.running_of(account_id)
    return render_template("billing/cancel.html", account=accounts.get(account_id), running=running)


@bp.post("/cancel")
@requires("person")
def cancel() -> Response | str:
    """Cancel; on the first try, an offer that fits the reason is shown instead, if there is one."""
    account_id, person_id = may_manage()
    reason, comment = _reason(), request.form.get("comment", "")
    if "sure" not in request.form:
        offer = leaving.show_offer(account_id, reason, by=person_id)
        if offer is not None:
            return _offer_page(account_id, reason, comment, offer)
    leaving.cancel(account_id, reason=reason, comment=comment, by=person_id)
    flash(gettext("Your subscription ends with the period that you have paid."), "ok")
    return _home()


def _reason() -> str:
    reason = request.form.get("reason", "")
    if reason not in leaving.BY_CAUSE:
        raise UnknownReason("Choose one of the reasons.")
    return reason


def _offer_page(account_id: int, reason: str, comment: str, offer: leaving.SaveOffer) -> str:
    plan = catalogue.texts(offer.plan.name, current_locale(), offer.plan.key) if offer.plan else ""
    shown: dict[str, Any] = {"reason": reason, "comment": comment, "offer": offer, "plan": plan}
    return render_template("billing/offer.html", account=accounts.get(account_id), **shown)


@bp.post("/offer")
@requires("person")
def accept_offer() -> Response:
    account_id, person_id = may_manage()
    leaving.accept(account_id, _reason(), request.form.get("offer", ""), by=person_id)
    flash(gettext("Good that you stay. It is done."), "ok")
    return _home()


@bp.post("/stay")
@requires("person")
def stay() -> Response:
    account_id, _ = may_manage()
    leaving.stay(account_id)
    flash(gettext("Your subscription goes on."), "ok")
    return _home()


@bp.post("/pause")
@requires("person")
def pause() -> Response:
    account_id, _ = may_manage()
    months = request.form.get("months", 1, type=int)
    pauses.pause(account_id, min(max(months, 1), pauses.MOST_MONTHS))
    flash(gettext("Your subscription is paused."), "ok")
    return _home()


@bp.post("/resume")
@requires("person")
def resume() -> Response:
    account_id, _ = may_manage()
    pauses.resume(account_id)
    flash(gettext("Your subscription goes on."), "ok")
    return _home()
