"""A draft is tried on the past: what would have come of it, and how that differs from today."""

from __future__ import annotations

from typing import Any, Final

from flask import Blueprint, request
from flask_babel import gettext, lazy_gettext
from sqlalchemy import select

from onboarding_flows import trying
from onboarding_flows.flows import FlowFaulty
from onboarding_flows.staff_drafts import definition_to_edit, live_flow, saved_draft
from onboarding_flows.staff_pages import Page, page, title_of
from onboarding_flows.trying import Candidate, TooManyToTry
from plg.accounts.models import Account
from plg.kit.caller import requires
from plg.kit.db import db
from plg.people.models import Person

bp = Blueprint("staff_flow_trying", __name__, template_folder="templates")

SPANS: Final = {
    "7": lazy_gettext("The last 7 days"),
    "30": lazy_gettext("The last 30 days"),
    "90": lazy_gettext("The last 90 days"),
    "365": lazy_gettext("The last year"),
}


@bp.get("/staff/flows/<flow>/draft/past")
@requires("staff")
def show(flow: str) -> Page:
    """The form; and with `last` in the address what comes of it, which writes nothing."""
    definition, live = definition_to_edit(flow), live_flow(flow)
    last = request.args.get("last", "")
    tried, told, faults, refused = None, None, 0, ""
    try:
        tried = trying.candidate(flow, definition=definition)
        told = trying.replay(tried, int(last), at_most=trying.MAX_TRIED) if last in SPANS else None
    except FlowFaulty as refusal:
        faults = len(refusal.errors)
    except TooManyToTry:
        refused = gettext("More than %(num)s acted in that time.", num=f"{trying.MAX_TRIED:,}")
    shown = page(
        "past.html",
        key=flow,
        title=title_of(live) if live else flow,
        live=live,
        saved=saved_draft(flow),
        spans=list(SPANS.items()),
        last=last if last in SPANS else "90",
        faults=faults,
        refused=refused,
        told=told,
        steps=_steps(tried, told) if tried and told else [],
        names=_names(told) if told else {},
    )
    return (shown, 413) if refused else shown


def _steps(tried: Candidate, told: dict[str, Any]) -> list[dict[str, Any]]:
    """Each step with its title, and how many of the same people have done it today where the live version has it."""
    today = {each["step"]: each["now"] for each in (told["live"] or {}).get("steps", ())}
    steps = tried.flow.steps
    return [
        {**each, "title": steps[each["step"]].title, "today": today.get(each["step"])}
        for each in told["steps"]
    ]


def _names(told: dict[str, Any]) -> dict[str, str]:
    """What everybody is called who is named there; one query."""
    lists = [each["stuck"] for each in told["steps"]]
    if told["live"]:
        lists += [told["live"]["would_be_completed"], told["live"]["would_be_uncompleted"]]
    ids = {public_id for some in lists for public_id in some["ids"]}
    if told["scope"] == "account":
        accounts = db.session.scalars(select(Account).where(Account.public_id.in_(ids)))
        return {each.public_id: each.name or each.public_id for each in accounts}
    people = db.session.scalars(select(Person).where(Person.public_id.in_(ids)))
    return {each.public_id: each.name or each.email or each.public_id for each in people}
