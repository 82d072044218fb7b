"""A draft as a learner would meet it, on the learner's own pages: nothing is recorded, and no link leads out of it.

The pages are those that learners see. Their links are made by `url_for`; here it makes links within the preview.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask_babel import force_locale
from markupsafe import Markup
from werkzeug import Response as Redirect

from academy import drafts, lesson_shown, preview
from academy.courses import CourseNotFound, PublishedCourse
from academy.draw import new_seed
from academy.endpoints import content
from academy.endpoints.authoring import page as draft_page
from academy.endpoints.course_pages import card, lesson_list
from academy.endpoints.page import marked
from academy.endpoints.quiz_pages import percent_text
from academy.lesson_kinds import Facts
from academy.lessons import LessonNotFound
from academy.paper import Marking
from academy.preview import Paper
from academy.scorm import runs
from academy.scorm.passes import PREVIEW
from academy.texts import LANGUAGES
from plg.kit.caller import requires
from plg.kit.clock import now
from plg.web import headers
from plg.web.i18n import current_locale

bp = Blueprint("academy_preview", __name__, url_prefix="/staff/courses/<course>/draft/preview")


@bp.get("")
@requires("staff")
def show(course: str) -> Response | tuple[str, int]:
    """The course's own page, before one begins it; what keeps it from being shown, where something does."""
    work = drafts.work(course)
    checked = drafts.check(work.files)
    if checked.course is None:
        return draft_page("authoring_unsound.html", work), 422
    found = preview.published(course, checked.course)
    return _page("course.html", found, lessons=lesson_list(found, None, {}), next_url=None, certificate=None)


@bp.post("")
@requires("staff")
def begin(course: str) -> Redirect:
    """Begin, without beginning: the first lesson."""
    return redirect(_lesson_url(course, _sound(course).course.lessons[0].key), 303)


@bp.get("/lessons/<lesson>")
@requires("staff")
def lesson(course: str, lesson: str) -> Response:
    found = _sound(course)
    shown = found.course.lesson(lesson)
    if shown is None:
        raise LessonNotFound(f"There is no lesson {lesson!r}.")
    language, place = _language(), found.course.lessons.index(shown)
    headers.also_load(content.with_origin(shown.work.loads))
    return _page(
        "lesson.html",
        found,
        lessons=lesson_list(found, None, {}),
        lesson={"key": lesson, "number": place + 1, "title": shown.title(language)},
        done=False,
        body=Markup(found.lesson_html(lesson, language)),
        work=marked(lesson_shown.work(found, shown, Facts(at=now()), language)),
        given={},
        errors={},
        previous=found.course.lessons[place - 1].key if place else None,
        begun=True,
    )


@bp.post("/lessons/<lesson>")
@requires("staff")
def complete(course: str, lesson: str) -> Redirect:
    """Go on, without finishing anything: the next lesson, then the quiz, then the course."""
    found = _sound(course)
    keys = [each.key for each in found.course.lessons]
    later = keys[keys.index(lesson) + 1 :] if lesson in keys else []
    if later:
        return redirect(_lesson_url(course, later[0]), 303)
    endpoint = ".quiz" if found.course.quiz else ".show"
    return redirect(url_for(endpoint, course=course, shown_in=_language()), 303)


@bp.post("/lessons/<lesson>/facts")
@requires("staff")
def facts(course: str, lesson: str) -> dict[str, Any]:
    """How far somebody is who has done nothing, whatever the page tells of its reader."""
    found = _sound(course).course.lesson(lesson)
    if found is None:
        raise LessonNotFound(f"There is no lesson {lesson!r}.")
    return lesson_shown.facts(found, Facts(at=now()), completed=False)


@bp.post("/lessons/<lesson>/scorm")
@requires("staff")
def open_scorm(course: str, lesson: str) -> dict[str, Any]:
    """The content of a lesson as somebody meets it who has never opened it; nothing is kept."""
    found = _sound(course).course
    shown = found.lesson(lesson)
    if shown is None:
        raise LessonNotFound(f"There is no lesson {lesson!r}.")
    work = runs.scorm_of(shown)
    return content.frame(runs.preview(work, found.files[work.package]), PREVIEW, lesson)


@bp.get("/quiz")
@requires("staff")
def quiz(course: str) -> Response:
    """A paper as somebody would get it; `paper` names one that was drawn before."""
    paper = _paper(course)
    return _quiz_page(paper, preview.asked(paper), None)


@bp.post("/quiz")
@requires("staff")
def mark(course: str) -> Response:
    """The same paper, marked as an attempt would be, with every key and feedback."""
    paper = _paper(course)
    answers = preview.read(paper, lambda number: request.form.getlist(f"answer-{number}"))
    questions, marking = preview.marked(paper, answers)
    return _quiz_page(paper, questions, marking)


def _paper(course: str) -> Paper:
    return preview.draw(_sound(course), request.args.get("paper", "")[:64] or new_seed(), _language())


def _quiz_page(paper: Paper, questions: list[dict[str, Any]], marking: Marking | None) -> Response:
    return _page(
        "preview_quiz.html",
        paper.course,
        questions=marked(questions),
        attempt={"public_id": "preview"},
        marking=marking,
        seed=paper.seed,
        percent=percent_text,
    )


def _sound(course: str) -> PublishedCourse:
    """The draft as it would be published; CourseNotFound while it has faults."""
    checked = drafts.check(drafts.work(course).files)
    if checked.course is None:
        raise CourseNotFound("The draft has faults, so there is nothing to see yet.")
    return preview.published(course, checked.course)


def _language() -> str:
    """The language of the preview, which may be another than that of the staff's own pages."""
    asked = request.args.get("shown_in", "")
    return asked if asked in LANGUAGES else current_locale()


def _lesson_url(course: str, lesson: str) -> str:
    return url_for(".lesson", course=course, lesson=lesson, shown_in=_language())


def _page(template: str, found: PublishedCourse, *, begun: bool = False, **context: Any) -> Response:
    """A learner's page, marked as a preview, for no search engine."""
    language = _language()
    progress = preview.nothing_done(found.course) if begun else None
    with force_locale(language):
        drawn = render_template(
            f"academy/{template}",
            frame="academy/preview_layout.html",
            signed_in=True,
            shown_in=language,
            url_for=_inside(language),
            **card(found, progress),
            **context,
        )
    answer = make_response(drawn)
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    return answer


def _inside(language: str) -> Any:
    """`url_for` for the learner's pages: what leads to a page of the course leads to its preview."""
    inner = {
        "academy.course": ".show",
        "academy.catalogue": ".show",
        "academy.begin": ".show",
        "academy.lesson": ".lesson",
        "academy.complete_lesson": ".lesson",
        "academy_lessons.note": ".facts",
        "academy_lessons.open_scorm": ".open_scorm",
        "academy_lessons.answer": ".lesson",
        "academy_quiz.rules": ".quiz",
        "academy_files.send": ".quiz",
    }
    asked = request.view_args or {}

    def preview_url(endpoint: str, **values: Any) -> str:
        of_learners = endpoint.startswith("academy") and not endpoint.startswith("academy_outline")
        if endpoint not in inner and not (of_learners and "course" in values):
            return url_for(endpoint, **values)
        kept = {"lesson": values["lesson"]} if "lesson" in values else {}
        if endpoint not in inner:
            kept = {}
        return url_for(inner.get(endpoint, ".show"), course=asked["course"], shown_in=language, **kept)

    return preview_url
