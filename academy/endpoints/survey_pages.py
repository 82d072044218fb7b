"""Surveys as the firm's own staff see them: what was answered, and the table of it."""

from __future__ import annotations

from flask import Blueprint, Response

from academy import survey_results, surveys
from academy.endpoints.page import page
from plg.growth.tables import csv_response
from plg.kit.caller import requires
from plg.web.i18n import current_locale

bp = Blueprint("academy_surveys", __name__, url_prefix="/staff/surveys")


@bp.get("")
@requires("staff")
def index() -> str:
    """Every survey of the catalogue."""
    language = current_locale()
    rows = [
        {
            "course": published.key,
            "lesson": lesson.key,
            "title": lesson.title(language),
            "course_title": published.course.title.in_language(language),
            "count": count,
        }
        for published, lesson, count in surveys.all_live()
    ]
    return page("surveys.html", rows=rows)


@bp.get("/<course>/<lesson>")
@requires("staff")
def results(course: str, lesson: str) -> str:
    """What was answered to a survey."""
    language = current_locale()
    found = surveys.results(course, lesson)
    questions = [
        {
            "kind": each.kind,
            "text": each.text.in_language(language),
            "rows": survey_results.counted(found, each.key, language),
            "mean": survey_results.mean(found, each.key),
            "texts": survey_results.written(found, each.key),
        }
        for each in found.survey.questions
    ]
    return page(
        "survey_results.html",
        course=course,
        lesson=lesson,
        title=found.lesson.title(language),
        found=found,
        questions=questions,
        min_shown=surveys.MIN_SHOWN,
    )


@bp.get("/<course>/<lesson>.csv")
@requires("staff")
def as_csv(course: str, lesson: str) -> Response:
    """Every answer as a row; 409 while an anonymous survey has too few."""
    found = surveys.results(course, lesson)
    if found.hidden:
        raise surveys.TooFewAnswers("This anonymous survey is shown once more people have answered.")
    return csv_response(survey_results.csv_rows(found), f"{course}-{lesson}")
