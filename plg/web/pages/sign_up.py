"""Sign-up: the form, the mail that confirms the address, the first step into the workspace.

Every address gets the same answer: check your mail. Whose it is already is told by mail alone, and what was decided
about a sign-up only to whoever has confirmed its address."""

from __future__ import annotations

import hmac
import secrets

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask_babel import gettext
from werkzeug import Response

from plg.access import credentials, one_time
from plg.access.hashing import verify_password
from plg.access.models import OneTimeToken
from plg.access.one_time import LinkExpired
from plg.kit.caller import current_caller, requires
from plg.kit.db import end_transaction
from plg.kit.rate_limits import limiter
from plg.plans import catalogue
from plg.signups import queue, signups
from plg.web.i18n import current_locale
from plg.web.pages import checks, letters, sign_up_browser
from plg.web.pages.browser import sign_in_person
from plg.web.pages.limits import mail_limit

bp = Blueprint("sign_up", __name__)

WRITTEN_TO = "written_to"
BROWSER = "browser"

Page = str | tuple[str, int] | Response


@bp.get("/signup")
@requires("anonymous")
def form() -> Page:
    if current_caller().kind == "person":
        return redirect(url_for("workspace.home"))
    sign_up_browser.form_opened()
    return _form({"plan": _plan_wanted(request.args.get("plan"))}, {})


def _plan_wanted(key: str | None) -> str:
    """The plan that they came for, if there is one of this name."""
    return key if key and key in catalogue.published().plans else ""


def _form(values: dict[str, str], errors: dict[str, str]) -> str:
    trial = catalogue.live().trial
    return render_template(
        "pages/sign_up.html",
        values=values,
        errors=errors,
        min_password=credentials.MIN_PASSWORD,
        plan_name=_plan_name(values.get("plan", "")),
        trial_days=trial.days if trial else 0,
    )


def _plan_name(key: str) -> str:
    return catalogue.texts(catalogue.plan(key).name, current_locale(), key) if key else ""


@bp.post("/signup")
@limiter.limit("10/minute;60/hour")
@mail_limit
@requires("anonymous")
def submit() -> Page:
    values = {name: checks.typed(name) for name in ("name", "email", "company")}
    values["plan"] = _plan_wanted(request.form.get("plan"))
    password = None if request.form.get("way") == "link" else request.form.get("password", "")
    address, email_fault = checks.email(values["email"])
    errors = checks.faults(
        name=checks.text(values["name"], gettext("Enter your name.")),
        email=email_fault,
        password=""
        if password is None
        else checks.password(password, address, values["name"], values["company"]),
        company=checks.text(values["company"], gettext("Enter the name of your company.")),
    )
    if errors:
        return _form(values, errors), 422
    evidence = sign_up_browser.evidence()
    end_transaction()
    made = signups.sign_up(
        address,
        password,
        values["name"],
        values["company"],
        locale=current_locale(),
        timezone=checks.timezone(request.form.get("timezone", "")),
        plan=values["plan"] or None,
        evidence=evidence,
    )
    session.setdefault(BROWSER, secrets.token_urlsafe(16))  # sent twice by a double click, it stays
    if made.token and made.person:
        one_time.look_at(signups.CONFIRM, made.token).data = {BROWSER: session[BROWSER]}
        letters.ask_to_confirm(address, made.token, made.person.id)
    else:
        letters.tell_owner(address)
    return _check_mail(address)


def _check_mail(address: str) -> Response:
    session[WRITTEN_TO] = address
    return redirect(url_for("sign_up.sent"), 303)


@bp.get("/signup/sent")
@requires("anonymous")
def sent() -> Page:
    address = session.get(WRITTEN_TO)
    if not address:
        return redirect(url_for("sign_up.form"))
    return render_template("pages/check_mail.html", email=address, resend_url=url_for("sign_up.resend"))


@bp.get("/verify/<token>")
@requires("anonymous")
def confirm(token: str) -> Page:
    """Only a page: mail scanners that open links use nothing up."""
    try:
        return _confirm_page(one_time.look_at(signups.CONFIRM, token))
    except LinkExpired:
        return _expired()


@bp.post("/verify/<token>")
@limiter.limit("20/minute")
@limiter.limit("10/hour", key_func=lambda: f"verify {(request.view_args or {})['token']}")
@requires("anonymous")
def confirmed(token: str) -> Page:
    try:
        link = one_time.look_at(signups.CONFIRM, token)
        asked = _asks_password(link)
        if asked and not _knows_password(link.email):
            return _confirm_page(link, gettext("That is not the password that you chose.")), 422
        person = signups.confirm(token)
    except LinkExpired:
        return _expired()
    case = queue.newest_of(person.id)
    onward = url_for("welcome.show") if case is not None and case.waits_for is not None else ""
    return sign_in_person(person.id, way="password" if asked else "link", onward=onward)


def _confirm_page(link: OneTimeToken, fault: str = "") -> str:
    return render_template(
        "pages/confirm.html", email=link.email, ask_password=_asks_password(link), fault=fault
    )


def _asks_password(link: OneTimeToken) -> bool:
    """Whether this is another browser than the one that signed up with a password. Then it is asked for: somebody
    else may have signed up with this address and a password of theirs, and the address's owner must not confirm
    that by a click."""
    begun, here = link.data.get(BROWSER), session.get(BROWSER)
    if begun and here and hmac.compare_digest(begun, here):
        return False
    found = credentials.find(link.email)
    return found is not None and found.password_hash is not None


def _knows_password(address: str) -> bool:
    found = credentials.find(address)
    stored = found.password_hash if found else None
    end_transaction()
    return verify_password(stored, request.form.get("password", "")[: credentials.MAX_PASSWORD])


def _expired() -> tuple[str, int]:
    text = gettext("Links in our mails work once and expire. If you have confirmed already, just sign in.")
    again = url_for("sign_up.resend")
    return render_template("pages/link_expired.html", text=text, again_url=again), 410


@bp.post("/verify/resend")
@limiter.limit("10/minute;30/hour")
@mail_limit
@requires("anonymous")
def resend() -> Page:
    address, fault = checks.email(checks.typed("email"))
    if fault:
        return redirect(url_for("sign_up.form"), 303)
    letters.confirm_again(address)
    return _check_mail(address)
