"""The quiz of a draft: its rules and its questions as forms. Whatever they do not know is changed as text."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, request
from flask_babel import gettext as _
from markupsafe import Markup

from academy import bank_files, draft_questions, draft_settings, drafts
from academy.course_folder import QUIZ
from academy.draft_questions import KIND_NAMES, WRITTEN_KIND_NAMES, QuestionNotFound
from academy.draft_settings import QUIZ_ENTRIES
from academy.drafts import Files, Work
from academy.endpoints.authoring import NOT_REFUSED, Page, Refused, onward, page, save
from academy.endpoints.fault_words import said
from academy.markdown import inline_html
from plg.kit.caller import requires
from plg.web.i18n import current_locale

bp = Blueprint("academy_quiz_editor", __name__, url_prefix="/staff/courses")


@bp.get("/<course>/draft/quiz")
@requires("staff")
def show(course: str) -> str:
    return _page(course)


@bp.post("/<course>/draft/quiz")
@requires("staff")
def change(course: str) -> Page:
    """Save the rules; `do` may be `begin` (a quiz where there is none) or `remove|<question>`."""
    what, _bar, key = request.form.get("do", "").partition("|")

    def changed(files: Files) -> Files:
        if what == "begin":
            return files | {QUIZ: files.get(QUIZ, draft_questions.BEGINNING)}
        if what == "remove":
            return draft_questions.without(files, key)
        return draft_settings.applied(files, QUIZ, QUIZ_ENTRIES, request.form)

    refused = save(course, changed)
    if refused:
        return _page(course, refused), refused.status
    flash(_("The draft is saved."), "ok")
    return onward("academy_quiz_editor.show", course)


def _page(course: str, refused: Refused = NOT_REFUSED) -> str:
    work = drafts.work(course)
    held = draft_settings.readable(work.files, QUIZ)
    typed = request.form if refused is not NOT_REFUSED else {}
    return page(
        "authoring_quiz.html",
        work,
        refused,
        has_quiz=QUIZ in work.files,
        readable=held is not None,
        fields=draft_settings.fields(held, QUIZ_ENTRIES, typed),
        rest=draft_settings.rest(held or {}, QUIZ_ENTRIES, ("questions",)),
        questions=[(each, _words(each.question)) for each in draft_questions.every(work.files)],
        kind_names=KIND_NAMES,
        every_kind=KIND_NAMES | WRITTEN_KIND_NAMES,
        text_files=[name for name in sorted(work.files) if name == QUIZ or bank_files.is_bank_file(name)],
    )


def _words(question: dict[str, Any]) -> str:
    text = question.get("text")
    said_so = text.get(current_locale()) if isinstance(text, dict) else text
    return Markup(inline_html(str(said_so or ""))).striptags()[:160]


@bp.get("/<course>/draft/quiz/new_question")
@requires("staff")
def new(course: str) -> str:
    """No question has an underscore in its key, so none is hidden by this address."""
    kind = request.args.get("kind", "")
    work = drafts.work(course)
    taken = {each.question["key"] for each in draft_questions.every(work.files)}
    key = next(key for n in range(1, 10_000) if (key := f"question-{n}") not in taken)
    blank = draft_questions.blank(kind if kind in KIND_NAMES else "single", key)
    return _form(work, blank, None)


@bp.get("/<course>/draft/quiz/<question>")
@requires("staff")
def question(course: str, question: str) -> Page:
    work = drafts.work(course)
    found = draft_questions.place(work.files, question)
    if not found.has_form:
        return onward("academy_course_files.show", course, name=found.file)
    return _form(work, found.question, question)


@bp.post("/<course>/draft/quiz/<question>")
@requires("staff")
def write(course: str, question: str) -> Page:
    """Save the question, or with `do=rows` only give the form more rows. `new_question` adds it."""
    old_key = None if question == "new_question" else question
    work = drafts.work(course)
    try:
        begun = draft_questions.place(work.files, old_key).question if old_key else _begun()
    except QuestionNotFound:
        begun, old_key = _begun(), None  # somebody took it away meanwhile; what was typed is not lost
    written = draft_questions.applied(begun, request.form)
    if request.form.get("do") == "rows":
        return _form(work, written, old_key, more=True)
    if faults := draft_questions.key_faults(work.files, written["key"], old_key):
        told = {fault.field: said(fault.message) for fault in faults}
        return _form(work, written, old_key, Refused(told=told)), 422
    refused = save(course, lambda files: draft_questions.with_question(files, written, old_key))
    if refused:
        return _form(work, written, old_key, refused), refused.status
    flash(_("The draft is saved."), "ok")
    return onward("academy_quiz_editor.question", course, question=written["key"])


def _begun() -> dict[str, Any]:
    kind = request.form.get("kind", "")
    return draft_questions.blank(kind if kind in KIND_NAMES else "single", request.form.get("key", ""))


def _form(
    work: Work,
    question: dict[str, Any],
    old_key: str | None,
    refused: Refused = NOT_REFUSED,
    *,
    more: bool = False,
) -> str:
    part = "answers" if question["kind"] == "numeric" else "options"
    listed = question.get(part)
    rows = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    spare = max(draft_questions.ROWS - len(rows), 4 if more else 1) if part == "options" else 2
    return page(
        "authoring_question.html",
        work,
        refused,
        question=question,
        old_key=old_key,
        seen_at=request.form.get("seen", type=int),
        rows=[*rows, *({} for _spare in range(spare))],
        kind_name=KIND_NAMES[question["kind"]],
        tags=" ".join(map(str, question.get("tags") or [])),
        accepted="\n".join(
            str(each.get("text", "")) for each in question.get("answers") or [] if isinstance(each, dict)
        ),
    )
