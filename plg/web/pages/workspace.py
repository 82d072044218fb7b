"""A customer's own workspace: its trial, what is worth doing next, plan, usage, members."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, redirect, render_template, request, session, url_for
from werkzeug import Response

from plg.accounts import accounts, memberships, rights
from plg.accounts.accounts import AccountNotFound
from plg.accounts.models import Account
from plg.kit.caller import Caller, current_caller, requires
from plg.plans import assignments, catalogue
from plg.usage import entitlements
from plg.web.front_door import ACCOUNT_IN_SESSION
from plg.web.i18n import current_locale
from plg.web.pages import checks, host_product, trial, welcome

bp = Blueprint("workspace", __name__)

MOST_LOOKS = 15


@bp.get("/workspace")
@requires("person")
def home() -> str:
    caller, locale = current_caller(), current_locale()
    if caller.account_id is None:
        return render_template("pages/no_workspace.html")
    account = accounts.get(caller.account_id)
    allowed = entitlements.of_account(account.id, locale)
    return render_template(
        "pages/workspace.html",
        account=account,
        may_buy=rights.may(caller.role, "billing.buy"),
        may_invite=rights.may(caller.role, "members.invite"),
        plan=allowed.plan,
        plan_name=catalogue.texts(allowed.plan.name, locale, allowed.plan.key),
        usage=[e for e in allowed.by_feature.values() if e.type == "metered"],
        included=[e for e in allowed.by_feature.values() if e.type != "metered" and e.allowed],
        checklist=_checklist(caller, locale),
        **_payment(account),
        members=len(memberships.of_account(account.id)),
        product_url=host_product.entrance(),
        way_to=host_product.way_to,
        upgrade_url=_url_or_none("upgrades.choose"),
        shown=trial.shown(account),
        trial_waits=welcome.notice(account.id),
    )


def _payment(account: Account) -> dict[str, Any]:
    """Whether the account pays; back from a checkout (`paid`), whether the payment is still on its way to us.
    The page looks again by itself a few times."""
    pays = assignments.current(account.id).source == "subscription"
    looks = request.args.get("paid", 0, type=int)
    return {
        "pays": pays,
        "awaits_payment": looks > 0 and not pays,
        "look_again_url": url_for("workspace.home", paid=min(looks, MOST_LOOKS) + 1),
        "looks_by_itself": looks <= MOST_LOOKS,
    }


def _checklist(caller: Caller, locale: str) -> dict[str, Any] | None:
    """The first open checklist that the widget would show this person."""
    for part in current_app.extensions["plg.widget_parts"]:
        for shown in part(caller, locale).get("checklists", ()):
            if not shown.get("dismissed"):
                return shown
    return None


def _url_or_none(endpoint: str) -> str | None:
    return url_for(endpoint) if endpoint in current_app.view_functions else None


@bp.post("/workspace/switch")
@requires("person")
def switch() -> Response:
    """Go on in another workspace of one's own."""
    wanted = checks.typed("account")
    for account, _ in memberships.of_person(current_caller().person_id or 0):
        if account.public_id == wanted:
            session[ACCOUNT_IN_SESSION] = account.id
            return redirect(url_for("workspace.home"), 303)
    raise AccountNotFound("You belong to no such workspace.")
