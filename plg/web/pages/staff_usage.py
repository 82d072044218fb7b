"""What one workspace has used, as the firm's own staff see it: why each limit is what it is, and giving more."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext, lazy_gettext
from werkzeug import Response

from plg.accounts import accounts
from plg.accounts.models import Account
from plg.kit.caller import current_caller, requires
from plg.plans.catalogue import texts
from plg.usage import entitlements, explaining, grants
from plg.usage.amounts import amount_of, tidy
from plg.usage.grants import NewGrant
from plg.web.i18n import current_locale
from plg.web.pages import checks

bp = Blueprint("staff_usage", __name__)

SOURCES = {
    "plan": lazy_gettext("Plan"),
    "rollover": lazy_gettext("Rolled over"),
    "earned": lazy_gettext("Earned"),
    "certificate": lazy_gettext("Certificate"),
    "staff": lazy_gettext("Given by staff"),
    "purchase": lazy_gettext("Bought"),
}

Page = str | tuple[str, int] | Response


@bp.get("/staff/plans/workspaces/<public_id>")
@requires("staff")
def show(public_id: str) -> str:
    return _page(accounts.find(public_id), {})


def _page(account: Account, errors: dict[str, str]) -> str:
    locale = current_locale()
    found = entitlements.of_account(account.id, locale)
    metered = [one for one in found.by_feature.values() if one.type == "metered"]
    rows = grants.of_account(account.id)
    return render_template(
        "pages/staff_usage.html",
        account=account,
        plan=found.plan,
        plan_name=texts(found.plan.name, locale, found.plan.key),
        metered=[(one, explaining.lines(one)) for one in metered],
        choices=[(one.feature, one.name) for one in metered],
        names={one.feature: one.name for one in metered},
        grants=rows,
        voided={row.voids_id for row in rows},
        sources=SOURCES,
        errors=errors,
        typed=request.form,
    )


@bp.post("/staff/plans/workspaces/<public_id>/grants")
@requires("staff")
def give(public_id: str) -> Page:
    account, reason = accounts.find(public_id), checks.typed("reason")
    amount = amount_of(checks.typed("amount").replace(",", "."))
    errors = checks.faults(
        amount="" if amount and amount > 0 else gettext("Enter how much, above 0."),
        reason=_reason_fault(reason),
    )
    if errors or amount is None:
        return _page(account, errors), 422
    new = NewGrant(account.id, checks.typed("feature"), tidy(amount), "staff", reason)
    grants.give(new, by=current_caller().actor)
    return _done(account, gettext("Done. They have more from now on."))


@bp.post("/staff/plans/workspaces/<public_id>/grants/<int:grant_id>/void")
@requires("staff")
def void(public_id: str, grant_id: int) -> Page:
    account = accounts.find(public_id)
    grants.void(account.id, grant_id, reason="taken back by staff", by=current_caller().actor)
    return _done(account, gettext("Taken back. What was used of it stays used."))


def _reason_fault(reason: str) -> str:
    if not reason:
        return gettext("Write why: it is kept with what is given.")
    return gettext("Use at most %(num)s characters.", num=200) if len(reason) > 200 else ""


def _done(account: Account, said: str) -> Response:
    flash(said, "ok")
    return redirect(url_for("staff_usage.show", public_id=account.public_id), 303)
