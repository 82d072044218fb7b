"""Staff pages of regrades: choose the corrected version, see who changes, do it; and what was done before."""

from __future__ import annotations

from typing import Any, get_args

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import ngettext
from sqlalchemy import select
from werkzeug import Response

from academy import quiz_analysis, regrade_history, regrades
from academy.endpoints.page import named_actors, page
from academy.endpoints.quiz_pages import percent_text
from academy.models import CourseVersion
from plg.kit.caller import current_caller, requires
from plg.kit.db import db
from plg.people.models import Person
from plg.web.i18n import current_locale

bp = Blueprint("staff_regrades", __name__, url_prefix="/staff/quizzes")


@bp.get("/<course>/regrades")
@requires("staff")
def index(course: str) -> str:
    """The choice of versions, and the regrades that were done."""
    return _page(course)


@bp.post("/<course>/regrades")
@requires("staff")
def regrade(course: str) -> str | tuple[str, int] | Response:
    """Show who would change (`act=try`), or mark them again (`act=run`)."""
    form = request.form
    chosen: dict[str, Any] = {
        "version": form.get("version", 0, type=int),
        "against": form.get("against", 0, type=int),
        "policy": next((each for each in get_args(regrades.Policy) if each == form.get("policy")), "keep"),
    }
    reason = form.get("reason", "")
    try:
        if form.get("act") != "run":
            return _page(course, chosen=chosen, reason=reason, found=regrades.plan(course, **chosen))
        done = regrades.apply(course, **chosen, reason=reason, by=current_caller().actor)
    except regrades.RegradeFaulty as refusal:
        faults = {fault.field: fault.message for fault in refusal.errors}
        found = None if "against" in faults else regrades.plan(course, **chosen)
        return _page(course, found, chosen=chosen, reason=reason, faults=faults), 422
    told = ngettext("One result was changed.", "%(num)d results were changed.", len(done.changes))
    flash(told, "ok")
    return redirect(url_for("staff_regrades.index", course=course))


def _page(course: str, found: regrades.Regrade | None = None, **chosen: Any) -> str:
    newest = quiz_analysis.version_of(course, None)
    runs = regrade_history.runs(course)
    return page(
        "staff_regrades.html",
        course=course,
        title=newest.course.title.in_language(current_locale()),
        versions=_versions(course),
        runs=runs,
        actors=named_actors(run.changed_by for run in runs),
        found=found,
        changes=_changes(found) if found else [],
        percent=percent_text,
        **{"chosen": None, "reason": "", "faults": {}} | chosen,
    )


def _versions(course: str) -> list[int]:
    """The numbers of all versions that were published, the newest first."""
    query = select(CourseVersion.version).where(CourseVersion.key == course)
    return list(db.session.scalars(query.order_by(CourseVersion.version.desc())))


def _changes(found: regrades.Regrade) -> list[dict[str, Any]]:
    """The first thousand, with the names of the people."""
    some = found.changes[: regrades.TOLD]
    query = select(Person.public_id, Person.name).where(Person.public_id.in_({each.person for each in some}))
    names = {public_id: name for public_id, name in db.session.execute(query) if name}
    return [{"change": each, "name": names.get(each.person, each.person)} for each in some]
