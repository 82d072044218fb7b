"""Staff page of catching up: within which time, whom it concerns, and then it is done."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug import Response

from academy import courses
from academy.certificates import catching_up
from academy.certificates.catching_up import CatchUp, CatchUpFaulty
from academy.certificates.standings import ReasonFaulty
from academy.endpoints.page import page
from academy.moving import VersionNotLive
from plg.kit.caller import current_caller, requires
from plg.web.i18n import current_locale

bp = Blueprint("academy_catch_up", __name__, url_prefix="/staff/academy/learners")


@bp.get("/<course>/catch-up")
@requires("staff")
def show(course: str) -> str:
    return _page(course)


@bp.post("/<course>/catch-up")
@requires("staff")
def catch_up(course: str) -> str | tuple[str, int] | Response:
    """Show whom it concerns (`act=try`), or do it (`act=run`)."""
    form = request.form
    which: dict[str, Any] = {"to": form.get("to", 0, type=int), "within": form.get("within", "")[:40].strip()}
    try:
        if form.get("act") != "run":
            return _page(course, found=catching_up.plan(course, **which))
        done = catching_up.apply(course, **which, reason=form.get("reason", ""), by=current_caller().actor)
    except CatchUpFaulty:
        return _page(course, within_error=_("A time such as 60d, 3 months or 1y.")), 422
    except ReasonFaulty:
        found = catching_up.plan(course, **which)
        return _page(
            course, found=found, reason_error=_("Say why, in at most %(most)d characters.", most=500)
        ), 422
    except VersionNotLive:
        return _page(course, within_error=_("Meanwhile another version is live. Look again.")), 409
    told = ngettext("One certificate ends sooner now.", "%(num)d certificates end sooner now.", done.sooner)
    flash(told, "ok")
    return redirect(url_for("academy_catch_up.show", course=course))


def _page(course: str, found: CatchUp | None = None, **errors: str) -> str:
    live = courses.live(course)
    return page(
        "staff_catch_up.html",
        course=course,
        title=live.course.title.in_language(current_locale()),
        live=live.version,
        has_quiz=live.course.quiz is not None,
        found=found,
        form=request.form,
        **{"within_error": "", "reason_error": ""} | errors,
    )
