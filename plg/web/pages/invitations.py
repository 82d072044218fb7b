"""The pages behind an invitation's link: join as who you are, or as somebody new, at the invited address only. And
behind a link that colleagues pass on: it invites an address of one's own."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask_babel import gettext
from werkzeug import Response

from plg.access import credentials, invited
from plg.access.models import Credential
from plg.accounts import accounts, invitations, links, memberships
from plg.accounts.invitations import InvitationExpired, LinkUsedUp
from plg.accounts.links import OtherDomain
from plg.accounts.models import Invitation, InvitationLink
from plg.kit.caller import requires
from plg.kit.db import end_transaction
from plg.kit.rate_limits import limiter
from plg.people import people
from plg.web.front_door import ACCOUNT_IN_SESSION
from plg.web.i18n import current_locale
from plg.web.pages import checks, workspace_letters
from plg.web.pages.browser import sign_in_person
from plg.web.pages.limits import mail_limit
from plg.web.pages.own_workspace import confirmed
from plg.web.pages.sign_up import WRITTEN_TO

bp = Blueprint("invitations", __name__)

Page = str | tuple[str, int] | Response


@bp.get("/invitations/<token>")
@requires("anonymous")
def show(token: str) -> Page:
    try:
        return _page(invitations.look_at(token))
    except InvitationExpired as refused:
        return _expired(refused)


@bp.post("/invitations/<token>")
@limiter.limit("20/minute")
@requires("anonymous")
def accept(token: str) -> Page:
    try:
        invitation = invitations.look_at(token)
        reader = confirmed()
        if reader is not None:
            return _join(token, reader)
        if _known(invitation.email) is not None:
            return redirect(url_for("sign_in.login", next=request.path), 303)
        return _join_as_new(token, invitation)
    except InvitationExpired as refused:
        return _expired(refused)


def _page(invitation: Invitation, errors: dict[str, str] | None = None, name: str = "") -> str:
    reader = confirmed()
    return render_template(
        "pages/invitation.html",
        invitation=invitation,
        account=accounts.get(invitation.account_id),
        inviter=_inviter(invitation.invited_by_id),
        signed_in_as=reader.email if reader else "",
        fits=reader is not None and reader.email == invitation.email,
        known=_known(invitation.email) is not None,
        errors=errors or {},
        name=name,
        min_password=credentials.MIN_PASSWORD,
    )


def _inviter(person_id: int | None) -> str:
    return people.get(person_id).name if person_id is not None else ""


def _known(address: str) -> Credential | None:
    """Who has confirmed this address. A sign-up that nobody confirmed does not count: its password may be
    anybody's, while whoever holds the invitation's link reads this address's mail."""
    found = credentials.find(address)
    return found if found is not None and found.email_confirmed_at else None


def _join(token: str, reader: Credential) -> Response:
    joined = invitations.accept(token, by=reader.person_id, address=reader.email)
    return _open(joined.account_id)


def _join_as_new(token: str, invitation: Invitation) -> Page:
    name, password = checks.typed("name"), request.form.get("password", "")
    errors = checks.faults(
        name=checks.text(name, gettext("Enter your name.")),
        password=checks.password(password, invitation.email, name),
    )
    if errors:
        return _page(invitation, errors, name), 422
    credential = invited.admit(invitation.email, name, password, locale=current_locale())
    joined = invitations.accept(token, by=credential.person_id, address=credential.email)
    sign_in_person(credential.person_id)
    return _open(joined.account_id)


def _open(account_id: int) -> Response:
    session[ACCOUNT_IN_SESSION] = account_id
    return redirect(url_for("workspace.home"), 303)


@bp.get("/join/<token>")
@requires("anonymous")
def by_link(token: str) -> Page:
    try:
        return _link_page(links.look_at(token))
    except InvitationExpired as refused:
        return _expired(refused)


def _link_page(link: InvitationLink, typed: str = "", fault: str = "") -> str:
    reader = confirmed()
    return render_template(
        "pages/join_by_link.html",
        account=accounts.get(link.account_id),
        inviter=_inviter(link.created_by_id),
        domain=link.domain,
        reader=reader.email if reader else "",
        errors={"email": fault} if fault else {},
        email=typed,
    )


@bp.post("/join/<token>")
@limiter.limit("20/minute")
@mail_limit
@requires("anonymous")
def ask_by_link(token: str) -> Page:
    """Who is signed in joins at once: their address is confirmed. Anybody else gets a mail, whoever they are."""
    try:
        link = links.look_at(token)
        reader = confirmed()
        if reader is not None:
            return _join_by_link(token, link, reader)
        address, fault = checks.email(checks.typed("email"))
        if fault:
            return _link_page(link, checks.typed("email"), fault), 422
        made, mailed = links.ask(token, address)
    except OtherDomain:
        return _link_page(link, checks.typed("email"), _other_domain(link)), 422
    except InvitationExpired as refused:
        return _expired(refused)
    workspace_letters.invite(
        made, mailed, inviter=_inviter(link.created_by_id), account=accounts.get(link.account_id).name
    )
    session[WRITTEN_TO] = address
    return redirect(url_for("invitations.asked"), 303)


def _join_by_link(token: str, link: InvitationLink, reader: Credential) -> Response:
    if memberships.role(link.account_id, reader.person_id) is None:
        _, own = links.ask(token, reader.email)
        invitations.accept(own, by=reader.person_id, address=reader.email)
    return _open(link.account_id)


def _other_domain(link: InvitationLink) -> str:
    return gettext("This link is for addresses of %(domain)s.", domain=link.domain)


@bp.get("/join/sent")
@requires("anonymous")
def asked() -> Page:
    return render_template("pages/check_mail.html", email=session.get(WRITTEN_TO, ""), resend_url="")


def _expired(refused: InvitationExpired) -> tuple[str, int]:
    end_transaction()  # somebody else may have been first after we began to write
    text = gettext("It was accepted already, was taken back, or is too old. Ask for a new one.")
    if isinstance(refused, LinkUsedUp):
        text = gettext("As many people have joined by this link as it was made for. Ask for a new one.")
    return render_template("pages/link_expired.html", text=text, again_url=""), 410
