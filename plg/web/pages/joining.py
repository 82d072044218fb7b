"""Joining one's colleagues: by an address of their company's domain, at once or when somebody lets one in."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, session, url_for
from flask_babel import gettext
from werkzeug import Response

from plg.accounts import accounts, joining
from plg.accounts.joining import JoinRequestDecided, NotJoinable
from plg.kit.caller import current_caller, requires
from plg.kit.rate_limits import limiter
from plg.people import people
from plg.web.front_door import ACCOUNT_IN_SESSION
from plg.web.pages import checks, workspace_letters
from plg.web.pages.own_workspace import confirmed, confirmed_address

bp = Blueprint("joining", __name__)


@bp.get("/workspaces/join")
@requires("person")
def show() -> str:
    address = confirmed_address()
    offers = joining.offers(current_caller().person_id or 0, address) if address else []
    return render_template("pages/join.html", offers=offers, email=address)


@bp.post("/workspaces/join")
@limiter.limit("20/hour")
@requires("person")
def join() -> Response:
    reader = confirmed()
    if reader is None:
        raise NotJoinable("Confirm your address first.")
    account = accounts.find(checks.typed("account"))
    answer = joining.join(account, by=reader.person_id, address=reader.email)
    if answer == "joined":
        session[ACCOUNT_IN_SESSION] = account.id
        flash(gettext("Welcome to %(account)s.", account=account.name), "ok")
        return redirect(url_for("workspace.home"), 303)
    if answer == "asked":
        workspace_letters.tell_of_request(joining.of_person(reader.person_id, account.id), account)
    flash(gettext("We have asked for you. You get a mail as soon as there is an answer."), "ok")
    return redirect(url_for("joining.show"), 303)


@bp.get("/workspaces/requests/<public_id>")
@requires("person")
def answer(public_id: str) -> str:
    """Where the mail leads those who may answer."""
    found = joining.get(public_id, by=current_caller().person_id or 0)
    return render_template(
        "pages/join_request.html",
        request_row=found,
        person=people.get(found.person_id),
        account=accounts.get(found.account_id),
    )


@bp.post("/workspaces/requests/<public_id>/approve")
@requires("person")
def approve(public_id: str) -> Response:
    return _decide(public_id, True, gettext("They are in. We have told them."))


@bp.post("/workspaces/requests/<public_id>/decline")
@requires("person")
def decline(public_id: str) -> Response:
    return _decide(public_id, False, gettext("Declined. We have told them."))


def _decide(public_id: str, yes: bool, said: str) -> Response:
    reader = current_caller().person_id or 0
    try:
        decided = joining.decide(public_id, yes, by=reader)
        workspace_letters.tell_answer(decided, accounts.get(decided.account_id))
        flash(said, "ok")
    except JoinRequestDecided:
        decided = joining.get(public_id, by=reader)
        flash(gettext("Somebody has answered this request already."), "warn")
    session[ACCOUNT_IN_SESSION] = decided.account_id
    return redirect(url_for("members.show"), 303)
