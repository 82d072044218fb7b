"""Quizzes as the firm's own staff see them: what the attempts say about each question, and how they were taken."""

from __future__ import annotations

from flask import Blueprint, Response, request

from academy import attempts, courses, evidence, quiz_analysis
from academy.endpoints.page import page
from academy.item_data import WHICH
from plg.growth.tables import csv_response
from plg.kit.caller import requires
from plg.people import people
from plg.web.i18n import current_locale

bp = Blueprint("staff_quizzes", __name__, url_prefix="/staff/quizzes")


@bp.get("")
@requires("staff")
def index() -> str:
    """Every live course that has a quiz."""
    language = current_locale()
    rows = [
        {
            "key": each.key,
            "title": each.course.title.in_language(language),
            "version": each.version,
            "questions": each.quiz.length,
        }
        for each in courses.catalogue()
        if each.course.quiz is not None
    ]
    return page("staff_quizzes.html", rows=rows)


@bp.get("/<course>")
@requires("staff")
def analysis(course: str) -> str | Response:
    """The item analysis of a quiz; as CSV with `format=csv`."""
    asked = request.args.get("attempts", "first")
    which = next((each for each in WHICH if each == asked), WHICH[0])
    found = quiz_analysis.analyse(course, version=request.args.get("version", type=int), which=which)
    if request.args.get("format") == "csv":
        return csv_response(quiz_analysis.csv_rows(found), f"{course}-analysis")
    language = current_locale()
    return page(
        "staff_analysis.html",
        course=course,
        title=found.published.course.title.in_language(language),
        figures=quiz_analysis.plain(found),
        texts={
            question.key: question.text.in_language(language) for question in found.published.quiz.drawable
        },
        which=which,
    )


@bp.get("/<course>/attempts")
@requires("staff")
def taken(course: str) -> str:
    """How the latest attempts were taken, where the quiz keeps evidence."""
    published = quiz_analysis.version_of(course, None)
    return page(
        "staff_attempts.html",
        course=course,
        title=published.course.title.in_language(current_locale()),
        kept=published.quiz.evidence,
        rows=evidence.latest(course),
    )


@bp.get("/<course>/attempts/<attempt>")
@requires("staff")
def attempt_taken(course: str, attempt: str) -> str:
    """How one attempt was taken, for a person to judge."""
    found = attempts.find(attempt, person_id=None)
    published = courses.published(found.version_id)
    if published.key != course:
        raise attempts.AttemptNotFound("There is no such attempt.")
    return page(
        "staff_attempt.html",
        course=course,
        title=published.course.title.in_language(current_locale()),
        attempt=found,
        name=people.get(found.person_id).name,
        evidence=evidence.of(found),
    )
