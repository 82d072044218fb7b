"""The files of a draft: each text as it is written, with every fault by its line; images and downloads."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, request
from flask_babel import gettext as _

from academy import draft_media, drafts
from academy.course_media import FOLDER, LIST, address
from academy.draft_media import UploadRefused
from academy.drafts import Files
from academy.endpoints.authoring import NOT_REFUSED, Page, Refused, onward, page, save
from academy.schemas import CourseFile
from plg.kit.caller import requires

bp = Blueprint("academy_course_files", __name__, url_prefix="/staff/courses")


@bp.get("/<course>/draft/files")
@requires("staff")
def index(course: str) -> Page:
    """All of them; with `new`, on to the editor of a text that is not there yet."""
    name = request.args.get("new", "").strip()
    if name:
        return onward("academy_course_files.show", course, name=name)
    return _index(course)


@bp.post("/<course>/draft/files")
@requires("staff")
def change(course: str) -> Page:
    """Keep what was uploaded, or take a file out of the draft: `remove|banks/vat.yaml`, `remove|files/plan.pdf`."""
    what, _bar, gone = request.form.get("do", "").partition("|")
    refused = save(course, lambda files: _without(files, gone)) if what == "remove" else _upload(course)
    if refused:
        return _index(course, refused), refused.status
    flash(_("The draft is saved."), "ok")
    return onward("academy_course_files.index", course)


def _without(files: Files, gone: str) -> Files:
    if gone.startswith(f"{FOLDER}/"):
        return draft_media.remove(files, gone.removeprefix(f"{FOLDER}/"))
    return {name: text for name, text in files.items() if name != gone}


def _upload(course: str) -> Refused | None:
    """Keep every file that was sent; none, where one is faulty."""
    found: dict[str, CourseFile] = {}
    told = ""
    for sent in request.files.getlist("file"):
        name = draft_media.named(sent.filename or "")
        try:
            found[name] = draft_media.keep(name, sent.read())
        except UploadRefused:
            told = _not_taken(sent.filename or "")
    if told or not found:
        return Refused(told={"file": told or _("Choose a file first.")})
    return save(course, lambda files: draft_media.add(files, found))


def _not_taken(name: str) -> str:
    return str(
        _(
            "%(name)s was not taken: a file has at most %(size)d MB, and is what its name says: %(types)s.",
            name=name[:100],
            size=draft_media.MAX_BYTES // 1_000_000,
            types=", ".join(draft_media.STARTS),
        )
    )


def _index(course: str, refused: Refused = NOT_REFUSED) -> str:
    work = drafts.work(course)
    media = draft_media.listed(work.files)
    return page(
        "authoring_files.html",
        work,
        refused,
        texts=[(name, len(text.encode())) for name, text in sorted(work.files.items()) if name != LIST],
        media={name: (about, address(course, name, about.digest)) for name, about in media.items()},
        types=list(draft_media.STARTS),
        max_megabytes=draft_media.MAX_BYTES // 1_000_000,
    )


@bp.get("/<course>/draft/files/<path:name>")
@requires("staff")
def show(course: str, name: str) -> str:
    work = drafts.work(course)
    return _text(course, name, work.files.get(name, ""))


@bp.post("/<course>/draft/files/<path:name>")
@requires("staff")
def write(course: str, name: str) -> Page:
    """Save the text; with `do=check` only tell its faults."""
    text = request.form.get("text", "").replace("\r\n", "\n")
    if request.form.get("do") == "check":
        return _text(course, name, text, checked=True)
    refused = save(course, lambda files: files | {name: text})
    if refused:
        return _text(course, name, text, refused), refused.status
    flash(_("The draft is saved."), "ok")
    return onward("academy_course_files.show", course, name=name)


def _text(course: str, name: str, text: str, refused: Refused = NOT_REFUSED, *, checked: bool = False) -> str:
    """checked: the faults of the text as it was sent, which is not saved."""
    work = drafts.work(course)
    context: dict[str, Any] = {"name": name, "text": text, "checked": None}
    if checked:
        faults = drafts.check(work.files | {name: text}).faults
        context |= {
            "checked": [fault for fault in faults if fault.field.partition(":")[0] == name],
            "seen_at": request.form.get("seen", type=int),
        }
    return page("authoring_text.html", work, refused, **context)
