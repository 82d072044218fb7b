"""Inviting to a workspace: one address, a list of them, or by a link that is passed on."""

from __future__ import annotations

from flask import Blueprint, flash, request
from flask_babel import gettext, ngettext
from werkzeug import Response

from plg.accounts import invitations, links, memberships, rights
from plg.accounts.invitations import InvitationNotFound, TooManyInvitations
from plg.accounts.links import BadLink, TooManyLinks
from plg.accounts.models import Account
from plg.kit.caller import current_caller, requires
from plg.kit.rate_limits import limiter
from plg.people import people
from plg.web.pages import checks, workspace_letters
from plg.web.pages.invitation_list import InvitationList, read_list
from plg.web.pages.limits import mail_limit
from plg.web.pages.members import ROLE_NAMES, Form, back, page
from plg.web.pages.own_workspace import here

bp = Blueprint("inviting", __name__)

Page = str | tuple[str, int] | Response


@bp.post("/workspace/members")
@limiter.limit("20/minute;200/day")
@mail_limit
@requires("person")
def invite() -> Page:
    account, reader = here("members.invite")
    typed, role = checks.typed("email"), checks.typed("role")
    address, fault = checks.email(typed)
    if not fault and address in _members(account.id):
        fault = gettext("This person is a member already.")
    values = {"email": typed, "role": role}
    if fault:
        return page(Form("invite", values, {"email": fault})), 422
    try:
        made, token = invitations.invite(account.id, address, role, by=reader)
    except TooManyInvitations:
        return page(Form("invite", values, {"email": _too_many()})), 409
    workspace_letters.invite(made, token, inviter=current_caller().name, account=account.name)
    flash(gettext("We have written to %(email)s.", email=address), "ok")
    return back()


@bp.post("/workspace/members/list")
@limiter.limit("10/hour")
@requires("person")
def invite_list() -> Page:
    """Invite many, by a file or by pasted lines. A list with faults invites nobody, until the inviter says that the
    good lines are enough."""
    account, reader = here("members.invite")
    upload = request.files.get("file")
    role = memberships.check_role(checks.typed("role"))
    given = [key for key in ROLE_NAMES if rights.may_give(memberships.role(account.id, reader), key)]
    found = read_list(
        upload.read(InvitationList.MAX_BYTES + 1) if upload else b"",
        request.form.get("list", ""),
        role,
        may_give=given,
        members=_members(account.id),
    )
    if found.fault or not found.good or (found.faults and not request.form.get("only_good")):
        return page(_again(found, role)), 422
    try:
        made = invitations.invite_all(account.id, found.good, by=reader)
    except TooManyInvitations:
        return page(Form("list", {"list": found.text, "role": role}, {"list": _too_many()})), 409
    for row, token in made:
        workspace_letters.invite(row, token, inviter=current_caller().name, account=account.name)
    sent = ngettext("We have written to one address.", "We have written to %(num)d addresses.", len(made))
    flash(sent, "ok")
    return back()


def _again(found: InvitationList, role: str) -> Form:
    fault = found.fault or ("" if found.faults else gettext("Give at least one address."))
    return Form(
        "list",
        {"list": found.text, "role": role},
        {"list": fault} if fault else {},
        line_faults=tuple(found.faults),
        good=len(found.good),
    )


def _too_many() -> str:
    return gettext("Too many invitations are open. Take some back first.")


def _members(account_id: int) -> set[str]:
    found = people.get_all(member.person_id for member in memberships.of_account(account_id))
    return {person.email or "" for person in found.values()}


@bp.post("/workspace/invitations/<public_id>/resend")
@limiter.limit("20/minute;200/day")
@limiter.limit("6/hour", key_func=lambda: f"invitation {(request.view_args or {})['public_id']}")
@requires("person")
def resend(public_id: str) -> Response:
    account, reader = here("members.invite")
    made, token = invitations.resend(account.id, public_id, by=reader)
    workspace_letters.invite(made, token, inviter=current_caller().name, account=account.name)
    flash(gettext("We have written to %(email)s.", email=made.email), "ok")
    return back()


@bp.post("/workspace/invitations/<public_id>/revoke")
@requires("person")
def revoke(public_id: str) -> Response:
    account, reader = here("members.invite")
    try:
        invitations.revoke(account.id, public_id, by=reader)
        flash(gettext("The invitation was taken back."), "ok")
    except InvitationNotFound:
        if not _was_here(account, public_id):
            raise
        flash(gettext("The invitation is not open any more."), "warn")
    return back()


def _was_here(account: Account, public_id: str) -> bool:
    """Whether it is one of this workspace's, which somebody accepted or took back in the meantime."""
    return any(row.public_id == public_id for row in invitations.of_account(account.id, None, 1000))


@bp.post("/workspace/links")
@limiter.limit("20/hour")
@requires("person")
def create_link() -> Page:
    account, reader = here("members.invite")
    values = {name: checks.typed(name) for name in ("role", "max_uses", "days", "domain")}
    try:
        links.create(
            account.id,
            values["role"],
            max_uses=_number(values["max_uses"]),
            days=_number(values["days"]),
            domain=values["domain"],
            by=reader,
        )
    except BadLink as refused:
        return page(Form("link", values, _link_errors(refused))), 422
    except TooManyLinks:
        return page(
            Form("link", values, {"role": gettext("Too many links are open. Close some first.")})
        ), 409
    flash(gettext("The link is ready. Copy it and pass it on."), "ok")
    return back()


def _number(typed: str) -> int:
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 6 else 0


def _link_errors(refused: BadLink) -> dict[str, str]:
    texts = {
        "role": gettext("Choose a role."),
        "max_uses": gettext("Enter a number from 1 to %(num)s.", num=links.MAX_USES),
        "days": gettext("Enter a number from 1 to %(num)s.", num=links.MAX_DAYS),
        "domain": gettext("Enter a domain such as example.com."),
    }
    return {fault.field: texts[fault.field] for fault in refused.errors}


@bp.post("/workspace/links/<public_id>/revoke")
@requires("person")
def revoke_link(public_id: str) -> Response:
    account, reader = here("members.invite")
    links.revoke(account.id, public_id, by=reader)
    flash(gettext("The link is closed."), "ok")
    return back()
