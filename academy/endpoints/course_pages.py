"""Hosted pages of courses and lessons. They work without JavaScript."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, url_for
from flask_babel import gettext as _
from markupsafe import Markup
from werkzeug import Response

from academy import (
    attempts,
    certificates,
    courses,
    enrolments,
    lesson_facts,
    lesson_shown,
    lessons,
    practice,
)
from academy.courses import PublishedCourse
from academy.endpoints.page import marked, page
from academy.enrolments import NotEnrolled, Progress
from academy.lesson_kinds import Practice
from academy.lessons import LessonNotDone
from academy.models import Enrolment
from academy.schemas import Lesson
from plg.kit.caller import current_caller, requires
from plg.kit.db import db, writing
from plg.web import headers
from plg.web.i18n import current_locale
from plg.web.pages import host_product

bp = Blueprint(
    "academy",
    __name__,
    url_prefix="/academy",
    template_folder="../templates",
    static_folder="../static",
    static_url_path="/static",
)


def person_id() -> int:
    """The signed-in person; only for views that require one."""
    found = current_caller().person_id
    assert found is not None
    return found


def enrolment_of_reader(course: str) -> Enrolment | None:
    """The reader's enrolment, where there is a signed-in person and they began the course."""
    reader = current_caller()
    if reader.kind != "person" or reader.person_id is None:
        return None
    return enrolments.find(reader.person_id, course)


@bp.get("")
@requires("anonymous", "person", "staff")
def catalogue() -> str:
    """Every course, with the reader's progress, and the certificates that they hold."""
    caller = current_caller()
    reader = caller.person_id if caller.kind == "person" else None
    theirs = enrolments.all_of(reader) if reader else []
    progress = enrolments.progress(theirs)
    begun = {each.course_key: (courses.published(each.version_id), progress[each.id]) for each in theirs}
    fresh = {each.key: (each, None) for each in courses.catalogue() if each.key not in begun}
    return page(
        "catalogue.html",
        courses=[card(published, done) for published, done in (begun | fresh).values()],
        certificates=certificates.of_person(reader) if reader else [],
        grouped=certificates.grouped,
        issued_on=certificates.issued_on,
    )


@bp.get("/<course>")
@requires("anonymous", "person", "staff")
def course(course: str) -> str:
    """What the course holds, and where the reader is in it."""
    enrolment = enrolment_of_reader(course)
    published = courses.published(enrolment.version_id) if enrolment else courses.live(course)
    progress = enrolments.progress([enrolment])[enrolment.id] if enrolment else None
    passed = next((a for a in attempts.of_enrolment(enrolment) if a.passed), None) if enrolment else None
    certificate = certificates.of_attempt(passed) if passed else None
    return page(
        "course.html",
        **card(published, progress),
        lessons=lesson_list(published, progress),
        next_url=_next_url(published, progress) if progress else None,
        certificate=certificates.grouped(certificate.code) if certificate else None,
        practice=practice.standing(enrolment) if enrolment else None,
    )


@bp.get("/<course>/begin")
@requires("person")
def sign_in_to_begin(course: str) -> Response:
    """Where somebody who is not signed in goes to begin: they sign in on the way, and come back to the course."""
    return redirect(url_for("academy.course", course=course))


@bp.post("/<course>/begin")
@requires("person")
def begin(course: str) -> Response:
    """Enrol, and go to the first lesson that is not finished."""
    enrolment = enrolments.enrol(person_id(), course, account_id=current_caller().account_id)
    published = courses.published(enrolment.version_id)
    return redirect(_next_url(published, enrolments.progress([enrolment])[enrolment.id]))


@bp.get("/<course>/lessons/<lesson>")
@requires("person")
def lesson(course: str, lesson: str) -> str | Response:
    """One lesson to read; the course page for those who have not begun."""
    enrolment = enrolments.find(person_id(), course)
    if enrolment is None:
        return redirect(url_for("academy.course", course=course))
    if not lesson_facts.is_opened(enrolment, lesson):
        with writing():
            lessons.open_lesson(person_id(), course, lesson)
            db.session.commit()
    return lesson_page(course, lesson)


