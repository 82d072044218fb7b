"""Who of a workspace is certified on what: for its owners and admins, and for staff; the list as CSV."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug import Response as WerkzeugResponse

from academy import teams
from academy.endpoints.page import page
from academy.teams import Wish
from academy.teams.holders import Standing
from plg.accounts import accounts
from plg.accounts.models import Account
from plg.growth.tables import csv_response
from plg.kit.caller import requires
from plg.web.i18n import current_locale
from plg.web.pages.own_workspace import here

bp = Blueprint("academy_teams", __name__)
MISSING = "missing"
COLUMNS = ("name", "email", "course", "title", "status", "issued_on", "expires_on", "score_percent", "code")


@bp.get("/workspace/certificates")
@requires("person")
def own() -> str:
    """One's own workspace, for those who may see it."""
    return _page(here("certificates.see")[0], {})


@bp.get("/workspace/certificates.csv")
@requires("person")
def own_csv() -> Response:
    """The same list, with the same filters, whole."""
    return _csv(here("certificates.see")[0])


@bp.get("/staff/academy/teams")
@requires("staff")
def look() -> WerkzeugResponse:
    """To the workspace that was asked for by any of its ids."""
    found = accounts.find(request.args.get("account", "").strip()[:200])
    return redirect(url_for(".staff", account=found.public_id))


@bp.get("/staff/academy/teams/<account>")
@requires("staff")
def staff(account: str) -> str:
    """Any workspace."""
    return _page(accounts.find(account), {"account": account})


@bp.get("/staff/academy/teams/<account>/certificates.csv")
@requires("staff")
def staff_csv(account: str) -> Response:
    """The same list, with the same filters, whole."""
    return _csv(accounts.find(account))


def _page(account: Account, whose: dict[str, Any]) -> str:
    """whose: the variables of the address, for staff."""
    wish, filters = _wish(account), _filters()
    view = "academy_teams.staff" if whose else "academy_teams.own"
    courses = teams.of_team(account.id, wish.horizon)
    lacks = filters.get("standing") == MISSING
    found = teams.Page([], None) if lacks else teams.page_of(wish, request.args.get("cursor"))
    return page(
        "team.html",
        account=account,
        frame="academy/staff_layout.html" if whose else None,
        horizon=teams.of_account(account.id),
        courses=courses,
        choices=[(each.key, each.title[current_locale()]) for each in courses],
        filters=filters,
        lacking=teams.missing(account.id, filters["course"]) if lacks else None,
        holdings=found.holdings,
        next_url=url_for(view, **whose, **filters, cursor=found.next) if found.next else "",
        way=lambda **chosen: url_for(view, **whose, **chosen),
        csv_url=url_for(f"{view}_csv", **whose, **filters),
    )


def _filters() -> dict[str, Any]:
    """Those of the address that are sound: `missing` is asked of one course."""
    course, standing = request.args.get("course", "")[:100], request.args.get("standing", "")
    known = standing in get_args(Standing) or (standing == MISSING and course)
    return ({"course": course} if course else {}) | ({"standing": standing} if known else {})


def _wish(account: Account) -> Wish:
    horizon, filters = teams.of_account(account.id), _filters()
    standing = next((each for each in get_args(Standing) if each == filters.get("standing")), None)
    return Wish(account.id, horizon.moment, filters.get("course"), standing)


def _csv(account: Account) -> Response:
    rows = _missing_rows(account) if _filters().get("standing") == MISSING else _rows(_wish(account))
    return csv_response([COLUMNS, *rows], "certificates")


def _rows(wish: Wish) -> Iterator[tuple[object, ...]]:
    for each in teams.all_of(wish):
        facts = each.facts
        yield (
            each.person.name,
            each.person.email or "",
            facts.course_key,
            facts.title[current_locale()],
            facts.status,
            facts.issued_on.isoformat(),
            facts.expires_on.isoformat() if facts.expires_on else "",
            facts.score,
            facts.code,
        )


def _missing_rows(account: Account) -> Iterator[tuple[object, ...]]:
    course = _filters()["course"]
    for person in teams.missing(account.id, course):
        yield (person.name, person.email or "", course, "", MISSING, "", "", "", "")
