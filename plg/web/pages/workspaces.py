"""All workspaces of a person: go to one, open another, join one of colleagues."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask_babel import gettext
from werkzeug import Response

from plg.accounts import accounts, joining, memberships
from plg.kit.caller import current_caller, requires
from plg.kit.rate_limits import limiter
from plg.web.front_door import ACCOUNT_IN_SESSION
from plg.web.i18n import current_locale
from plg.web.pages import checks
from plg.web.pages.members import ROLE_NAMES
from plg.web.pages.own_workspace import confirmed_address

bp = Blueprint("workspaces", __name__)

MAX_OWNED = 20


@bp.get("/workspaces")
@requires("person")
def show() -> str:
    return _page()


def _page(name: str = "", fault: str = "") -> str:
    caller, address = current_caller(), confirmed_address()
    person_id = caller.person_id or 0
    return render_template(
        "pages/workspaces.html",
        theirs=memberships.of_person(person_id),
        current=caller.account_id,
        role_names=ROLE_NAMES,
        offers=joining.offers(person_id, address) if address else [],
        name=name,
        errors={"name": fault} if fault else {},
        may_open=bool(address),
    )


@bp.post("/workspaces")
@limiter.limit("10/hour")
@requires("person")
def create() -> str | tuple[str, int] | Response:
    """Open another workspace. Whether it gets a trial, those decide who hear `Account Created`."""
    person_id, name = current_caller().person_id or 0, checks.typed("name")
    fault = checks.text(name, gettext("Enter a name for the workspace."))
    owned = [role for _, role in memberships.of_person(person_id) if role == "owner"]
    if not fault and not confirmed_address():
        fault = gettext("Confirm your e-mail address first.")
    if not fault and len(owned) >= MAX_OWNED:
        fault = gettext("You own %(num)s workspaces, which is the most there can be.", num=MAX_OWNED)
    if fault:
        return _page(name, fault), 422
    zone = checks.timezone(request.form.get("timezone", ""))
    account = accounts.open(name, timezone=zone, locale=current_locale(), by=person_id)
    memberships.add(account.id, person_id, "owner", by=f"person:{person_id}")
    session[ACCOUNT_IN_SESSION] = account.id
    return redirect(url_for("workspace.home"), 303)
