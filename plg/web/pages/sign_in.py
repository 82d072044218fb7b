"""Sign-in, sign-out, and a forgotten password."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext
from werkzeug import Response

from plg.access import credentials, passkeys, password_resets
from plg.access.credentials import WrongCredentials
from plg.access.one_time import LinkExpired
from plg.kit.caller import current_caller, requires
from plg.kit.rate_limits import limiter
from plg.web.pages import checks, letters
from plg.web.pages.addresses import local_path
from plg.web.pages.browser import sign_in_person, sign_out
from plg.web.pages.limits import mail_limit, sign_in_limits
from plg.web.pages.sign_up import WRITTEN_TO, Page

bp = Blueprint("sign_in", __name__)


@bp.get("/")
@requires("anonymous")
def start() -> Response:
    homes = {"person": "workspace.home", "staff": "staff.home"}
    return redirect(url_for(homes.get(current_caller().kind, "sign_up.form")))


@bp.get("/login")
@requires("anonymous")
def login() -> Page:
    onward = local_path(request.args.get("next"), "")
    if current_caller().kind == "person":
        return redirect(onward or url_for("workspace.home"))
    return login_page(onward, request.args.get("email", "")[:254])


def login_page(onward: str, email: str = "", refused: str = "") -> str:
    """The form for a password, and the other ways in."""
    return render_template(
        "pages/login.html",
        title=gettext("Sign in"),
        next=onward,
        email=email,
        refused=refused,
        with_passkeys=passkeys.are_available(),
    )


@bp.post("/login")
@sign_in_limits
@requires("anonymous")
def enter() -> Page:
    onward = local_path(request.form.get("next"), "")
    typed = checks.typed("email")
    try:
        credential = credentials.check(typed, request.form.get("password", ""))
    except WrongCredentials:
        refused = gettext("That address and password do not go together. Check both and try again.")
        return login_page(onward, typed, refused), 401
    if credential.email_confirmed_at is None:
        letters.confirm_again(credential.email)
        session[WRITTEN_TO] = credential.email
        return redirect(url_for("sign_up.sent"), 303)
    return sign_in_person(credential.person_id, onward=onward)


@bp.post("/logout")
@requires("anonymous")
def logout() -> Response:
    target = "staff.login" if current_caller().kind == "staff" else "sign_in.login"
    sign_out()
    flash(gettext("You are signed out."), "ok")
    return redirect(url_for(target), 303)


@bp.get("/forgot")
@requires("anonymous")
def forgot() -> Page:
    return render_template("pages/forgot.html", errors={}, email="")


@bp.post("/forgot")
@limiter.limit("10/minute;30/hour")
@mail_limit
@requires("anonymous")
def remind() -> Page:
    typed = checks.typed("email")
    address, fault = checks.email(typed)
    if fault:
        return render_template("pages/forgot.html", errors={"email": fault}, email=typed), 422
    letters.offer_reset(address)
    session[WRITTEN_TO] = address
    return redirect(url_for("sign_in.reminded"), 303)


@bp.get("/forgot/sent")
@requires("anonymous")
def reminded() -> Page:
    return render_template("pages/check_mail.html", email=session.get(WRITTEN_TO, ""), resend_url="")


@bp.get("/reset/<token>")
@requires("anonymous")
def reset(token: str) -> Page:
    try:
        return _reset_form(password_resets.address_of(token))
    except LinkExpired:
        return _expired()


@bp.post("/reset/<token>")
@limiter.limit("20/minute")
@requires("anonymous")
def change(token: str) -> Page:
    password = request.form.get("password", "")
    try:
        address = password_resets.address_of(token)
        owner = credentials.owner_of(address)
        if fault := checks.password(password, address, owner.name):
            return _reset_form(address, fault), 422
        credential = password_resets.finish(token, password)
    except LinkExpired:
        return _expired()
    letters.tell_password_changed(credential)
    return sign_in_person(credential.person_id)


def _reset_form(address: str, fault: str = "") -> str:
    return render_template(
        "pages/reset.html",
        email=address,
        errors={"password": fault},
        min_password=credentials.MIN_PASSWORD,
    )


def _expired() -> tuple[str, int]:
    text = gettext("Links in our mails work once and expire. Ask for a new one.")
    again = url_for("sign_in.remind")
    return render_template("pages/link_expired.html", text=text, again_url=again), 410
