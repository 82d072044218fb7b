"""The one page between a provider and a new workspace: the name, and the company."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask_babel import gettext
from werkzeug import Response

from plg.access import provider_identities, providers
from plg.access.providers_wire import Outsider
from plg.kit.caller import requires
from plg.kit.rate_limits import limiter
from plg.plans import catalogue
from plg.signups import signups
from plg.web.i18n import current_locale
from plg.web.pages import checks, sign_up_browser
from plg.web.pages.browser import sign_in_person
from plg.web.pages.limits import network
from plg.web.pages.providers import NEW, Page, enter, newcomer

bp = Blueprint("provider_sign_up", __name__)


@bp.get("/signup/with/<key>")
@requires("anonymous")
def form(key: str) -> Page:
    found = newcomer(key)
    if found is None:
        return _back()
    sign_up_browser.form_opened()
    outsider, _ = found
    return _form(outsider, {"name": outsider.name, "company": ""}, {})


@bp.post("/signup/with/<key>")
@limiter.limit("10/minute;60/hour", key_func=network)
@requires("anonymous")
def submit(key: str) -> Page:
    found = newcomer(key)
    if found is None:
        return _back()
    outsider, onward = found
    values = {name: checks.typed(name) for name in ("name", "company")}
    errors = checks.faults(
        name=checks.text(values["name"], gettext("Enter your name.")),
        company=checks.text(values["company"], gettext("Enter the name of your company.")),
    )
    if errors:
        return _form(outsider, values, errors), 422
    session.pop(NEW, None)
    return _sign_up(outsider, onward, values)


def _sign_up(outsider: Outsider, onward: str, values: dict[str, str]) -> Page:
    """Their address counts as confirmed: the provider vouches for it. Who was first in another tab signs in."""
    assert outsider.email is not None
    made = signups.sign_up(
        outsider.email,
        None,
        values["name"],
        values["company"],
        way=outsider.provider,
        confirmed=True,
        locale=current_locale(),
        timezone=checks.timezone(request.form.get("timezone", "")),
        evidence=sign_up_browser.evidence(),
    )
    if made.person is None:
        return enter(providers.get(outsider.provider), outsider, onward)
    provider_identities.connect(outsider, made.person.id)
    if made.case is not None and made.case.waits_for is not None:
        onward = url_for("welcome.show")
    return sign_in_person(made.person.id, way=outsider.provider, onward=onward)


def _form(outsider: Outsider, values: dict[str, str], errors: dict[str, str]) -> str:
    trial = catalogue.live().trial
    return render_template(
        "pages/provider_sign_up.html",
        email=outsider.email,
        provider=providers.name_of(outsider.provider),
        values=values,
        errors=errors,
        trial_days=trial.days if trial else 0,
    )


def _back() -> Response:
    return redirect(url_for("sign_up.form"), 303)
