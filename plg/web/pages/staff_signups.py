"""Sign-ups as staff see them: what waits for a look, why, and how right the rules have been."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug import Response

from plg.kit.caller import current_caller, requires
from plg.signups import cases, policy, queue, reasons, report
from plg.signups.scoring import ALLOW, HOLD
from plg.web.pages import checks

bp = Blueprint("staff_signups", __name__)

PAGE = 30
FILTERS = ("staff", "all")

Page = str | tuple[str, int] | Response


@bp.get("/staff/signups")
@requires("staff")
def listing() -> str:
    shown = request.args.get("show", "staff")
    before = request.args.get("before", type=int)
    waits_for = None if shown == "all" else "staff"
    found = queue.page(waits_for=waits_for, before=before, limit=PAGE + 1)
    more = found[PAGE - 1].case.id if len(found) > PAGE else None
    return render_template(
        "pages/staff_signups.html",
        rows=found[:PAGE],
        show=shown if shown in FILTERS else "staff",
        next=url_for("staff_signups.listing", show=shown, before=more) if more else "",
        waiting=queue.count_waiting(),
        report=report.of_last(),
        words=_words(),
        sentence=reasons.sentence,
        signal_name=reasons.name,
    )


@bp.get("/staff/signups/<signup>")
@requires("staff")
def one(signup: str) -> str:
    return _one(signup, "")


@bp.post("/staff/signups/<signup>")
@requires("staff")
def overrule(signup: str) -> Page:
    case = queue.find(signup)
    said, reason = checks.typed("decision"), checks.typed("reason")
    if not reason or len(reason) > cases.MAX_REASON:
        return _one(
            signup, gettext("Say why in a few words: whoever looks at it later will ask."), reason
        ), 422
    cases.overrule(case, HOLD if said == HOLD else ALLOW, reason=reason, by=current_caller().actor)
    if said == HOLD:
        flash(gettext("The trial is held. The workspace stays, without it."), "ok")
    else:
        flash(gettext("The trial runs now, and its owner is told by mail."), "ok")
    return redirect(url_for("staff_signups.one", signup=signup), 303)


def _one(signup: str, fault: str, reason: str = "") -> str:
    return render_template(
        "pages/staff_signup.html",
        shown=queue.show([queue.find(signup)])[0],
        rules=policy.live(),
        fault=fault,
        reason=reason,
        words=_words(),
        sentence=reasons.sentence,
    )


def _words() -> dict[str, tuple[str, str]]:
    """(text, kind of badge) for each decision, for what a trial waits for, and for what made a decision fall."""
    return {
        "allow": (gettext("let in"), "ok"),
        "join": (gettext("asked to join"), "info"),
        "verify": (gettext("more proof"), "warn"),
        "hold": (gettext("held"), "danger"),
        "confirmation": (gettext("its address to be confirmed"), ""),
        "choice": (gettext("its owner's choice"), ""),
        "card": (gettext("a card"), ""),
        "staff": (gettext("a look of ours"), ""),
        "by sign-up": (gettext("at the sign-up"), ""),
        "by confirmation": (gettext("when the address was confirmed"), ""),
        "by card": (gettext("when a card was shown"), ""),
    }
