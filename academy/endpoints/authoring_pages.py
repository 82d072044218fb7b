"""Staff pages about courses as a whole: all of them, a new one, versions, going back, and who did what."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from werkzeug import Response

from academy import draft_settings, drafts, publishing
from academy.course_folder import COURSE
from academy.drafts import CourseExists, CourseKeyInvalid
from academy.endpoints.authoring import Page, tell
from academy.endpoints.page import named_actors
from plg.kit.caller import current_caller, requires
from plg.kit.db import db
from plg.kit.errors import Conflict, Unprocessable
from plg.web.i18n import current_locale

bp = Blueprint("academy_authoring", __name__, url_prefix="/staff/courses")

WHAT = {
    "created": lazy_gettext("began the course"),
    "saved": lazy_gettext("saved the draft"),
    "discarded": lazy_gettext("discarded the draft"),
    "published": lazy_gettext("published version %(number)s"),
    "rolled_back": lazy_gettext("went back to version %(number)s"),
    "retired": lazy_gettext("took it out of the catalogue"),
}
"""How the history calls what somebody did."""


@bp.get("")
@requires("staff")
def index() -> str:
    return _list({}, {})


@bp.post("")
@requires("staff")
def create() -> Page:
    """Begin a course: with a key and a title, whatever else it needs is named on its pages."""
    given = {name: request.form.get(name, "").strip() for name in ("key", "es", "en")}
    form = {"course.title.es": given["es"], "course.title.en": given["en"]}
    files = draft_settings.applied({}, COURSE, draft_settings.COURSE_ENTRIES, form)
    errors = {}
    try:
        drafts.create(given["key"], files or {COURSE: ""}, by=current_caller().actor)
    except CourseKeyInvalid:
        errors = {"key": _("A key has small letters, digits and single hyphens, and some words are taken.")}
    except (CourseExists, drafts.DraftChanged):
        errors = {"key": _("There is a course with this key already.")}
    except drafts.FilesUnusable:
        errors = {"es": _("The titles hold something that cannot be kept.")}
    if errors:
        return _list(given, errors), 422
    return redirect(url_for("academy_outline.show", course=given["key"]), 303)


def _list(given: dict[str, str], errors: dict[str, str]) -> str:
    known = publishing.all_courses()
    language = current_locale()
    titles = {
        each.key: publishing.title_of(each.newest.definition, language) for each in known if each.newest
    }
    return render_template(
        "academy/authoring_list.html", courses=known, titles=titles, given=given, errors=errors
    )


@bp.get("/<course>")
@requires("staff")
def show(course: str) -> str | Response:
    """Versions with their learners, and the history; the draft, where nothing was ever published."""
    versions = publishing.versions_of(course)
    if not versions:
        drafts.find(course)
        return redirect(url_for("academy_outline.show", course=course))
    changes = publishing.changes(course)
    return render_template(
        "academy/authoring_course.html",
        key=course,
        title=publishing.title_of(versions[0].definition, current_locale()),
        versions=versions,
        live=versions[0] if versions[0].retired_at is None else None,
        has_draft=drafts.is_there(course),
        learners=publishing.learners(course),
        changes=changes,
        names=named_actors([*(each.by for each in changes), *(each.published_by for each in versions)]),
        what=WHAT,
    )


@bp.get("/<course>/versions/<int:number>")
@requires("staff")
def version(course: str, number: int) -> str:
    """What a version says, and what going back to it would change."""
    row, newest = publishing.version_of(course, number), publishing.versions_of(course)[0]
    live = newest if newest.retired_at is None else None
    found = None
    if live is not None and live.id != row.id:
        found = publishing.difference(
            live.definition, row.definition, drafts.files_of(live), drafts.files_of(row)
        )
    return render_template(
        "academy/authoring_version.html",
        key=course,
        title=publishing.title_of(newest.definition, current_locale()),
        version=row,
        is_live=live is not None and live.id == row.id,
        difference=found,
        learners=publishing.learners(course),
        files=drafts.files_of(row),
    )


@bp.post("/<course>/versions/<int:number>/roll-back")
@requires("staff")
def roll_back(course: str, number: int) -> Response:
    """Publish what that version said."""
    try:
        row = publishing.roll_back(course, number, by=current_caller().actor)
    except (Unprocessable, Conflict) as refusal:
        db.session.rollback()
        tell(refusal)
        return redirect(url_for("academy_authoring.show", course=course), 303)
    flash(_("Version %(num)s is live now.", num=row.version), "ok")
    return redirect(url_for("academy_authoring.show", course=course), 303)


@bp.post("/<course>/retire")
@requires("staff")
def retire(course: str) -> Response:
    """Take it out of the catalogue."""
    publishing.retire(course, by=current_caller().actor)
    flash(_("The course is not in the catalogue any more. People who began may finish it."), "ok")
    return redirect(url_for("academy_authoring.show", course=course), 303)


@bp.post("/<course>/draft/discard")
@requires("staff")
def discard(course: str) -> Response:
    """Let the draft go; what is live stays."""
    drafts.discard(course, by=current_caller().actor)
    flash(_("The draft is gone."), "ok")
    return redirect(url_for("academy_authoring.index"), 303)
