"""Packages of other systems as drafts, on a page: choose a file, look what would become of it, make the draft."""

from __future__ import annotations

from typing import Any, Final

from flask import Blueprint, render_template, request
from flask_babel import gettext as _

from academy.drafts import CourseExists, CourseKeyInvalid
from academy.endpoints.authoring import MOST_TOLD, Page
from academy.endpoints.fault_words import said
from academy.endpoints.package_words import faults_of, told
from academy.packages import importing
from academy.packages.archive import MAX_PACKED
from academy.packages.importing import Imported
from plg.kit.caller import current_caller, requires
from plg.kit.db import db
from plg.kit.errors import Fault, Refusal

bp = Blueprint("academy_packages", __name__, url_prefix="/staff/courses")

LIMIT: Final = MAX_PACKED + 1_000_000
"""Of a whole form; what is larger than half a megabyte of it goes to the disk as it comes."""


@bp.get("/import_package")
@requires("staff")
def show() -> str:
    return _page()


@bp.post("/import_package")
@requires("staff")
def bring() -> Page:
    """Make the package a draft; with `do=look` only tell what would become of it."""
    sent, key = request.files.get("file"), request.form.get("key", "").strip()
    if sent is None or not sent.filename:
        return _page(errors={"file": _("Choose a file first.")}), 422
    look = request.form.get("do") == "look"
    try:
        if look:
            return _page(importing.inspect(sent.stream, key, name=sent.filename))
        made = importing.make_draft(sent.stream, key, by=current_caller().actor, name=sent.filename)
    except CourseKeyInvalid:
        words = _("A key has small letters, digits and single hyphens, and some words are taken.")
        return _refused({"key": words})
    except CourseExists:
        return _refused({"key": _("There is a course with this key already. Give this one another.")})
    except Refusal as refusal:
        named = _("%(name)s was not taken.", name=sent.filename[:100])
        return _refused({"file": named}, refusal.errors or [Fault("", refusal.detail)])
    return _page(made)


vars(bring)["plg_max_body"] = LIMIT


def _refused(errors: dict[str, str], faults: list[Fault] | None = None) -> tuple[str, int]:
    """The page that says why; nothing of the package stays."""
    db.session.rollback()
    return _page(errors=errors, faults=faults_of(faults or [])), 422


def _page(found: Imported | None = None, *, errors: dict[str, str] | None = None, faults: Any = ()) -> str:
    return render_template(
        "academy/authoring_package.html",
        found=found,
        told=told(found.content.report) if found else None,
        left=[(each.field, said(each.message)) for each in found.faults[:MOST_TOLD]] if found else [],
        errors=errors or {},
        faults=faults,
        typed=request.form,
        max_megabytes=MAX_PACKED // 1_000_000,
    )
