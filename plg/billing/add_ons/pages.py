"""The pages on which a workspace buys add-ons, changes how many it has, and gives them up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug import Response

from plg.accounts import accounts
from plg.billing import changes, subscriptions
from plg.billing.add_ons import quotes, shelf
from plg.billing.models import BillingSubscription
from plg.billing.pages import may_manage
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
    return redirect(url_for("changes.show", public_id=made.public_id), 303)


def _shelf(account_id: int) -> list[shelf.Offered]:
    return shelf.of(subscriptions.running_of(account_id))


@bp.post("/keep")
@requires("person")
def keep() -> Response:
    """Keep what was to be given up with the period's end."""
    account_id, _ = may_manage()
    changes.withdraw_planned(account_id)
    flash(gettext("Your add-ons stay as they are."), "ok")
    return redirect(url_for("add_ons.show"), 303)
