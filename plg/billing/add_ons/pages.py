"""The pages on which a workspace buys add-ons, changes how many it has, and gives them up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug import Response

from plg.accounts import accounts
from plg.billing import bank, changes, subscriptions
from plg.billing import quotes as plan_quotes
from plg.billing.add_ons import quotes, shelf
from plg.billing.models import BillingSubscription, PlanChange
from plg.billing.pages import may_manage
from plg.billing.refusals import TO_CONFIRM, CardRefused
from plg.kit.caller import requires
from plg.kit.texts import current_locale
from plg.plans import catalogue

bp = Blueprint("add_ons", __name__, url_prefix="/workspace/subscription/add-ons", template_folder="templates")


@bp.get("")
@requires("person")
def show() -> str:
    account_id, _ = may_manage()
    return _page(account_id)


def _page(account_id: int, faulty: str | None = None) -> str:
    running = subscriptions.running_of(account_id)
    return render_template(
        "billing/add_ons.html",
        account=accounts.get(account_id),
        running=running,
        may_buy=_may_buy(running),
        add_ons=shelf.of(running),
        feature_names=_feature_names(),
        text=_text,
        faulty=faulty,
        most=quotes.MOST,
    )


def _may_buy(running: BillingSubscription | None) -> bool:
    """Whether anything of it can be changed as it stands."""
    return (
        running is not None
        and running.status in ("trialing", "active")
        and running.paused_from is None
        and running.cancel_at is None
        and running.next_at is None
    )


def _text(names: Mapping[Any, str], key: str) -> str:
    return catalogue.texts(names, current_locale(), key)


def _feature_names() -> dict[str, str]:
    return {key: _text(feature.name, key) for key, feature in catalogue.live().features.items()}


@bp.post("")
@requires("person")
def ask_price() -> Response | tuple[str, int]:
    """What so many of an add-on cost; the page that follows shows it."""
    account_id, person_id = may_manage()
    key = request.form.get("add_on", "")
    quantity = request.form.get(f"quantity-{key}", type=int)
    held = next((each.quantity for each in _shelf(account_id) if each.key == key), 0)
    if quantity is None or not 0 <= quantity <= quotes.MOST or quantity == held:
        return _page(account_id, faulty=key), 422
    made = quotes.make(account_id, key, quantity, by=person_id)
    return redirect(url_for("add_ons.show_change", public_id=made.public_id), 303)


def _shelf(account_id: int) -> list[shelf.Offered]:
    return shelf.of(subscriptions.running_of(account_id))


@bp.get("/changes/<public_id>")
@requires("person")
def show_change(public_id: str) -> str:
    account_id, _ = may_manage()
    return _change_page(quotes.find(public_id, account_id=account_id))


def _change_page(change: PlanChange, refused: str | None = None) -> str:
    names = {each.key: each.name for each in _shelf(change.account_id)}
    key = change.add_on or ""
    return render_template(
        "billing/add_on_change.html",
        account=accounts.get(change.account_id),
        change=change,
        name=_text(names.get(key, {}), key),
        refused=refused,
        to_confirm=refused in TO_CONFIRM,
    )


@bp.post("/changes/<public_id>")
@requires("person")
def agree(public_id: str) -> Response | tuple[str, int]:
    account_id, person_id = may_manage()
    quotes.find(public_id, account_id=account_id)
    try:
        change = changes.confirm(public_id, account_id=account_id, by=person_id)
    except CardRefused as refused:
        change = quotes.find(public_id, account_id=account_id)
        return _change_page(change, refused.reason or "card_declined"), 402
    is_now = change.takes_effect == plan_quotes.NOW
    flash(
        gettext("Your add-ons have changed.") if is_now else gettext("It changes with the period's end."),
        "ok",
    )
    return redirect(url_for("add_ons.show"), 303)


@bp.post("/changes/<public_id>/bank")
@requires("person")
def confirm_with_bank(public_id: str) -> Response:
    """Lead to Stripe's page, where the owner of a card can confirm the payment."""
    account_id, _ = may_manage()
    quotes.find(public_id, account_id=account_id)
    url = bank.ask(public_id, account_id=account_id)
    if url is None:
        flash(gettext("Your add-ons have changed."), "ok")
    return redirect(url or url_for("add_ons.show"), 303)


@bp.post("/keep")
@requires("person")
def keep() -> Response:
    """Keep what was to be given up with the period's end."""
    account_id, _ = may_manage()
    changes.withdraw_planned(account_id)
    flash(gettext("Your add-ons stay as they are."), "ok")
    return redirect(url_for("add_ons.show"), 303)
