"""The page on which a workspace chooses its plan, or a member asks for it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug import Response

from plg.accounts import accounts, rights
from plg.billing import cards, charges, checkouts, quotes, subscriptions
from plg.billing.models import BillingSubscription
from plg.kit.caller import Caller, current_caller, requires
from plg.kit.clock import now
from plg.kit.rate_limits import limiter
from plg.kit.texts import current_locale
from plg.offers import answering
from plg.plans.catalogue import Plan, Published, texts
from plg.upgrades import cases, page_offers, requests, trial_payments
from plg.upgrades.endpoints import account_of
from plg.upgrades.models import UpgradeRequest
from plg.upgrades.texts import seats_text
from plg.usage import entitlements, paywall
from plg.usage.entitlements import Entitlements

MOST_LOOKS = 15
ANSWERED = dt.timedelta(days=30)
"""So long a member sees what came of their request."""

bp = Blueprint("upgrades", __name__, url_prefix="/upgrade", template_folder="templates")


@bp.get("")
@requires("person")
def choose() -> str:
    """The default plan and every plan with a price; for who may buy also what members asked for."""
    caller, locale = current_caller(), current_locale()
    account_id = account_of(caller)
    found = entitlements.of_account(account_id, locale)
    running = subscriptions.live_of(account_id)
    may_buy = rights.may(caller.role, "billing.buy")
    return render_template(
        "upgrades/choose.html",
        account=accounts.get(account_id),
        current=texts(found.plan.name, locale, found.plan.key),
        missing=found.by_feature.get(request.args.get("feature", "")),
        offer=_offer(account_id, caller, locale),
        plans=[_shown(plan, found, _paid(account_id, running), locale) for plan in _choices(found.published)],
        may_buy=may_buy,
        pays=running is not None,
        has_subscription=subscriptions.running_of(account_id) is not None,
        **_card(account_id, running),
        asked=requests.open_of(account_id) if may_buy else [],
        case_url=_case_url(account_id) if may_buy else "",
        answered=_answered(account_id, caller),
        sent=_has_asked(account_id, caller),
        buyers=paywall.buyers(account_id),
    )


def _card(account_id: int, running: BillingSubscription | None) -> dict[str, Any]:
    """The stored card, where it is the one that pays or would pay, and what would be charged to it."""
    onward = trial_payments.continuation(account_id) if running is None else None
    pays = running is None or charges.has_paid(running)
    return {
        "card": cards.current_of(account_id) if pays else None,
        "onward": onward,
        "onward_name": texts(onward.plan.name, current_locale(), onward.plan.key) if onward else "",
    }


def _choices(published: Published) -> list[Plan]:
    default = published.default_plan()
    return [*([default] if default.version_id else []), *published.paid_plans()]


def _offer(account_id: int, caller: Caller, locale: str) -> dict[str, Any] | None:
    named, person_id = request.args.get("offer", "")[:60], caller.person_id
    assert person_id is not None
    return page_offers.on_page(named, account_id=account_id, person_id=person_id, locale=locale)


def _case_url(account_id: int) -> str:
    case = cases.open_of(account_id)
    return url_for("upgrade_cases.show", signed=cases.token(case)) if case is not None else ""


def _answered(account_id: int, caller: Caller) -> UpgradeRequest | None:
    """What the reader asked last, where it was answered lately."""
    newest = requests.newest_of(account_id, caller.person_id or 0)
    lately = now() - ANSWERED
    return newest if newest is not None and newest.decided_at and newest.decided_at > lately else None


def _has_asked(account_id: int, caller: Caller) -> bool:
    return any(person.id == caller.person_id for _, person in requests.open_of(account_id))


def _paid(account_id: int, running: BillingSubscription | None) -> tuple[str | None, str | None]:
    """The account's currency, and how often it pays (None: not yet)."""
    return (running.currency, running.interval) if running else (paywall.currency_of(account_id), None)


