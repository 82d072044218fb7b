"""The first page after the address is confirmed, where the trial waits for something: colleagues who are here
already, a card, or our staff. Only here, to its owner, is told what was decided about a sign-up."""

from __future__ import annotations

from flask import Blueprint, current_app, flash, redirect, render_template, url_for
from flask_babel import gettext
from werkzeug import Response

from plg.accounts import accounts, joining
from plg.accounts.domains import Joinable
from plg.billing import checkouts
from plg.kit.caller import current_caller, requires
from plg.people import people
from plg.signups import cases, queue
from plg.signups.cases import NothingToChoose
from plg.signups.models import Case
from plg.web.pages.addresses import public_url

bp = Blueprint("welcome", __name__)


@bp.get("/welcome")
@requires("person")
def show() -> str | Response:
    case = waiting()
    if case is None:
        return redirect(url_for("workspace.home"))
    return render_template(
        "pages/welcome.html",
        case=case,
        account=accounts.get(case.account_id),
        colleagues=_colleagues(case) if case.waits_for == "choice" else [],
        contact=current_app.extensions["plg.settings"].contact,
    )


@bp.post("/welcome/own")
@requires("person")
def start_own() -> Response:
    """No, thank you: a workspace of my own, with its trial."""
    cases.start_own(current_caller().person_id or 0)
    flash(gettext("Your workspace is ready, and your trial runs."), "ok")
    return redirect(url_for("workspace.home"), 303)


@bp.post("/welcome/card")
@requires("person")
def show_card() -> Response:
    """Lead to where a card can be shown; back here, the worker has heard of it a moment later."""
    case = waiting()
    if case is None or case.waits_for != "card":
        raise NothingToChoose("Your trial does not wait for a card any more.")
    person_id, back = case.person_id, public_url("welcome.show")
    return redirect(
        checkouts.open_setup(case.account_id, by=person_id, success_url=back, cancel_url=back), 303
    )


def waiting() -> Case | None:
    """The signed-in person's sign-up, where its trial waits for something."""
    case = queue.newest_of(current_caller().person_id or 0)
    return case if case is not None and case.waits_for is not None else None


def notice(account_id: int) -> bool:
    """Whether the workspace's page says that its trial waits for something that its reader can see to."""
    case = waiting()
    return case is not None and case.account_id == account_id


def _colleagues(case: Case) -> list[tuple[Joinable, str]]:
    """The workspaces of the person's company, with how to get in (`join`, `ask`, `open`)."""
    address = people.get(case.person_id).email or ""
    return [(one, how) for one, how in joining.offers(case.person_id, address) if how != "declined"]
