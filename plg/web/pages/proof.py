"""Who changes how they sign in shows first, anew, who they are: by password, by passkey, or by a link in a mail."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar, cast

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug import Response

from plg.access import credentials, passkeys
from plg.access.credentials import WrongCredentials
from plg.access.models import Credential
from plg.access.passkeys import PasskeyRefused
from plg.kit.caller import current_caller, requires
from plg.kit.errors import NotFound
from plg.kit.rate_limits import limiter
from plg.people import identities
from plg.web.pages import browser
from plg.web.pages.addresses import local_path
from plg.web.pages.limits import person_asking
from plg.web.pages.passkey_sign_in import answer_of_form
from plg.web.pages.sign_in_link import send_link

bp = Blueprint("proof", __name__)

F = TypeVar("F", bound=Callable[..., Any])
Page = str | tuple[str, int] | Response


class NoAddress(NotFound):
    """The signed-in person has no address to sign in with here: the host product brought them."""


def fresh(view: F) -> F:
    """For views of a signed-in person that change how they sign in."""

    @functools.wraps(view)
    def guarded(**arguments: Any) -> Any:
        if browser.is_fresh():
            return view(**arguments)
        onward = request.path if request.method == "GET" else url_for("security.show")
        return redirect(url_for("proof.form", next=onward), 303)

    return cast(F, guarded)


def own_credential() -> Credential:
    """The credential of the signed-in person. Raises NoAddress."""
    found = credentials.of_person(current_caller().person_id or 0)
    if found is None:
        raise NoAddress("You do not sign in here with an address of your own.")
    return found


@bp.get("/workspace/security/confirm")
@requires("person")
def form() -> Page:
    return _form(_onward(request.args.get("next")))


@bp.post("/workspace/security/confirm")
@limiter.limit("10/minute", key_func=person_asking)
@requires("person")
def by_password() -> Page:
    onward, credential = _onward(request.form.get("next")), own_credential()
    try:
        credentials.check(credential.email, request.form.get("password", ""))
    except WrongCredentials:
        return _form(onward, gettext("That is not your password.")), 422
    browser.prove()
    return redirect(onward, 303)


@bp.post("/workspace/security/confirm/passkey")
@limiter.limit("10/minute", key_func=person_asking)
@requires("person")
def by_passkey() -> Page:
    onward, person_id = _onward(request.form.get("next")), current_caller().person_id
    try:
        found = passkeys.check(answer_of_form())
        if identities.survivor(found.person_id) != person_id:
            raise PasskeyRefused("This is somebody else's passkey.")
    except PasskeyRefused:
        return _form(onward, passkey_fault=gettext("That is not a passkey of yours.")), 422
    browser.prove()
    return redirect(onward, 303)


@bp.post("/workspace/security/confirm/link")
@limiter.limit("6/hour", key_func=person_asking)
@requires("person")
def by_link() -> Page:
    return send_link(own_credential().email, _onward(request.form.get("next")))


def _onward(target: str | None) -> str:
    return local_path(target, url_for("security.show"))


def _form(onward: str, fault: str = "", passkey_fault: str = "") -> str:
    credential = own_credential()
    return render_template(
        "pages/proof.html",
        next=onward,
        email=credential.email,
        has_password=credential.password_hash is not None,
        has_passkeys=passkeys.are_available() and bool(passkeys.of_person(credential.person_id)),
        errors={"password": fault} if fault else {},
        passkey_fault=passkey_fault,
    )
