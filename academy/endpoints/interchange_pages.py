"""Questions of other formats into a draft, and those of a draft out as files, each with the report."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, request, send_file
from flask_babel import gettext as _
from flask_babel import ngettext

from academy import draft_interchange, drafts
from academy.course_folder import QUIZ
from academy.draft_interchange import BankNameInvalid, Brought, QuestionsNotFound
from academy.drafts import Files
from academy.endpoints.authoring import NOT_REFUSED, Page, Refused, page, save
from academy.endpoints.fault_words import said
from academy.endpoints.report_words import words_of
from academy.interchange import FORMATS, FormatUnknown, Report
from academy.texts import LANGUAGES
from plg.kit.caller import requires
from plg.kit.errors import Refusal

bp = Blueprint("academy_interchange", __name__, url_prefix="/staff/courses")


@dataclass(frozen=True)
class Seen:
    """The report on one file. kept: whether its questions are in the draft."""

    name: str
    report: Report
    kept: bool

    @property
    def words(self) -> Any:
        """Its notes in the reader's language."""
        return words_of(self.report)


@bp.get("/<course>/draft/quiz/import_questions")
@requires("staff")
def show(course: str) -> str:
    return _page(course)


@bp.post("/<course>/draft/quiz/import_questions")
@requires("staff")
def bring(course: str) -> Page:
    """Bring the questions of a file into the draft; with `do=look` only tell what would become of it."""
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        return _page(course, Refused(told={"file": _("Choose a file first.")})), 422
    other = request.files.get("english")
    english = (other.filename, other.read()) if other and other.filename else None
    bank = request.form.get("bank", "").strip() if request.form.get("into") == "bank" else ""
    try:
        brought = draft_interchange.bring(
            course,
            sent.filename,
            sent.read(),
            format=request.form.get("format") or None,
            bank=bank,
            english=english,
        )
    except Refusal as refusal:
        field = "bank" if isinstance(refusal, BankNameInvalid) else "file"
        return _page(course, Refused(told={field: _why(refusal)})), 422
    if request.form.get("do") == "look" or not brought.keys:
        return _page(course, seen=Seen(sent.filename, brought.report, kept=False))
    refused = save(course, lambda files: _again(files, brought, bank))
    if refused:
        return _page(course, refused), refused.status
    count = len(brought.keys)
    flash(ngettext("One question is in the draft.", "%(num)d questions are in the draft.", count), "ok")
    return _page(course, seen=Seen(sent.filename, brought.report, kept=True))


def _again(files: Files, brought: Brought, bank: str) -> Files:
    """The files as they were brought: `save` refuses where somebody else saved meanwhile."""
    changed = {name for name in brought.files if brought.files[name] != files.get(name)}
    return files | {name: brought.files[name] for name in changed}


def _why(refusal: Refusal) -> str:
    if isinstance(refusal, BankNameInvalid):
        return str(_("A bank is named by small letters, digits and hyphens."))
    if isinstance(refusal, FormatUnknown):
        known = ", ".join(each.title for each in FORMATS if each.read)
        return str(_("The file looks like none of these: %(formats)s.", formats=known))
    return "; ".join(f"{each.field}: {said(each.message)}" for each in refusal.errors) or refusal.detail


def _page(course: str, refused: Refused = NOT_REFUSED, seen: Seen | None = None) -> str:
    work = drafts.work(course)
    return page(
        "authoring_import.html",
        work,
        refused,
        has_quiz=QUIZ in work.files,
        readable=[each for each in FORMATS if each.read],
        banks=draft_interchange.banks(work.files),
        seen_report=seen,
        typed=request.form,
    )


@bp.get("/<course>/draft/quiz/export_questions")
@requires("staff")
def take_out(course: str) -> Page:
    """Choose a format, look at what it cannot hold, and with `download` get the file."""
    work = drafts.work(course)
    banks = draft_interchange.banks(work.files)
    chosen = request.args.get("format", "")
    language = request.args.get("language", LANGUAGES[0])
    bank = {"all": None, QUIZ: ""}.get(part := request.args.get("part", "all"), part)
    writing = None
    if chosen and language in LANGUAGES:
        try:
            writing = draft_interchange.take_out(course, chosen, language=language, bank=bank)
        except QuestionsNotFound:
            flash(_("There is no question to write."), "warn")
        except Refusal as refusal:
            flash(refusal.detail, "danger")
    if writing and request.args.get("download"):
        name = f"{course}.{language}{writing.ending}"
        return send_file(io.BytesIO(writing.data), writing.media_type, as_attachment=True, download_name=name)
    return page(
        "authoring_export.html",
        work,
        formats=[(each.name, each.title) for each in FORMATS if each.write],
        parts=[
            ("all", _("all of the draft")),
            (QUIZ, _("the quiz itself")),
            *((each, each) for each in banks),
        ],
        chosen={"format": chosen, "language": language, "part": part},
        seen_report=Seen("", writing.report, kept=True) if writing else None,
    )
