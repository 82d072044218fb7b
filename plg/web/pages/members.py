"""Who works in a workspace: listed, invited, given another role, removed."""

from __future__ import annotations

from dataclasses import dataclass, replace

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext, lazy_gettext
from werkzeug import Response

from plg.accounts import accounts, invitations, memberships
from plg.accounts.invitations import RoleAboveYours, TooManyInvitations
from plg.accounts.memberships import LastOwner
from plg.accounts.models import ROLES, Membership
from plg.kit.caller import Caller, current_caller, requires
from plg.kit.errors import Forbidden
from plg.kit.rate_limits import limiter
from plg.people import people
from plg.people.models import Person
from plg.web.pages import checks, letters
from plg.web.pages.limits import mail_limit

bp = Blueprint("members", __name__)

ROLE_NAMES = {
    "owner": lazy_gettext("Owner"),
    "admin": lazy_gettext("Admin"),
    "billing": lazy_gettext("Billing"),
    "member": lazy_gettext("Member"),
}


@dataclass(frozen=True)
class Row:
    """One member in the list. manageable: the reader may change or remove them."""

    person: Person
    role: str
    is_reader: bool
    manageable: bool


@bp.get("/workspace/members")
@requires("person")
def show() -> str:
    return _page({}, "")


def _page(errors: dict[str, str], email: str, role: str = "member") -> str:
    caller, account_id = _here()
    rows = [_row(membership, caller) for membership in memberships.of_account(account_id)]
    return render_template(
        "pages/members.html",
        account=accounts.get(account_id),
        rows=rows,
        pending=invitations.pending(account_id),
        roles=[(key, ROLE_NAMES[key]) for key in ROLES if invitations.may_manage(caller.role, key)],
        role_names=ROLE_NAMES,
        may_invite=caller.role in memberships.MAY_INVITE,
        errors=errors,
        email=email,
        role=role,
    )


def _row(membership: Membership, caller: Caller) -> Row:
    is_reader = membership.person_id == caller.person_id
    manageable = invitations.may_manage(caller.role, membership.role) and not is_reader
    return Row(people.get(membership.person_id), membership.role, is_reader, manageable)


def _here() -> tuple[Caller, int]:
    caller = current_caller()
    if caller.account_id is None:
        raise Forbidden("You belong to no workspace yet.")
    return caller, caller.account_id


@bp.post("/workspace/members")
@limiter.limit("20/minute;200/day")
@mail_limit
@requires("person")
def invite() -> tuple[str, int] | Response:
    caller, account_id = _here()
    typed, role = checks.typed("email"), checks.typed("role")
    address, fault = checks.email(typed)
    if not fault and address in _addresses(account_id):
        fault = gettext("This person is a member already.")
    if fault:
        return _page({"email": fault}, typed, role), 422
    try:
        made, token = invitations.invite(account_id, address, role, by=caller.person_id or 0)
    except TooManyInvitations:
        return _page({"email": gettext("Too many invitations are open. Take some back first.")}, typed), 409
    letters.invite(made, token, inviter=caller.name, account=accounts.get(account_id).name)
    flash(gettext("We have written to %(email)s.", email=address), "ok")
    return _back()


def _addresses(account_id: int) -> set[str]:
    return {people.get(m.person_id).email or "" for m in memberships.of_account(account_id)}


@bp.post("/workspace/invitations/<public_id>/revoke")
@requires("person")
def revoke(public_id: str) -> Response:
    caller, account_id = _here()
    invitations.revoke(account_id, public_id, by=caller.person_id or 0)
    flash(gettext("The invitation was taken back."), "ok")
    return _back()


@bp.post("/workspace/members/<public_id>/role")
@requires("person")
def change_role(public_id: str) -> Response:
    caller, account_id, person_id = _managed(public_id)
    role = memberships.check_role(checks.typed("role"))
    if not invitations.may_manage(caller.role, role):
        raise RoleAboveYours("Only an owner can make somebody an owner.")
    try:
        memberships.change_role(account_id, person_id, role, by=caller.actor)
        flash(gettext("The role was changed."), "ok")
    except LastOwner:
        flash(gettext("A workspace keeps at least one owner."), "warn")
    return _back()


@bp.post("/workspace/members/<public_id>/remove")
@requires("person")
def remove(public_id: str) -> Response:
    caller, account_id, person_id = _managed(public_id)
    try:
        memberships.remove(account_id, person_id, by=caller.actor)
        flash(gettext("The member was removed."), "ok")
    except LastOwner:
        flash(gettext("A workspace keeps at least one owner."), "warn")
    return _back()


def _managed(public_id: str) -> tuple[Caller, int, int]:
    """The caller, the workspace and the member, whom the caller must be allowed to manage. Roles are as of this
    moment and stay so until the change is committed."""
    caller, account_id = _here()
    memberships.hold_roles(account_id)
    caller = replace(caller, role=memberships.role(account_id, caller.person_id or 0))
    person = people.find(public_id)
    role = memberships.role(account_id, person.id)
    if role is None:
        raise people.PersonNotFound("There is no such member.")
    if not invitations.may_manage(caller.role, role):
        raise RoleAboveYours("Your role does not allow this.")
    return caller, account_id, person.id


def _back() -> Response:
    return redirect(url_for("members.show"), 303)
