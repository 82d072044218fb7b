"""How a person signs in, on one page: password, passkeys, second step, browsers, address."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug import Response

from plg.access import credentials, devices, passkeys, passwords, recovery_codes, sessions, totp
from plg.access.models import SignInSession
from plg.kit.caller import current_caller, requires
from plg.kit.rate_limits import limiter
from plg.people import people
from plg.web.pages import checks, letters
from plg.web.pages.browser import current_session
from plg.web.pages.limits import network, person_asking
from plg.web.pages.proof import fresh, own_credential

bp = Blueprint("security", __name__)

FEW_CODES = 3

Page = str | tuple[str, int] | Response


@bp.get("/workspace/security")
@requires("person")
def show() -> Page:
    person_id = _person_id()
    return render_template(
        "pages/security.html",
        credential=credentials.of_person(person_id),
        passkeys=passkeys.of_person(person_id),
        with_passkeys=passkeys.are_available(),
        two_step=totp.is_on(person_id),
        codes_left=recovery_codes.left(person_id),
        few_codes=FEW_CODES,
        sessions=[_shown(row) for row in sessions.of_person(person_id)],
    )


def _shown(row: SignInSession) -> dict[str, Any]:
    return {"row": row, "device": _device(row.user_agent), "is_this": row.id == current_session().id}


def _device(user_agent: str) -> str:
    browser, system = devices.describe(user_agent)
    if browser and system:
        return gettext("%(browser)s on %(system)s", browser=browser, system=system)
    return browser or system or gettext("Unknown browser")


@bp.get("/workspace/security/password")
@requires("person")
@fresh
def password_form() -> Page:
    return _password_form()


@bp.post("/workspace/security/password")
@limiter.limit("20/minute", key_func=person_asking)
@requires("person")
@fresh
def change_password() -> Page:
    credential, password = own_credential(), request.form.get("password", "")
    name = people.get(credential.person_id).name
    if fault := checks.password(password, credential.email, name):
        return _password_form(fault), 422
    credentials.change_password(credential, password, by=_person_id())
    sessions.end_all_of(_person_id(), but=current_session().id)
    letters.tell_password_changed(own_credential())
    return _done(gettext("Your new password is saved, and every other browser is signed out."))


def _password_form(fault: str = "") -> str:
    credential = own_credential()
    return render_template(
        "pages/password.html",
        email=credential.email,
        has_password=credential.password_hash is not None,
        errors={"password": fault} if fault else {},
        min_password=credentials.MIN_PASSWORD,
    )


@bp.post("/workspace/security/sessions/<public_id>/end")
@requires("person")
def end_session(public_id: str) -> Page:
    sessions.revoke(_person_id(), public_id)
    return _done(gettext("That browser is signed out."))


@bp.post("/workspace/security/sessions/end-others")
@requires("person")
def end_others() -> Page:
    sessions.end_all_of(_person_id(), but=current_session().id)
    return _done(gettext("Every other browser is signed out."))


@bp.post("/password/strength")
@limiter.limit("120/minute", key_func=network)
@requires("anonymous")
def strength() -> dict[str, Any]:
    """How good a password is that somebody is just choosing; it is kept nowhere."""
    password = request.form.get("password", "")[: passwords.MAX_PASSWORD + 1]
    context = [checks.typed(name)[:320] for name in ("email", "username", "name", "company")]
    fault = checks.password(password, *context)
    score = passwords.strength(password, context)
    return {"score": score, "text": fault or _in_words(score), "taken": not fault}


def _in_words(score: int) -> str:
    if score <= 1:
        return gettext("Easy to guess. A few more words make it strong.")
    if score == 2:
        return gettext("Could be better. One more word helps.")
    return gettext("A good password.") if score == 3 else gettext("A strong password.")


def _person_id() -> int:
    person_id = current_caller().person_id
    assert person_id is not None
    return person_id


def _done(text: str) -> Response:
    flash(text, "ok")
    return redirect(url_for("security.show"), 303)
