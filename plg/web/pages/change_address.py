"""Another e-mail address: asked for by the signed-in person, confirmed from the new one, undone from the old one.

Every address gets the same answer: check your mail. Whose it is already is told by mail alone."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, session, url_for
from flask_babel import gettext
from werkzeug import Response

from plg.access import address_changes, password_resets, sessions
from plg.access.one_time import LinkExpired
from plg.kit.caller import current_caller, requires
from plg.kit.rate_limits import limiter
from plg.web.pages import checks, letters
from plg.web.pages.browser import current_session, sign_out
from plg.web.pages.limits import mail_limit, network, person_asking
from plg.web.pages.proof import fresh, own_credential
from plg.web.pages.sign_up import WRITTEN_TO

bp = Blueprint("change_address", __name__)

Page = str | tuple[str, int] | Response


@bp.get("/workspace/security/address")
@requires("person")
@fresh
def form() -> Page:
    return _form()


@bp.post("/workspace/security/address")
@limiter.limit("10/hour", key_func=person_asking)
@mail_limit
@requires("person")
@fresh
def ask() -> Page:
    credential, typed = own_credential(), checks.typed("email")
    address, fault = checks.email(typed)
    if not fault and address == credential.email:
        fault = gettext("This is your address already.")
    if fault:
        return _form(typed, fault), 422
    letters.ask_to_confirm_change(credential, address)
    session[WRITTEN_TO] = address
    return redirect(url_for("change_address.sent"), 303)


def _form(email: str = "", fault: str = "") -> str:
    errors = {"email": fault} if fault else {}
    return render_template("pages/address.html", now=own_credential().email, email=email, errors=errors)


@bp.get("/workspace/security/address/sent")
@requires("person")
def sent() -> Page:
    return render_template("pages/check_mail.html", email=session.get(WRITTEN_TO, ""), resend_url="")


@bp.get("/address/confirm/<token>")
@requires("anonymous")
def confirm(token: str) -> Page:
    """Only a page: mail scanners that open links use nothing up."""
    try:
        return render_template("pages/confirm_address.html", email=address_changes.look_at(token).email)
    except LinkExpired:
        return _expired()


@bp.post("/address/confirm/<token>")
@limiter.limit("20/minute", key_func=network)
@requires("anonymous")
def confirmed(token: str) -> Page:
    try:
        changed = address_changes.finish(token)
    except LinkExpired:
        return _expired()
    letters.tell_address_changed(changed)
    theirs = {row.id for row in sessions.of_person(changed.credential.person_id)}
    here = current_session().id if current_caller().kind == "person" else None
    sessions.end_all_of(changed.credential.person_id, but=here if here in theirs else None)
    return render_template("pages/address_changed.html", email=changed.credential.email)


@bp.get("/address/undo/<token>")
@requires("anonymous")
def undo(token: str) -> Page:
    try:
        return render_template("pages/undo_address.html", email=address_changes.look_at_undo(token).email)
    except LinkExpired:
        return _expired()


@bp.post("/address/undo/<token>")
@limiter.limit("20/minute", key_func=network)
@requires("anonymous")
def undone(token: str) -> Page:
    """On to a new password at once: the old one may be known to whoever changed the address."""
    try:
        credential = address_changes.undo(token)
    except LinkExpired:
        return _expired()
    sign_out()
    reset = password_resets.begin(credential.email, credential.person_id)
    return redirect(url_for("sign_in.reset", token=reset), 303)


def _expired() -> tuple[str, int]:
    text = gettext("Links in our mails work once and expire. The address was not changed.")
    return render_template("pages/link_expired.html", text=text, again_url=""), 410
