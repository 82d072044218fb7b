"""The page on which who may buy answers what members ask: one click to the checkout, or a no with its reason."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug import Response

from plg.accounts import accounts, rights
from plg.billing import checkouts, quotes, subscriptions
from plg.kit.caller import current_caller, requires
from plg.kit.texts import current_locale
from plg.kit.wing import Learning
from plg.people.models import Person
from plg.plans import catalogue
from plg.plans.catalogue import texts
from plg.plans.schemas import Price
from plg.upgrades import cases, requests
from plg.upgrades.cases import CaseNotFound
from plg.upgrades.models import UpgradeCase, UpgradeRequest
from plg.upgrades.texts import usage_text
from plg.usage import entitlements
from plg.usage.entitlements import Entitlements

bp = Blueprint("upgrade_cases", __name__, url_prefix="/upgrade/asked", template_folder="templates")


@bp.get("/<signed>")
@requires("person")
def show(signed: str) -> str | tuple[str, int]:
    try:
        case = cases.find(signed)
    except CaseNotFound:
        return render_template("upgrades/case_over.html"), 404
    _may_answer(case)
    found = entitlements.of_account(case.account_id, current_locale())
    asked = requests.of_case(case)
    proofs = _certificates([person.id for _, person in asked])
    return render_template(
        "upgrades/case.html",
        case=case,
        signed=signed,
        account=accounts.get(case.account_id),
        asked=[_told(one, person, found, proofs.get(person.id, [])) for one, person in asked],
        plan=_plan(case),
        holds=cases.holds(case),
        pays=subscriptions.live_of(case.account_id) is not None,
    )


def _may_answer(case: UpgradeCase) -> int:
    """The person, if they may buy for the case's account, whichever workspace they are in now."""
    person_id = current_caller().person_id
    assert person_id is not None
    rights.require(case.account_id, person_id, "billing.buy")
    return person_id


def _told(one: UpgradeRequest, person: Person, found: Entitlements, proofs: list[str]) -> dict[str, Any]:
    """A request as the page shows it: who, what was blocked and how much of it was used, and what they can do."""
    blocked = found.by_feature.get(one.feature)
    return {
        "request": one,
        "name": person.name or person.email,
        "blocked": blocked.name if blocked is not None else one.feature,
        "used": usage_text(blocked, current_locale()) if blocked and blocked.type == "metered" else "",
        "certificates": proofs,
    }


def _certificates(person_ids: list[int]) -> dict[int, list[str]]:
    """Person -> what they are certified in, as every wing that teaches says."""
    teachers: list[Learning] = current_app.extensions["plg.learning"]
    found: dict[int, list[str]] = {}
    for teacher in teachers:
        for person_id, titles in teacher.certificates(person_ids).items():
            found.setdefault(person_id, []).extend(texts(title, current_locale(), "") for title in titles)
    return found


def _plan(case: UpgradeCase) -> dict[str, Any] | None:
    if case.plan_version_id is None:
        return None
    plan, locale = catalogue.plan_version(case.plan_version_id), current_locale()
    interval: Any = case.interval
    return {
        "key": plan.key,
        "name": texts(plan.name, locale, plan.key),
        "description": texts(plan.description, locale, ""),
        "price": Price(amount=case.amount, currency=case.currency, interval=interval),
    }


@bp.post("/<signed>/approve")
@requires("person")
def approve(signed: str) -> Response:
    """One click to the checkout. Where the price has changed or expired, the new one is shown instead."""
    case = cases.find(signed)
    person_id = _may_answer(case)
    here = url_for("upgrade_cases.show", signed=signed)
    if case.status != "open":
        return redirect(here, 303)
    if not cases.holds(case):
        cases.requote(case)
        flash(gettext("The price is new, and nothing was charged. Look at it before you go on."), "warn")
        return redirect(here, 303)
    if subscriptions.live_of(case.account_id) is not None:
        made = quotes.make(case.account_id, case.plan_key, interval=case.interval, by=person_id)
        return redirect(url_for("changes.show", public_id=made.public_id), 303)
    base = current_app.extensions["plg.settings"].public_url
    url = checkouts.open_for(
        case.account_id,
        case.plan_key,
        by=person_id,
        success_url=base + url_for("workspace.home", paid=1),
        cancel_url=base + here,
        interval=case.interval,
    )
    return redirect(url, 303)


@bp.post("/<signed>/decline")
@requires("person")
def decline(signed: str) -> Response:
    case = cases.find(signed)
    person_id = _may_answer(case)
    if case.status == "open":
        requests.decline_all(case.account_id, answer=request.form.get("answer", ""), by=person_id)
        flash(gettext("Declined. The answer was sent."), "ok")
    return redirect(url_for("upgrade_cases.show", signed=signed), 303)
