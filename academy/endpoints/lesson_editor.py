"""One lesson of a draft: its Markdown in both languages side by side, and how that looks."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, flash, request
from flask_babel import gettext as _
from markupsafe import Markup

from academy import draft_media, drafts, outline
from academy.course_media import FOLDER, address
from academy.drafts import Files, Work
from academy.endpoints.authoring import NOT_REFUSED, Page, Refused, onward, page, save
from academy.markdown import block_html, lesson_html
from academy.texts import LANGUAGES
from plg.kit.caller import requires

bp = Blueprint("academy_lesson_editor", __name__, url_prefix="/staff/courses")


@bp.get("/<course>/draft/lessons/<lesson>")
@requires("staff")
def show(course: str, lesson: str) -> str:
    work = drafts.work(course)
    line = outline.line(work.files, lesson)
    return _page(course, lesson, {each: work.files.get(line.body_name(each), "") for each in LANGUAGES})


@bp.post("/<course>/draft/lessons/<lesson>")
@requires("staff")
def change(course: str, lesson: str) -> Page:
    """Save the texts, and the key where it is another; with `do=look` they are only shown."""
    bodies = {each: request.form.get(each, "").replace("\r\n", "\n") for each in LANGUAGES}
    if request.form.get("do") == "look":
        return _page(course, lesson, bodies, looked=True)
    key = request.form.get("key", "").strip() or lesson
    refused = save(course, lambda files: _written(files, lesson, key, bodies))
    if refused:
        return _page(course, lesson, bodies, refused), refused.status
    flash(_("The draft is saved."), "ok")
    return onward("academy_lesson_editor.show", course, lesson=key)


def _written(files: Files, lesson: str, key: str, bodies: Mapping[str, str]) -> Files:
    """The files with these texts. One that is empty and was not there does not come to be."""
    files = outline.rename(_with(files, lesson), lesson, key)
    line = outline.line(files, key)
    names = {line.body_name(each): bodies[each] for each in LANGUAGES}
    return files | {name: body for name, body in names.items() if body or name in files}


def _with(files: Files, lesson: str) -> Files:
    """With the lesson, which somebody may have taken away while it was written here."""
    there = any(each.key == lesson for each in outline.lines(files))
    return files if there else outline.add(files, lesson, {})


def _page(
    course: str,
    lesson: str,
    bodies: Mapping[str, str],
    refused: Refused = NOT_REFUSED,
    *,
    looked: bool = False,
) -> str:
    """looked: nothing is saved, the texts are shown as they were sent."""
    work = drafts.work(course)
    lines = outline.lines(_with(work.files, lesson))
    line = next(each for each in lines if each.key == lesson)
    place = lines.index(line)
    return page(
        "authoring_lesson.html",
        work,
        refused,
        line=line,
        new_key=request.form.get("key", lesson),
        **({"seen_at": request.form.get("seen", type=int)} if looked else {}),
        bodies=bodies,
        drawn={each: as_html(body, _addresses(work)) for each, body in bodies.items()},
        looked=looked,
        others=[name for name in line.names if not name.endswith(".md")],
        work_name=f"{line.number:02d}-{line.key}.yaml",
        previous=lines[place - 1] if place else None,
        next=lines[place + 1] if place + 1 < len(lines) else None,
    )


def _addresses(work: Work) -> dict[str, str]:
    """Where the draft's own images are, by what texts call them."""
    media = draft_media.listed(work.files)
    return {f"{FOLDER}/{name}": address(work.key, name, about.digest) for name, about in media.items()}


def as_html(body: str, addresses: Mapping[str, str]) -> Markup:
    """A lesson's text as a learner reads it, faulty ones, too."""
    title = outline.title_of(body)
    return (
        Markup("<h1>{}</h1>{}").format(title, Markup(lesson_html(body, addresses)))
        if title
        else Markup(block_html(body))
    )
