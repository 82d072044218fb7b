"""The settings of a workspace: what it is called, its calendar, its domains; handing it over, leaving, deleting."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from zoneinfo import available_timezones

from flask import Blueprint, flash, redirect, render_template, session, url_for
from flask_babel import gettext
from werkzeug import Response

from plg.accounts import accounts, deletion, domains, memberships, rights
from plg.accounts.deletion import NameDiffers
from plg.accounts.memberships import LastOwner
from plg.accounts.models import Account
from plg.kit import addresses
from plg.kit.caller import current_caller, requires
from plg.kit.clock import is_zone
from plg.people import people
from plg.web.front_door import ACCOUNT_IN_SESSION
from plg.web.i18n import LOCALES
from plg.web.pages import checks, workspace_letters
from plg.web.pages.own_workspace import confirmed_address, here

bp = Blueprint("workspace_settings", __name__)

Page = str | tuple[str, int] | Response


@bp.get("/workspace/settings")
@requires("person")
def show() -> str:
    return page({}, {})


def page(values: Mapping[str, Any], errors: Mapping[str, str]) -> str:
    """The settings, with what was typed and what is wrong with it."""
    account, reader = here()
    role = memberships.role(account.id, reader)
    closing = account.delete_at is not None
    mine = {right for right in rights.RIGHTS if rights.may(role, right)}
    shown = {"name": account.name, "timezone": account.timezone, "locale": account.locale or ""}
    return render_template(
        "pages/workspace_settings.html",
        account=account,
        closing=closing,
        closing_day=workspace_letters.closing_day(account),
        may=mine & rights.WHILE_CLOSING if closing else mine,
        values={**shown, **values},
        errors=errors,
        zones=_zones(account.timezone),
        locales_shown=[("", gettext("As each reader chooses")), *LOCALES.items()],
        domains=domains.of_account(account.id),
        record_name=domains.record_name,
        mailboxes=domains.MAILBOXES,
        policies=_policies(),
        own_domain=_own_domain(account.id),
        heirs=_heirs(account.id, reader),
        may_leave=not memberships.is_last_owner(account.id, reader),
        days=deletion.GRACE.days,
    )


def _policies() -> list[tuple[str, str]]:
    return [
        ("ask", gettext("They ask, and an owner or admin lets them in")),
        ("join", gettext("They join by themselves")),
        ("off", gettext("Nothing: by invitation only")),
    ]


def _own_domain(account_id: int) -> str:
    """The domain of the reader's address, where it is a company's and not claimed here yet."""
    domain = addresses.domain_of(confirmed_address())
    claimed = {row.domain for row in domains.of_account(account_id)}
    return domain if addresses.is_company_domain(domain) and domain not in claimed else ""


def _heirs(account_id: int, reader: int) -> list[tuple[str, str]]:
    """Members to whom the workspace could be handed over."""
    others = [row.person_id for row in memberships.of_account(account_id) if row.person_id != reader]
    found = people.get_all(others)
    named = [(found[each].public_id, found[each].name or found[each].email) for each in others]
    return [(public_id, name or public_id) for public_id, name in named]


@lru_cache(maxsize=1)
def _places() -> list[str]:
    """Zones named by a place, and UTC."""
    return ["UTC", *sorted(name for name in available_timezones() if "/" in name and name[:4] != "Etc/")]


def _zones(own: str) -> list[tuple[str, str]]:
    names = _places() if own in _places() else [own, *_places()]
    return [(name, name.replace("_", " ")) for name in names]


@bp.post("/workspace/settings")
@requires("person")
def change() -> Page:
    account, _ = here("workspace.change")
    values = {field: checks.typed(field) for field in ("name", "timezone", "locale")}
    errors = checks.faults(
        name=checks.text(values["name"], gettext("Enter a name for the workspace.")),
        timezone="" if is_zone(values["timezone"]) else gettext("Choose a time zone."),
        locale="" if values["locale"] in ("", *LOCALES) else gettext("Choose a language."),
    )
    if errors:
        return page(values, errors), 422
    accounts.change(
        account,
        name=values["name"],
        timezone=values["timezone"],
        locale=values["locale"] or None,
        by=current_caller().actor,
    )
    flash(gettext("Saved."), "ok")
    return back()


@bp.post("/workspace/transfer")
@requires("person")
def transfer() -> Page:
    account, reader = here("ownership.transfer")
    memberships.hold_roles(account.id)
    rights.require(account.id, reader, "ownership.transfer")
    wanted = checks.typed("heir")
    if wanted not in dict(_heirs(account.id, reader)):
        return page({}, {"heir": gettext("Choose a member.")}), 422
    heir = people.find(wanted)
    memberships.hand_over(account.id, heir.id, by=reader)
    workspace_letters.tell_handed_over(account, heir, people.get(reader))
    flash(gettext("%(name)s owns the workspace now; you are an admin.", name=heir.name or heir.email), "ok")
    return back()


@bp.post("/workspace/leave")
@requires("person")
def leave() -> Page:
    account, reader = here("workspace.leave")
    try:
        memberships.remove(account.id, reader, by=current_caller().actor)
    except LastOwner:
        flash(gettext("You are the only owner. Hand the workspace over, or delete it."), "warn")
        return back()
    session.pop(ACCOUNT_IN_SESSION, None)
    flash(gettext("You have left %(account)s.", account=account.name), "ok")
    return redirect(url_for("workspaces.show"), 303)


@bp.post("/workspace/delete")
@requires("person")
def delete() -> Page:
    account, reader = here("workspace.delete")
    try:
        closing = deletion.request(account.id, checks.typed("confirm_name"), by=reader)
    except NameDiffers:
        return page({}, {"confirm_name": gettext("Type the name exactly as it stands above.")}), 422
    workspace_letters.tell_closing(closing, people.get(reader))
    return back()


@bp.post("/workspace/keep")
@requires("person")
def keep() -> Page:
    account, reader = here("workspace.delete")
    kept: Account = deletion.cancel(account.id, by=reader)
    workspace_letters.tell_kept(kept, people.get(reader))
    flash(gettext("The workspace stays. We have told everybody."), "ok")
    return back()


def back() -> Response:
    return redirect(url_for("workspace_settings.show"), 303)
