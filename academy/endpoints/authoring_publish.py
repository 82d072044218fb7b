"""The staff page that makes a draft the live version of its course."""

from __future__ import annotations

from flask import Blueprint, flash, request
from flask_babel import gettext as _
from werkzeug import Response

from academy import drafts, publishing
from academy.endpoints.authoring import onward, page, tell
from plg.kit.caller import current_caller, requires
from plg.kit.db import db
from plg.kit.errors import Conflict, Unprocessable

bp = Blueprint("academy_publishing", __name__, url_prefix="/staff/courses")


@bp.get("/<course>/draft/publish")
@requires("staff")
def confirm(course: str) -> str:
    """What publishing changes, for whom, and what keeps it from that."""
    work = drafts.work(course)
    plan = publishing.plan(course) if work.edition != drafts.NONE else None
    return page("authoring_publish.html", work, plan=plan)


@bp.post("/<course>/draft/publish")
@requires("staff")
def publish(course: str) -> Response:
    """Publish what was looked at; where somebody changed it meanwhile, it is looked at again."""
    seen = request.form.get("seen", -1, type=int)
    try:
        row = publishing.publish(course, edition=seen, by=current_caller().actor)
    except drafts.DraftChanged:
        flash(_("Somebody changed the draft meanwhile. Look at it again."), "warn")
        return onward("academy_publishing.confirm", course)
    except (Unprocessable, Conflict) as refusal:
        db.session.rollback()
        tell(refusal)
        return onward("academy_publishing.confirm", course)
    flash(_("Version %(num)s is live now.", num=row.version), "ok")
    return onward("academy_authoring.show", course)
