"""The page behind an invitation's link: join as who you are, or as somebody new, at the invited address only."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask_babel import gettext
from werkzeug import Response

from plg.access import credentials, invited
from plg.access.models import Credential
from plg.accounts import accounts, invitations
from plg.accounts.invitations import InvitationExpired
from plg.accounts.models import Invitation
from plg.kit.caller import current_caller, requires
from plg.kit.db import end_transaction
from plg.kit.rate_limits import limiter
from plg.people import people
from plg.web.front_door import ACCOUNT_IN_SESSION
from plg.web.i18n import current_locale
from plg.web.pages import checks
from plg.web.pages.browser import sign_in_person

bp = Blueprint("invitations", __name__)

Page = str | tuple[str, int] | Response


@bp.get("/invitations/<token>")
@requires("anonymous")
def show(token: str) -> Page:
    try:
        return _page(invitations.look_at(token))
    except InvitationExpired:
        return _expired()


@bp.post("/invitations/<token>")
@limiter.limit("20/minute")
@requires("anonymous")
def accept(token: str) -> Page:
    try:
        invitation = invitations.look_at(token)
        reader = _reader()
        if reader is not None:
            return _join(token, reader)
        if _known(invitation.email) is not None:
            return redirect(url_for("sign_in.login", next=request.path), 303)
        return _join_as_new(token, invitation)
    except InvitationExpired:
        return _expired()


def _page(invitation: Invitation, errors: dict[str, str] | None = None, name: str = "") -> str:
    reader = _reader()
    inviter = people.get(invitation.invited_by_id).name if invitation.invited_by_id else ""
    return render_template(
        "pages/invitation.html",
        invitation=invitation,
        account=accounts.get(invitation.account_id),
        inviter=inviter,
        signed_in_as=reader.email if reader else "",
        fits=reader is not None and reader.email == invitation.email,
        known=_known(invitation.email) is not None,
        errors=errors or {},
        name=name,
        min_password=credentials.MIN_PASSWORD,
    )


def _reader() -> Credential | None:
    """The credential of whoever is signed in here, if its address is confirmed."""
    person_id = current_caller().person_id
    found = credentials.of_person(person_id) if person_id is not None else None
    return found if found is not None and found.email_confirmed_at else None


def _known(address: str) -> Credential | None:
    """Who has confirmed this address. A sign-up that nobody confirmed does not count: its password may be
    anybody's, while whoever holds the invitation's link reads this address's mail."""
    found = credentials.find(address)
    return found if found is not None and found.email_confirmed_at else None


def _join(token: str, reader: Credential) -> Response:
    joined = invitations.accept(token, by=reader.person_id, address=reader.email)
    return _open(joined)


def _join_as_new(token: str, invitation: Invitation) -> Page:
    name, password = checks.typed("name"), request.form.get("password", "")
    errors = checks.faults(
        name=checks.text(name, gettext("Enter your name.")), password=checks.password(password)
    )
    if errors:
        return _page(invitation, errors, name), 422
    credential = invited.admit(invitation.email, name, password, locale=current_locale())
    joined = invitations.accept(token, by=credential.person_id, address=credential.email)
    sign_in_person(credential.person_id)
    return _open(joined)


def _open(joined: Invitation) -> Response:
    session[ACCOUNT_IN_SESSION] = joined.account_id
    return redirect(url_for("workspace.home"), 303)


def _expired() -> tuple[str, int]:
    end_transaction()  # somebody else may have been first after we began to write
    text = gettext("It was accepted already, was taken back, or is too old. Ask for a new one.")
    return render_template("pages/link_expired.html", text=text, again_url=""), 410
