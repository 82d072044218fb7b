"""Hosted pages of courses and lessons. They work without JavaScript."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup
from werkzeug import Response

from academy import (
    access,
    catalogue,
    certificates,
    courses,
    enrolments,
    lesson_facts,
    lesson_shown,
    lessons,
    locks,
    paths,
    practice,
    resuming,
)
from academy.audience import CourseNotForYou
from academy.catalogue import Wish
from academy.certificates import renewing
from academy.courses import PublishedCourse
from academy.endpoints import content
from academy.endpoints.course_cards import lesson_titles, missing_courses, path_card
from academy.endpoints.page import marked, page
from academy.enrolments import NotEnrolled, Progress
from academy.lesson_kinds import Practice
from academy.lessons import LessonNotDone
from academy.locks import LessonLocked, Locks
from academy.models import Enrolment
from academy.prerequisites import PrerequisitesMissing
from academy.resuming import Place
from academy.schemas import Lesson
from plg.accounts import rights
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


@bp.get("", endpoint="catalogue")
@requires("anonymous", "person", "staff")
def show_catalogue() -> str:
    """The courses that the reader may see, searched and filtered; their paths and certificates; where they go on."""
    caller = current_caller()
    reader = caller.person_id if caller.kind == "person" else None
    found, wish = catalogue.entries(reader, caller.account_id), _wish()
    place = resuming.last_place(reader) if reader else None
    return page(
        "catalogue.html",
        courses=[
            card(each.published, each.progress) | {"closed": each.closed}
            for each in catalogue.search(found, wish)
        ],
        total=len(found),
        wish=wish,
        offered=[(each, _("At most %(minutes)d minutes", minutes=each)) for each in catalogue.MINUTES],
        place=_going_on(place) if place else None,
        paths=[path_card(each) for each in paths.seen_all(reader)],
        certificates=certificates.facts_of_all(certificates.of_person(reader)) if reader else [],
        sees_team=rights.may(caller.role, "certificates.see") if reader else False,
    )


def _wish() -> Wish:
    asked = request.args
    return Wish(
        words=asked.get("q", "")[:200],
        state=next((each for each in catalogue.STATES if each == asked.get("state")), None),
        minutes=next((each for each in catalogue.MINUTES if str(each) == asked.get("minutes")), None),
        certificate=asked.get("certificate") == "1",
    )


def _going_on(place: Place) -> dict[str, Any]:
    """The course in which the reader was last, and what comes next in it."""
    step, language = place.step, current_locale()
    lesson = place.published.course.lesson(step.lesson) if step.lesson else None
    return card(place.published, place.progress) | {
        "next": lesson.title(language) if lesson else None,
        "lock": step.lock,
        "titles": lesson_titles(place.published),
        "url": _next_url(place.enrolment, place.progress),
    }


@bp.get("/<course>")
@requires("anonymous", "person", "staff")
def course(course: str) -> str:
    """What the course holds, where the reader is in it, and what keeps them from going on."""
    caller = current_caller()
    found = access.of(caller.person_id if caller.kind == "person" else None, caller.account_id, course)
    enrolment, published, progress = found.enrolment, found.published, found.progress
    certificate = renewing.newest_of(enrolment.person_id, course) if enrolment else None
    return page(
        "course.html",
        **card(published, progress),
        lessons=lesson_list(published, progress, found.locked),
        quiz_lock=found.locked.get(locks.QUIZ),
        titles=lesson_titles(published),
        obstacles=found.obstacles,
        missing=missing_courses(found.missing),
        next_url=_next_url(enrolment, progress) if enrolment and progress else None,
        next_lock=resuming.next_step(enrolment, progress).lock if enrolment and progress else None,
        certificate=certificates.facts_of(certificate) if certificate else None,
        renewal=renewing.exam_of(certificate.person_id, course) if certificate else None,
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
    """Enrol, and go to the first lesson that is not finished; to the course page where something comes first."""
    try:
        enrolment = enrolments.enrol(person_id(), course, account_id=current_caller().account_id)
    except (CourseNotForYou, PrerequisitesMissing):
        return redirect(url_for("academy.course", course=course))
    return redirect(_next_url(enrolment, enrolments.progress([enrolment])[enrolment.id]))


@bp.get("/<course>/lessons/<lesson>")
@requires("person")
def lesson(course: str, lesson: str) -> str | tuple[str, int] | Response:
    """One lesson to read, or why it is closed; the course page for those who have not begun."""
    enrolment = enrolments.find(person_id(), course)
    if enrolment is None:
        return redirect(url_for("academy.course", course=course))
    try:
        lessons.lesson_of(enrolment, lesson)
    except LessonLocked:
        return _locked(enrolment, lesson), 409
    except PrerequisitesMissing:
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
    locked, language = locks.of(enrolment, progress), current_locale()
    place = published.course.lessons.index(shown)
    headers.also_load(content.with_origin(shown.work.loads))
    return page(
        "lesson.html",
        **card(published, progress),
        lessons=lesson_list(published, progress, locked),
        quiz_lock=locked.get(locks.QUIZ),
        titles=lesson_titles(published),
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
    except (LessonLocked, PrerequisitesMissing):
        return redirect(url_for("academy.lesson", course=course, lesson=lesson))
    except LessonNotDone as refusal:
        flash(_not_yet(refusal.data["kind"]), "warn")
        return redirect(url_for("academy.lesson", course=course, lesson=lesson))
    published = courses.published(enrolment.version_id)
    keys = [each.key for each in published.course.lessons]
    later = keys[keys.index(lesson) + 1 :]
    if later:
        return redirect(url_for("academy.lesson", course=course, lesson=later[0]))
    return redirect(_next_url(enrolment, enrolments.progress([enrolment])[enrolment.id]))


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
    if kind == "scorm":
        return _("This lesson is finished once its content has reported it.")
    if kind == "survey":
        return _("This lesson is finished once you have answered the survey.")
    return _("Take a little more time for this text; then go on.")


def card(published: PublishedCourse, progress: Progress | None) -> dict[str, Any]:
    """What every page of a course says of it."""
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


def _locked(enrolment: Enrolment, lesson: str) -> str:
    """Instead of a lesson: what it waits for."""
    published = courses.published(enrolment.version_id)
    progress = enrolments.progress([enrolment])[enrolment.id]
    locked = locks.of(enrolment, progress)
    return page(
        "lesson_locked.html",
        **card(published, progress),
        lessons=lesson_list(published, progress, locked),
        quiz_lock=locked.get(locks.QUIZ),
        titles=lesson_titles(published),
        lesson=lesson,
        lock=locked[lesson],
    )


def lesson_list(published: PublishedCourse, progress: Progress | None, locked: Locks) -> list[dict[str, Any]]:
    """The lessons in their order: which are done, and which are closed, with what they wait for."""
    done = progress.lessons_done if progress else frozenset()
    language = current_locale()
    modules = {module.first: module.title.in_language(language) for module in published.course.modules}
    return [
        {
            "key": each.key,
            "title": each.title(language),
            "done": each.key in done,
            "lock": locked.get(each.key),
            "kind": each.work.kind,
            "module": modules.get(each.key),
        }
        for each in published.course.lessons
    ]


def _next_url(enrolment: Enrolment, progress: Progress) -> str:
    """Where to go on: the next lesson, then the quiz, then the course page."""
    step, course = resuming.next_step(enrolment, progress), enrolment.course_key
    if step.lesson is not None:
        return url_for("academy.lesson", course=course, lesson=step.lesson)
    if step.kind == "quiz":
        return url_for("academy_quiz.rules", course=course)
    return url_for("academy.course", course=course)
