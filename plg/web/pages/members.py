"""Who works in a workspace: listed, given another role, removed; who asks to be let in, and who is invited."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext, lazy_gettext
from werkzeug import Response

from plg.accounts import invitations, joining, links, memberships, rights
from plg.accounts.invitations import RoleAboveYours
from plg.accounts.memberships import LastOwner
from plg.accounts.models import ROLES
from plg.kit.caller import current_caller, requires
from plg.people import people
from plg.people.models import Person
from plg.web.pages import checks
from plg.web.pages.addresses import public_url
from plg.web.pages.own_workspace import here

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


@dataclass(frozen=True)
class Form:
    """A form of the page that comes back with what was typed and what is wrong with it. name: which one; line_faults
    and good: of a list of addresses, what is wrong with which line and how many lines are right."""

    name: str
    values: Mapping[str, Any] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    line_faults: tuple[tuple[int, str, str], ...] = ()
    good: int = 0


@bp.get("/workspace/members")
@requires("person")
def show() -> str:
    return page(Form(""))


def page(form: Form) -> str:
    """The members of the reader's workspace, with this form as it came back."""
    account, reader = here()
    role = memberships.role(account.id, reader)
    open_for_changes = account.delete_at is None
    may_invite = open_for_changes and rights.may(role, "members.invite")
    return render_template(
        "pages/members.html",
        account=account,
        rows=_rows(account.id, reader, role if open_for_changes else None),
        asking=joining.of_account(account.id) if may_invite else [],
        pending=invitations.pending(account.id),
        links=_links(account.id) if may_invite else [],
        roles=[(key, ROLE_NAMES[key]) for key in ROLES if rights.may_give(role, key)],
        link_roles=[(key, ROLE_NAMES[key]) for key in links.ROLES],
        role_names=ROLE_NAMES,
        may_invite=may_invite,
        form=form,
        max_uses=links.MAX_USES,
        max_days=links.MAX_DAYS,
    )


def _rows(account_id: int, reader: int, role: str | None) -> list[Row]:
    theirs = memberships.of_account(account_id)
    found = people.get_all(each.person_id for each in theirs)
    return [
        Row(
            found[each.person_id],
            each.role,
            each.person_id == reader,
            rights.may_give(role, each.role) and each.person_id != reader,
        )
        for each in theirs
    ]


def _links(account_id: int) -> list[dict[str, Any]]:
    return [
        {"row": link, "url": public_url("invitations.by_link", token=links.token_of(link))}
        for link in links.of_account(account_id)
    ]


@bp.post("/workspace/members/<public_id>/role")
@requires("person")
def change_role(public_id: str) -> Response:
    account_id, actor, person_id = _managed(public_id)
    role = memberships.check_role(checks.typed("role"))
    if not rights.may_give(actor, role):
        raise RoleAboveYours("Only an owner can make somebody an owner.")
    try:
        memberships.change_role(account_id, person_id, role, by=current_caller().actor)
        flash(gettext("The role was changed."), "ok")
    except LastOwner:
        flash(gettext("A workspace keeps at least one owner."), "warn")
    return back()


@bp.post("/workspace/members/<public_id>/remove")
@requires("person")
def remove(public_id: str) -> Response:
    account_id, _, person_id = _managed(public_id)
    try:
        memberships.remove(account_id, person_id, by=current_caller().actor)
        flash(gettext("The member was removed."), "ok")
    except LastOwner:
        flash(gettext("A workspace keeps at least one owner."), "warn")
    return back()


def _managed(public_id: str) -> tuple[int, str, int]:
    """The workspace, the reader's role and the member, whom they must be allowed to manage. Roles are as of this
    moment and stay so until the change is committed."""
    account, reader = here()
    memberships.hold_roles(account.id)
    person = people.find(public_id)
    role = memberships.role(account.id, person.id)
    if role is None:
        raise people.PersonNotFound("There is no such member.")
    actor = rights.require(account.id, reader, "members.manage")
    if not rights.may_give(actor, role):
        raise RoleAboveYours("Your role does not allow this.")
    return account.id, actor, person.id


def back() -> Response:
    return redirect(url_for("members.show"), 303)
