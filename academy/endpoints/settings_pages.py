"""The settings of a course as a form. What the form does not know stays as it is written."""

from __future__ import annotations

from flask import Blueprint, flash, request
from flask_babel import gettext as _

from academy import draft_settings, drafts
from academy.course_folder import COURSE
from academy.draft_settings import CERTIFICATE_ENTRIES, COURSE_ENTRIES
from academy.endpoints.authoring import NOT_REFUSED, Page, Refused, onward, page, save
from plg.kit.caller import requires

ENTRIES = (*COURSE_ENTRIES, *CERTIFICATE_ENTRIES)

bp = Blueprint("academy_course_settings", __name__, url_prefix="/staff/courses")


@bp.get("/<course>/draft/settings")
@requires("staff")
def show(course: str) -> str:
    return _page(course)


@bp.post("/<course>/draft/settings")
@requires("staff")
def change(course: str) -> Page:
    refused = save(course, lambda files: draft_settings.applied(files, COURSE, ENTRIES, request.form))
    if refused:
        return _page(course, refused), refused.status
    flash(_("The draft is saved."), "ok")
    return onward("academy_course_settings.show", course)


def _page(course: str, refused: Refused = NOT_REFUSED) -> str:
    work = drafts.work(course)
    held = draft_settings.readable(work.files, COURSE)
    typed = request.form if refused is not NOT_REFUSED else {}
    values = draft_settings.fields(held, ENTRIES, typed)
    rest = draft_settings.rest(held or {}, ENTRIES, ("modules",))
    certificate, values = values[len(COURSE_ENTRIES) :], values[: len(COURSE_ENTRIES)]
    return page(
        "authoring_settings.html",
        work,
        refused,
        fields=values,
        certificate=certificate,
        readable=held is not None,
        rest=rest,
    )
