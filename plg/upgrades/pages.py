"""The page on which a workspace chooses its plan, or a member asks for it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug import Response

from plg.accounts import accounts, memberships
from plg.accounts.models import ROLES
from plg.billing import checkouts, subscriptions
from plg.kit.caller import Caller, current_caller, requires
from plg.kit.rate_limits import limiter
from plg.kit.texts import current_locale
from plg.plans.catalogue import Plan, Published, texts
from plg.upgrades import requests
from plg.upgrades.endpoints import account_of
from plg.usage import entitlements
from plg.usage.entitlements import Entitlements

bp = Blueprint("upgrades", __name__, url_prefix="/upgrade", template_folder="templates")


@bp.get("")
@requires("person")
def choose() -> str:
    """The default plan and every plan with a price; for who may buy also what members asked for."""
    caller, locale = current_caller(), current_locale()
    account_id = account_of(caller)
    found = entitlements.of_account(account_id, locale)
    running = subscriptions.live_of(account_id)
    interval = running.interval if running else None
    may_buy = caller.role in memberships.MAY_BUY
    return render_template(
        "upgrades/choose.html",
        account=accounts.get(account_id),
        current=texts(found.plan.name, locale, found.plan.key),
        missing=found.by_feature.get(request.args.get("feature", "")),
        plans=[_shown(plan, found, interval, locale) for plan in _choices(found.published)],
        may_buy=may_buy,
        pays=running is not None,
        asked=requests.open_of(account_id) if may_buy else [],
        sent=_has_asked(account_id, caller),
        buyers=entitlements.buyers(account_id),
    )


def _choices(published: Published) -> list[Plan]:
    default = published.default_plan()
    return [*([default] if default.version_id else []), *published.paid_plans()]


def _has_asked(account_id: int, caller: Caller) -> bool:
    return any(person.id == caller.person_id for _, person in requests.open_of(account_id))


def _shown(plan: Plan, found: Entitlements, interval: str | None, locale: str) -> dict[str, Any]:
    """A plan as the page shows it: what it gives of each feature (None: as much as wanted). interval: how often
    the account pays."""
    features = found.published.catalogue.features
    is_current = plan.key == found.plan.key
    paid = [one for one in plan.prices if is_current and one.interval == interval]
    price = next(iter([*paid, *plan.prices]), None)
    return {
        "key": plan.key,
        "name": texts(plan.name, locale, plan.key),
        "description": texts(plan.description, locale, ""),
        "price": price,
        "other_prices": [
            one for one in plan.prices if price and one != price and one.currency == price.currency
        ],
        "is_current": is_current,
        "features": [
            {"name": texts(f.name, locale, key), "type": f.type, "limit": plan.limit(key)}
            for key, f in features.items()
        ],
    }


@bp.post("/checkout")
@requires("person")
def checkout() -> Response:
    caller = current_caller()
    account_id = account_of(caller)
    assert caller.person_id is not None
    memberships.require(account_id, caller.person_id, memberships.MAY_BUY)
    base = current_app.extensions["plg.settings"].public_url
    url = checkouts.open_for(
        account_id,
        request.form.get("plan", ""),
        by=caller.person_id,
        success_url=base + url_for("workspace.home", paid=1),
        cancel_url=base + url_for("upgrades.choose"),
        interval=request.form.get("interval") or None,
    )
    return redirect(url, 303)


@bp.post("/requests")
@requires("person")
@limiter.limit("20/hour")
def ask() -> Response:
    caller = current_caller()
    account_id = account_of(caller)
    assert caller.person_id is not None
    memberships.require(account_id, caller.person_id, ROLES)
    form = request.form
    requests.send(
        account_id, feature=form.get("feature", "")[:50], note=form.get("note", ""), by=caller.person_id
    )
    return redirect(url_for("upgrades.choose"), 303)


@bp.post("/requests/<public_id>/decline")
@requires("person")
def decline(public_id: str) -> Response:
    caller = current_caller()
    account_id = account_of(caller)
    assert caller.person_id is not None
    memberships.require(account_id, caller.person_id, memberships.MAY_BUY)
    answer = request.form.get("answer", "")
    requests.decline(public_id, account_id=account_id, answer=answer, by=caller.person_id)
    flash(gettext("Declined. The answer was sent."), "ok")
    return redirect(url_for("upgrades.choose"), 303)
