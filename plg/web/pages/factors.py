"""Passkeys, the authenticator app and recovery codes of a signed-in person: added, named, removed."""

from __future__ import annotations

from typing import Any

import segno
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug import Response

from plg.access import passkeys, second_step, sessions, totp
from plg.access.passkeys import PasskeyKnown, PasskeyNotMade
from plg.access.totp import TooManyWrongCodes, TwoStepOn, WrongCode
from plg.kit.caller import requires
from plg.kit.rate_limits import limiter
from plg.web.pages import checks, letters
from plg.web.pages.browser import current_session
from plg.web.pages.limits import person_asking
from plg.web.pages.passkey_sign_in import answer_of_form
from plg.web.pages.proof import fresh, own_credential
from plg.web.pages.second_step import too_many_codes, wrong_code

bp = Blueprint("factors", __name__, url_prefix="/workspace/security")

Page = str | tuple[str, int] | Response


@bp.get("/passkeys/new")
@requires("person")
@fresh
def new_passkey() -> Page:
    return _passkey_form()


@bp.post("/passkeys/options")
@limiter.limit("30/minute", key_func=person_asking)
@requires("person")
@fresh
def passkey_options() -> dict[str, Any] | Response:
    credential = own_credential()
    return passkeys.registration_options(credential.person_id, credential.email)


@bp.post("/passkeys/new")
@limiter.limit("30/minute", key_func=person_asking)
@requires("person")
@fresh
def add_passkey() -> Page:
    credential = own_credential()
    try:
        made = passkeys.register(credential.person_id, answer_of_form(), checks.typed("name"))
    except PasskeyKnown:
        return _passkey_form(gettext("This passkey is in your list already.")), 409
    except PasskeyNotMade:
        return _passkey_form(gettext("That did not work. Try again.")), 422
    letters.tell_ways_changed(credential, "passkey-added")
    return _done(
        gettext("The passkey “%(name)s” is ready. Use it the next time you sign in.", name=made.name)
    )


def _passkey_form(fault: str = "") -> str:
    return render_template("pages/new_passkey.html", fault=fault, available=passkeys.are_available())


@bp.post("/passkeys/<public_id>/rename")
@requires("person")
def rename_passkey(public_id: str) -> Page:
    passkeys.rename(own_credential().person_id, public_id, checks.typed("name"))
    return _done(gettext("The new name is saved."))


@bp.post("/passkeys/<public_id>/remove")
@requires("person")
@fresh
def remove_passkey(public_id: str) -> Page:
    """Whoever lost a device signs it out with the same click."""
    credential = own_credential()
    passkeys.remove(credential.person_id, public_id)
    sessions.end_all_of(credential.person_id, but=current_session().id)
    letters.tell_ways_changed(credential, "passkey-removed")
    return _done(gettext("The passkey is removed, and every other browser is signed out."))


@bp.post("/two-step/begin")
@limiter.limit("20/hour", key_func=person_asking)
@requires("person")
@fresh
def begin_two_step() -> Page:
    credential = own_credential()
    try:
        totp.begin(credential.person_id, credential.email)
    except TwoStepOn:
        return redirect(url_for("security.show"), 303)
    return redirect(url_for("factors.two_step_form"), 303)


@bp.get("/two-step")
@requires("person")
@fresh
def two_step_form() -> Page:
    return _two_step_form()


@bp.post("/two-step")
@limiter.limit("20/minute", key_func=person_asking)
@requires("person")
@fresh
def turn_on() -> Page:
    credential = own_credential()
    try:
        codes = second_step.turn_on(credential.person_id, request.form.get("code", ""))
    except TooManyWrongCodes:
        return _two_step_form(too_many_codes(), 429)
    except WrongCode:
        return _two_step_form(wrong_code(), 422)
    sessions.end_all_of(credential.person_id, but=current_session().id)
    letters.tell_ways_changed(credential, "two-step-on")
    return _codes_page(codes, new=True)


def _two_step_form(fault: str = "", status: int = 200) -> Page:
    credential = own_credential()
    told = totp.pending(credential.person_id, credential.email)
    if told is None:
        return redirect(url_for("security.show"), 303)
    picture = segno.make(told.uri, micro=False).svg_data_uri(
        scale=5, border=2, dark="#191d1b", light="#ffffff"
    )
    grouped = " ".join(told.secret[at : at + 4] for at in range(0, len(told.secret), 4))
    shown = {"picture": picture, "secret": grouped, "uri": told.uri, "fault": fault}
    return render_template("pages/two_step.html", **shown), status


@bp.post("/two-step/remove")
@requires("person")
@fresh
def turn_off() -> Page:
    credential = own_credential()
    second_step.turn_off(credential.person_id)
    letters.tell_ways_changed(credential, "two-step-off")
    return _done(gettext("Two-step sign-in is off."))


@bp.post("/recovery-codes")
@limiter.limit("10/hour", key_func=person_asking)
@requires("person")
@fresh
def renew_codes() -> Page:
    credential = own_credential()
    codes = second_step.renew_codes(credential.person_id)
    letters.tell_ways_changed(credential, "recovery-codes-renewed")
    return _codes_page(codes, new=False)


def _codes_page(codes: list[str], *, new: bool) -> str:
    return render_template("pages/recovery_codes.html", codes=codes, new=new)


def _done(text: str) -> Response:
    flash(text, "ok")
    return redirect(url_for("security.show"), 303)
