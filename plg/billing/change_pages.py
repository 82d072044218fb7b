"""The page of a change and its price: of the plan, its rhythm, its seats, or of an add-on. It is agreed to there."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, url_for
from flask_babel import gettext
from werkzeug import Response

from plg.accounts import accounts
from plg.billing import bank, changes, portal, quotes, subscriptions
from plg.billing.add_ons import shelf
from plg.billing.models import PlanChange
from plg.billing.pages import may_manage
from plg.billing.refusals import TO_CONFIRM, CardRefused
from plg.kit.caller import requires
from plg.kit.texts import current_locale
from plg.plans import catalogue

bp = Blueprint("changes", __name__, url_prefix="/workspace/subscription/changes", template_folder="templates")


@bp.get("/<public_id>")
@requires("person")
def show(public_id: str) -> str:
    account_id, _ = may_manage()
    return _page(quotes.find(public_id, account_id=account_id))


def _page(change: PlanChange, refused: str | None = None) -> str:
    running = subscriptions.running_of(change.account_id)
    return render_template(
        "billing/change.html",
        account=accounts.get(change.account_id),
        change=change,
        running=running,
        name=_name_of_add_on(change) if change.add_on else _name_of_plan(change.plan_version_id),
        now_on=_name_of_plan(running.plan_version_id) if running else "",
        refused=refused,
        to_confirm=refused in TO_CONFIRM,
        home=_home_of(change),
    )


def _name_of_plan(plan_version_id: int) -> str:
    plan = catalogue.plan_version(plan_version_id)
    return catalogue.texts(plan.name, current_locale(), plan.key)


def _name_of_add_on(change: PlanChange) -> str:
    key, running = change.add_on or "", subscriptions.running_of(change.account_id)
    names: dict[str, Any] = {each.key: each.name for each in shelf.of(running)}
    return catalogue.texts(names.get(key, {}), current_locale(), key)


def _home_of(change: PlanChange) -> str:
    return url_for("add_ons.show" if change.add_on else "subscription.show")


@bp.post("/<public_id>")
@requires("person")
def agree(public_id: str) -> Response | tuple[str, int]:
    account_id, person_id = may_manage()
    try:
        change = changes.confirm(public_id, account_id=account_id, by=person_id)
    except CardRefused as refused:
        change = quotes.find(public_id, account_id=account_id)
        return _page(change, refused.reason or "card_declined"), 402
    flash(_done(change), "ok")
    return redirect(_home_of(change), 303)


def _done(change: PlanChange) -> str:
    if change.takes_effect != quotes.NOW:
        later = gettext("Your plan changes with the period's end.")
        return gettext("It changes with the period's end.") if change.add_on else later
    return gettext("Your add-ons have changed.") if change.add_on else gettext("Your plan has changed.")


@bp.post("/<public_id>/bank")
@requires("person")
def confirm_with_bank(public_id: str) -> Response:
    """Lead to Stripe's page, where the owner of a card can confirm the payment."""
    account_id, person_id = may_manage()
    change = quotes.find(public_id, account_id=account_id)
    running = quotes.changeable(account_id)
    if change.add_on or subscriptions.has_several_items(running):  # Stripe's portal changes one item alone
        url = bank.ask(public_id, account_id=account_id)
        if url is None:
            flash(_done(change), "ok")
        return redirect(url or _home_of(change), 303)
    back = current_app.extensions["plg.settings"].public_url + url_for("subscription.show")
    url = portal.confirm_change(
        running, change.stripe_price_id, return_url=back, by=person_id, quantity=change.quantity
    )
    return redirect(url, 303)
