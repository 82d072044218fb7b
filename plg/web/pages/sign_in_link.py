"""Sign-in by a link in a mail. Every address gets the same answer: check your mail."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask_babel import gettext
from werkzeug import Response

from plg.access import sign_in_links
from plg.access.one_time import LinkExpired
from plg.kit.caller import requires
from plg.kit.rate_limits import limiter
from plg.web.pages import checks, letters
from plg.web.pages.addresses import local_path
from plg.web.pages.browser import sign_in_person
from plg.web.pages.limits import mail_limit, network
from plg.web.pages.sign_up import WRITTEN_TO

bp = Blueprint("sign_in_link", __name__)

Page = str | tuple[str, int] | Response


@bp.get("/login/link")
@requires("anonymous")
def form() -> Page:
    return _form(local_path(request.args.get("next"), ""))


@bp.post("/login/link")
@limiter.limit("10/minute;30/hour", key_func=network)
@mail_limit
@requires("anonymous")
def ask() -> Page:
    onward, typed = local_path(request.form.get("next"), ""), checks.typed("email")
    address, fault = checks.email(typed)
    if fault:
        return _form(onward, typed, fault), 422
    return send_link(address, onward)


def send_link(address: str, onward: str) -> Response:
    """Write to the address, whoever has it, and say so."""
    letters.offer_sign_in(address, onward)
    session[WRITTEN_TO] = address
    return redirect(url_for("sign_in_link.sent"), 303)


@bp.get("/login/link/sent")
@requires("anonymous")
def sent() -> Page:
    return render_template("pages/check_mail.html", email=session.get(WRITTEN_TO, ""), resend_url="")


@bp.get("/login/link/<token>")
@requires("anonymous")
def follow(token: str) -> Page:
    """Only a page: mail scanners that open links use nothing up."""
    try:
        return render_template("pages/follow_link.html", email=sign_in_links.address_of(token))
    except LinkExpired:
        return _expired()


@bp.post("/login/link/<token>")
@limiter.limit("20/minute", key_func=network)
@requires("anonymous")
def enter(token: str) -> Page:
    try:
        credential, onward = sign_in_links.redeem(token)
    except LinkExpired:
        return _expired()
    return sign_in_person(credential.person_id, way="link", onward=local_path(onward, ""))


def _form(onward: str, email: str = "", fault: str = "") -> str:
    return render_template(
        "pages/link.html", next=onward, email=email, errors={"email": fault} if fault else {}
    )


def _expired() -> tuple[str, int]:
    text = gettext("Links in our mails work once and expire. Ask for a new one.")
    again = url_for("sign_in_link.ask")
    return render_template("pages/link_expired.html", text=text, again_url=again), 410
