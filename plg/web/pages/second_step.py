"""The second step of a sign-in: a code of the authenticator app, or a recovery code."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext
from werkzeug import Response

from plg.access import credentials, second_step
from plg.access.second_step import SecondStepExpired
from plg.access.totp import TooManyWrongCodes, WrongCode
from plg.kit.caller import requires
from plg.kit.rate_limits import limiter
from plg.web.pages import letters
from plg.web.pages.browser import SECOND_STEP, begin_session
from plg.web.pages.limits import network

bp = Blueprint("second_step", __name__)

Page = str | tuple[str, int] | Response


@bp.get("/login/code")
@requires("anonymous")
def form() -> Page:
    try:
        second_step.look_at(session.get(SECOND_STEP, ""))
    except SecondStepExpired:
        return _anew()
    return _form()


@bp.post("/login/code")
@limiter.limit("20/minute", key_func=network)
@requires("anonymous")
def enter() -> Page:
    code = request.form.get("code", "")
    try:
        done = second_step.finish(session.get(SECOND_STEP, ""), code)
    except SecondStepExpired:
        return _anew()
    except TooManyWrongCodes:
        return _form(too_many_codes()), 429
    except WrongCode:
        return _form(wrong_code()), 422
    assert done.person_id is not None
    begin_session(done.person_id, done.data["way"])
    credential = credentials.of_person(done.person_id)
    if credential is not None and not second_step.is_of_the_app(code):
        letters.tell_ways_changed(credential, "recovery-code-used")
    return redirect(done.data["next"] or url_for("workspace.home"), 303)


def wrong_code() -> str:
    return gettext("That code is not right. Codes of the app change every 30 seconds, and each works once.")


def too_many_codes() -> str:
    return gettext("Too many wrong codes. Wait a few minutes, or use a recovery code or a passkey.")


def _form(fault: str = "") -> str:
    return render_template("pages/second_step.html", fault=fault)


def _anew() -> Response:
    session.pop(SECOND_STEP, None)
    flash(gettext("That took a little long. Sign in once more."))
    return redirect(url_for("sign_in.login"), 303)
