"""Sign-in and sign-up with Google, GitHub and other providers; connecting them to one's account."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext
from werkzeug import Response

from plg.access import credentials, provider_identities, providers
from plg.access.invited import AddressConfirmed
from plg.access.provider_identities import IdentityTaken, LastWayIn, NoVerifiedAddress
from plg.access.providers import Provider
from plg.access.providers_wire import (
    Begun,
    Callback,
    Outsider,
    ProviderAnswerRefused,
    ProviderDenied,
    ProviderUnavailable,
)
from plg.kit.caller import current_caller, requires
from plg.kit.db import end_transaction, writing
from plg.kit.rate_limits import limiter
from plg.web.pages import letters, provider_invited, provider_problems
from plg.web.pages.addresses import local_path, public_url
from plg.web.pages.browser import sign_in_person
from plg.web.pages.limits import network
from plg.web.pages.proof import fresh

bp = Blueprint("providers", __name__)

BEGUN, NEW = "with_provider", "from_provider"
LIFE = 15 * 60
AT_ONCE = 3

Page = str | tuple[str, int] | Response


@bp.app_context_processor
def _for_templates() -> dict[str, Any]:
    return {"sign_in_providers": providers.every, "connected_providers": connected}


def connected() -> list[dict[str, Any]]:
    """What the signed-in person has connected, for the partial `pages/connected_providers.html`."""
    rows = provider_identities.of_person(_person_id())
    return [{"row": row, "name": providers.name_of(row.provider)} for row in rows]


# --- there and back -----------------------------------------------------------------------------------


@bp.get("/login/with/<key>")
@limiter.limit("30/minute", key_func=network)
@requires("anonymous")
def begin(key: str) -> Page:
    """Off to the provider. A plain link: it changes nothing but what this browser waits for."""
    provider = providers.get(key)
    try:
        return redirect(_begin(provider, {"next": local_path(request.args.get("next"), "")}).url)
    except ProviderUnavailable:
        return provider_problems.unavailable(provider)


@bp.get("/login/with/<key>/callback")
@limiter.limit("30/minute", key_func=network)
@requires("anonymous")
def callback(key: str) -> Page:
    """Back from the provider."""
    provider = providers.get(key)
    kept = _take(key, request.args.get("state", ""))
    if kept is None:
        return provider_problems.expired(provider)
    told = Callback(*(request.args.get(name, "") for name in ("code", "error", "iss")))
    end_transaction()
    try:
        outsider = provider.finish(told, Begun(**kept["begun"]))
    except ProviderDenied:
        return provider_problems.denied(provider)
    except ProviderAnswerRefused:
        return provider_problems.refused(provider)
    except ProviderUnavailable:
        return provider_problems.unavailable(provider)
    with writing():
        if "connect" in kept:
            return _connect(provider, outsider, kept["connect"])
        return enter(provider, outsider, kept["next"])


def _begin(provider: Provider, kept: dict[str, Any]) -> Begun:
    """Begin, and let this browser remember it under its `state`; the last few are kept, one a tab."""
    end_transaction()
    begun = provider.begin(public_url("providers.callback", key=provider.key))
    waiting = dict(list(session.get(BEGUN, {}).items())[1 - AT_ONCE :])
    told = {name: value for name, value in asdict(begun).items() if name != "url"} | {"url": ""}
    waiting[begun.state] = {"key": provider.key, "at": int(time.time()), "begun": told, **kept}
    session[BEGUN] = waiting
    return begun


def _take(key: str, state: str) -> dict[str, Any] | None:
    """What this browser remembers of the sign-in that comes back; once, and not for long."""
    waiting = dict(session.get(BEGUN, {}))
    found = waiting.pop(state, None)
    session[BEGUN] = waiting
    if found is None or found["key"] != key or found["at"] < time.time() - LIFE:
        return None
    return found


# --- in -----------------------------------------------------------------------------------------------


def enter(provider: Provider, outsider: Outsider, onward: str) -> Page:
    """Sign in whom the provider vouches for; who is new joins who invited them, or goes on to the page that asks
    for their company."""
    try:
        person_id = provider_identities.enter(outsider)
        joined = provider_invited.join(outsider, onward) if person_id is None else None
    except AddressConfirmed:
        return provider_problems.known(provider, outsider)
    except NoVerifiedAddress:
        return provider_problems.no_address(provider)
    if joined is not None:
        return joined
    if person_id is None:
        session[NEW] = {"at": int(time.time()), "next": onward, "outsider": asdict(outsider)}
        return redirect(url_for("provider_sign_up.form", key=provider.key), 303)
    return sign_in_person(person_id, way=provider.key, onward=onward)


def newcomer(key: str) -> tuple[Outsider, str] | None:
    """Who came back from this provider and is new here, and where they wanted to go."""
    found = session.get(NEW)
    if not found or found["outsider"]["provider"] != key or found["at"] < time.time() - LIFE:
        return None
    return Outsider(**found["outsider"]), found["next"]


# --- connected to an account --------------------------------------------------------------------------


@bp.post("/workspace/security/providers/<key>/connect")
@limiter.limit("30/minute", key_func=network)
@requires("person")
@fresh
def connect(key: str) -> Page:
    provider, person_id = providers.get(key), _person_id()
    try:
        begun = _begin(provider, {"connect": person_id})
    except ProviderUnavailable:
        return provider_problems.unavailable(provider)
    # A page of ours in between: browsers hold the redirects of a form to our own site.
    return render_template("pages/onward.html", address=begun.url, name=provider.name)


def _connect(provider: Provider, outsider: Outsider, person_id: int) -> Page:
    caller = current_caller()
    if caller.kind != "person" or caller.person_id != person_id:
        return provider_problems.expired(provider)
    try:
        provider_identities.connect(outsider, person_id)
    except IdentityTaken:
        return provider_problems.taken(provider)
    _tell(person_id, "provider-connected")
    flash(
        gettext("%(provider)s is connected: its button signs you in from now on.", provider=provider.name),
        "ok",
    )
    return redirect(url_for("security.show"), 303)


@bp.post("/workspace/security/providers/<int:identity_id>/disconnect")
@requires("person")
@fresh
def disconnect(identity_id: int) -> Page:
    try:
        gone = provider_identities.disconnect(_person_id(), identity_id)
        _tell(_person_id(), "provider-disconnected")
        name = providers.name_of(gone.provider)
        flash(gettext("%(provider)s is disconnected: it signs you in no more.", provider=name), "ok")
    except LastWayIn:
        text = gettext(
            "This is your only way in. Choose a password or add a passkey first, then disconnect it."
        )
        flash(text, "warn")
    return redirect(url_for("security.show"), 303)


def _tell(person_id: int, what: str) -> None:
    credential = credentials.of_person(person_id)
    if credential is not None:
        letters.tell_ways_changed(credential, what)


def _person_id() -> int:
    person_id = current_caller().person_id
    assert person_id is not None
    return person_id
