"""The outline of a draft: its modules and lessons, added, renamed, moved and removed by buttons alone."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, flash, request
from flask_babel import gettext as _

from academy import drafts, outline, outline_modules
from academy.drafts import Files
from academy.endpoints.authoring import NOT_REFUSED, Page, Refused, onward, page, save
from academy.texts import LANGUAGES
from plg.kit.caller import requires
from plg.web.i18n import current_locale

bp = Blueprint("academy_outline", __name__, url_prefix="/staff/courses")


@bp.get("/<course>/draft")
@requires("staff")
def show(course: str) -> str:
    return _page(course)


@bp.post("/<course>/draft")
@requires("staff")
def change(course: str) -> Page:
    """`do` says what to which: `add`, `up|first-invoice`, `remove|…`; `add-module`, `module-up|0` and so on;
    `titles` saves those of the modules."""
    what, _bar, which = request.form.get("do", "titles").partition("|")
    refused = save(course, _change(what, which))
    if refused:
        return _page(course, refused), refused.status
    if what == "add":
        flash(_("The lesson is added. Write it."), "ok")
        return onward("academy_lesson_editor.show", course, lesson=request.form.get("key", "").strip())
    anchor = f"lesson-{which}" if what in ("up", "down") else "lessons"
    return onward("academy_outline.show", course, _anchor=anchor)


def _change(what: str, which: str) -> Callable[[Files], Files]:
    form, number = request.form, int(which) if which.isdecimal() and len(which) < 4 else -1
    titles = {language: form.get(language, "").strip() for language in LANGUAGES}
    known: dict[str, Callable[[Files], Files]] = {
        "add": lambda files: outline.add(files, form.get("key", "").strip(), titles),
        "up": lambda files: outline.move(files, which, -1),
        "down": lambda files: outline.move(files, which, +1),
        "remove": lambda files: outline.remove(files, which),
        "add-module": lambda files: outline_modules.add(files, titles, form.get("first", "")),
        "module-up": lambda files: outline_modules.move(files, number, -1),
        "module-down": lambda files: outline_modules.move(files, number, +1),
        "module-remove": lambda files: outline_modules.remove(files, number),
    }
    return known.get(what, _retitled)


def _retitled(files: Files) -> Files:
    """With the titles that stand in the fields of the modules."""
    for module in outline.modules(files):
        typed = {each: request.form.get(f"module.{module.number}.{each}") for each in LANGUAGES}
        titles = {each: module.titles[each] if said is None else said.strip() for each, said in typed.items()}
        if titles != module.titles:
            files = outline_modules.rename(files, module.number, titles)
    return files


def _page(course: str, refused: Refused = NOT_REFUSED) -> str:
    work = drafts.work(course)
    given = (
        {name: request.form.get(name, "") for name in ("key", *LANGUAGES)}
        if refused is not NOT_REFUSED
        else {}
    )
    return page(
        "authoring_outline.html",
        work,
        refused,
        entries=outline.entries(work.files),
        lessons=[(each.key, each.titles[current_locale()] or each.key) for each in outline.lines(work.files)],
        modules=len(outline.modules(work.files)),
        typed=request.form if refused is not NOT_REFUSED else {},
        given=given,
    )
