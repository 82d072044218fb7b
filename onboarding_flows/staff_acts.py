"""What staff do with somebody's flow, from the page that tells why it is as it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext, lazy_gettext
from werkzeug import Response

from onboarding_flows import enrolling, progress, settling, showings, who
from onboarding_flows.who import Who
from plg.kit.caller import current_caller, requires
from plg.kit.clock import now
from plg.kit.db import db
from plg.kit.errors import Refusal

bp = Blueprint("staff_flow_acts", __name__)

Act = Callable[[str, str, Who, str], bool]
"""What happens to a flow, or to a step of it, for whom, by whom; returns whether anything changed."""


def _begin(flow: str, _step: str, they: Who, by: str) -> bool:
    enrolling.find_or_begin(flow, they.actor, by=by)
    return True


def _complete(flow: str, step: str, they: Who, by: str) -> bool:
    person_id, account_id = they.actor
    enrolled = enrolling.find(flow, they.actor)
    return progress.complete_by_hand(enrolled, step, by=person_id, account_id=account_id, actor=by)


def _skip(flow: str, step: str, they: Who, by: str) -> bool:
    enrolled = enrolling.find(flow, they.actor)
    return settling.skip(enrolled, step, by=they.actor.person_id, actor=by, anyway=True)


def _reset_step(flow: str, step: str, they: Who, by: str) -> bool:
    return settling.reset_step(enrolling.find(flow, they.actor), step, by=they.actor.person_id, actor=by)


def _reset(flow: str, _step: str, they: Who, by: str) -> bool:
    return settling.reset(enrolling.find(flow, they.actor), by=they.actor.person_id, actor=by)


def _show(flow: str, _step: str, they: Who, by: str) -> bool:
    person_id, account_id = they.actor
    enrolled = enrolling.find(flow, they.actor)
    if person_id is None:
        return False
    return showings.ask(enrolled, to=person_id, account_id=account_id, at=now(), actor=by)


ACTS: Final[dict[str, Act]] = {
    "begin": _begin,
    "complete": _complete,
    "skip": _skip,
    "reset-step": _reset_step,
    "reset": _reset,
    "show": _show,
}
SAID: Final = {
    "begin": lazy_gettext("They have begun it."),
    "complete": lazy_gettext("The step is done."),
    "skip": lazy_gettext("The step is skipped."),
    "reset-step": lazy_gettext("The step is open again. Only what comes later counts for it."),
    "reset": lazy_gettext("It begins anew for them."),
    "show": lazy_gettext("They are shown it next."),
}


@bp.post("/staff/flows/<flow>/why")
@requires("staff")
def act(flow: str) -> Response:
    """Do what the button says, and look again. A refusal changes nothing and is told."""
    verb, _, step = request.form.get("do", "").partition("|")
    given: dict[str, Any] = {name: request.form.get(name, "").strip() for name in ("person", "account")}
    back = redirect(url_for("staff_flows.why", flow=flow, **given), 303)
    if verb not in ACTS:
        return back
    try:
        they = who.find(given["person"] or None, given["account"] or None)
        changed = ACTS[verb](flow, step, they, current_caller().actor)
    except Refusal as refusal:
        db.session.rollback()
        flash(gettext("That did not work: %(why)s", why=refusal.detail), "danger")
        return back
    flash(SAID[verb] if changed else gettext("It was so already."), "ok")
    return back