def _shown(
    plan: Plan, found: Entitlements, paid: tuple[str | None, str | None], locale: str
) -> dict[str, Any]:
    """A plan as the page shows it: what it gives of each feature (None: as much as wanted). paid: the account's
    currency and interval."""
    features = found.published.catalogue.features
    is_current = plan.key == found.plan.key
    currency, interval = paid
    price = (plan.price(currency, interval) if is_current else None) or plan.price(currency)
    return {
        "key": plan.key,
        "name": texts(plan.name, locale, plan.key),
        "description": texts(plan.description, locale, ""),
        "price": price,
        "seats": seats_text(further, locale) if price and (further := plan.seat_price(price)) else "",
        "other_prices": [
            one for one in plan.prices if price and one != price and one.currency == price.currency
        ],
        "is_current": is_current,
        "features": [
            {
                "name": texts(f.name, locale, key),
                "type": f.type,
                "limit": plan.limit(key),
                "per": f.per if f.type == "metered" else "",
            }
            for key, f in features.items()
        ],
    }


@bp.post("/checkout")
@requires("person")
def checkout() -> Response:
    caller = current_caller()
    account_id = account_of(caller)
    assert caller.person_id is not None
    rights.require(account_id, caller.person_id, "billing.buy")
    if subscriptions.live_of(account_id) is not None:
        return _quote(account_id, caller.person_id)
    base = current_app.extensions["plg.settings"].public_url
    url = checkouts.open_for(
        account_id,
        request.form.get("plan", ""),
        by=caller.person_id,
        success_url=base + url_for("workspace.home", paid=1),
        cancel_url=base + url_for("upgrades.choose"),
        interval=request.form.get("interval") or None,
        code=page_offers.code_of(request.form.get("offer", "")[:60], account_id=account_id),
    )
    return redirect(url, 303)


def _quote(account_id: int, person_id: int) -> Response:
    """Who pays already sees what the change costs before agreeing to it."""
    form = request.form
    made = quotes.make(account_id, form.get("plan", ""), interval=form.get("interval") or None, by=person_id)
    return redirect(url_for("changes.show", public_id=made.public_id), 303)


@bp.post("/card")
@requires("person")
def store_card() -> Response:
    """Lead to the page that stores a card. `back=workspace`: afterwards to the workspace, else to the plans."""
    caller = current_caller()
    account_id = account_of(caller)
    rights.require(account_id, caller.person_id, "billing.buy")
    back = request.form.get("back", "")
    base = current_app.extensions["plg.settings"].public_url
    url = checkouts.open_setup(
        account_id,
        by=caller.person_id,
        success_url=base + url_for("upgrades.card_stored", back=back),
        cancel_url=base + _way_back(back),
    )
    return redirect(url, 303)


@bp.get("/card")
@requires("person")
def card_stored() -> str | Response:
    """Back from storing a card: wait until plg was told, then on. The page looks again by itself a few times."""
    account_id, back = account_of(current_caller()), request.args.get("back", "")
    looks = request.args.get("looks", 0, type=int)
    if looks >= MOST_LOOKS or not trial_payments.waits_for_card(account_id):
        return redirect(_way_back(back), 303)
    again = url_for("upgrades.card_stored", back=back, looks=max(looks, 0) + 1)
    return render_template("upgrades/card_stored.html", look_again_url=again)


def _way_back(back: str) -> str:
    return url_for("workspace.home" if back == "workspace" else "upgrades.choose")


@bp.post("/offers/<public_id>/take")
@requires("person")
def take_offer(public_id: str) -> Response:
    """Days of the trial that an offer gives, once."""
    caller = current_caller()
    account_id = account_of(caller)
    assert caller.person_id is not None
    rights.require(account_id, caller.person_id, "workspace.see")
    answering.take(public_id, account_id=account_id, person_id=caller.person_id)
    flash(gettext("Your trial is longer now."), "ok")
    return redirect(url_for("upgrades.choose"), 303)


@bp.post("/requests")
@requires("person")
@limiter.limit("20/hour")
def ask() -> Response:
    caller = current_caller()
    account_id = account_of(caller)
    assert caller.person_id is not None
    rights.require(account_id, caller.person_id, "upgrade.ask")
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
    rights.require(account_id, caller.person_id, "billing.buy")
    answer = request.form.get("answer", "")
    requests.decline(public_id, account_id=account_id, answer=answer, by=caller.person_id)
    flash(gettext("Declined. The answer was sent."), "ok")
    return redirect(url_for("upgrades.choose"), 303)