def lesson_page(
    course: str, lesson: str, *, given: dict[str, Any] | None = None, errors: dict[str, str] | None = None
) -> str:
    """The page of a lesson; given, errors: what was filled into its survey, and what is wrong with it."""
    enrolment = enrolments.of(person_id(), course)
    shown = lessons.lesson_of(enrolment, lesson)
    published = courses.published(enrolment.version_id)
    progress = enrolments.progress([enrolment])[enrolment.id]
    language = current_locale()
    place = published.course.lessons.index(shown)
    headers.also_load(shown.work.loads)
    return page(
        "lesson.html",
        **card(published, progress),
        lessons=lesson_list(published, progress),
        lesson={"key": lesson, "number": place + 1, "title": shown.title(language)},
        done=lesson in progress.lessons_done,
        body=Markup(published.lesson_html(lesson, language)),
        work=marked(lesson_shown.work(published, shown, lesson_facts.of(enrolment, shown), language)),
        product_url=_way_to_product(shown),
        given=given or {},
        errors=errors or {},
        previous=published.course.lessons[place - 1].key if place else None,
    )


@bp.post("/<course>/lessons/<lesson>/complete")
@requires("person")
def complete_lesson(course: str, lesson: str) -> Response:
    """Finish a lesson, and go on to what comes after it."""
    try:
        enrolment = lessons.complete(person_id(), course, lesson)
    except NotEnrolled:
        return redirect(url_for("academy.course", course=course))
    except LessonNotDone as refusal:
        flash(_not_yet(refusal.data["kind"]), "warn")
        return redirect(url_for("academy.lesson", course=course, lesson=lesson))
    published = courses.published(enrolment.version_id)
    keys = [each.key for each in published.course.lessons]
    later = keys[keys.index(lesson) + 1 :]
    if later:
        return redirect(url_for("academy.lesson", course=course, lesson=later[0]))
    return redirect(_next_url(published, enrolments.progress([enrolment])[enrolment.id]))


def _way_to_product(lesson: Lesson) -> str | None:
    """Where a practice is done; None where the lesson says no place, or no host product is set."""
    url = lesson.work.url if isinstance(lesson.work, Practice) else None
    if url is None or (url.startswith("/") and host_product.entrance() is None):
        return None
    return host_product.way_to(url)


def _not_yet(kind: str) -> str:
    if kind == "video":
        return _("This lesson is finished once you have watched enough of the video.")
    if kind == "practice":
        return _(
            "Not every task was seen in the product yet. What you did a moment ago may take some seconds to arrive."
        )
    if kind == "survey":
        return _("This lesson is finished once you have answered the survey.")
    return _("Take a little more time for this text; then go on.")


def card(published: PublishedCourse, progress: Progress | None) -> dict[str, Any]:
    """What every page about a course shows of it."""
    language = current_locale()
    whole = published.course
    return {
        "key": published.key,
        "title": whole.title.in_language(language),
        "summary": whole.summary.in_language(language),
        "minutes": whole.minutes,
        "lesson_count": len(whole.lessons),
        "quiz": whole.quiz,
        "quiz_title": whole.quiz.title.in_language(language) if whole.quiz else None,
        "progress": progress,
    }


def lesson_list(published: PublishedCourse, progress: Progress | None) -> list[dict[str, Any]]:
    """Its lessons, and which of them are done."""
    done = progress.lessons_done if progress else frozenset()
    language = current_locale()
    modules = {module.first: module.title.in_language(language) for module in published.course.modules}
    return [
        {
            "key": each.key,
            "title": each.title(language),
            "done": each.key in done,
            "kind": each.work.kind,
            "module": modules.get(each.key),
        }
        for each in published.course.lessons
    ]


def _next_url(published: PublishedCourse, progress: Progress) -> str:
    """Where to go on: the first lesson that is not finished, then the quiz, then the course page."""
    for each in published.course.lessons:
        if each.key not in progress.lessons_done:
            return url_for("academy.lesson", course=published.key, lesson=each.key)
    if published.course.quiz is not None and not progress.quiz_passed:
        return url_for("academy_quiz.rules", course=published.key)
    return url_for("academy.course", course=published.key)
