"""What pages of lessons send and fetch: facts about their reader, answers to surveys, files of the course."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask_babel import gettext as _
from pydantic import ValidationError

from academy import courses, draft_media, enrolments, lesson_facts, lesson_shown, lessons, locks, surveys
from academy.endpoints import media
from academy.endpoints.course_pages import lesson_page, person_id
from academy.endpoints.lesson_api import noted, scorm_frame
from academy.endpoints.lesson_shapes import Beat
from academy.lesson_kinds import Survey
from plg.kit.caller import current_caller, requires
from plg.kit.db import db
from plg.kit.errors import Unprocessable
from plg.web.problems import request_faults

bp = Blueprint("academy_lessons", __name__, url_prefix="/academy")


class FactsFaulty(Unprocessable):
    """What a page told cannot be read."""


@bp.get("/<course>/lessons/<lesson>/facts")
@requires("person")
def facts(course: str, lesson: str) -> dict[str, Any]:
    """How far the reader is."""
    enrolment = enrolments.of(person_id(), course)
    found = lessons.lesson_of(enrolment, lesson)
    known, completed = lesson_facts.of(enrolment, found), lessons.is_completed(enrolment, lesson)
    return lesson_shown.facts(found, known, completed=completed)


@bp.post("/<course>/lessons/<lesson>/facts")
@requires("person")
def note(course: str, lesson: str) -> dict[str, Any]:
    """Take down what the page tells of its reader."""
    try:
        beat = Beat.model_validate(request.get_json(silent=True))
    except ValidationError as error:
        raise FactsFaulty(errors=request_faults(error)) from error
    return noted(person_id(), course, lesson, beat)


@bp.post("/<course>/lessons/<lesson>/scorm")
@requires("person")
def open_scorm(course: str, lesson: str) -> dict[str, Any]:
    """Open the content of a lesson in a frame of its page."""
    return scorm_frame(person_id(), course, lesson)


@bp.post("/<course>/lessons/<lesson>/survey")
@requires("person")
def answer(course: str, lesson: str) -> Any:
    """Keep the answers of a form, and go on; a form with faults comes back as it was filled in."""
    reader = person_id()
    work = lessons.lesson_of(enrolments.of(reader, course), lesson).work
    if not isinstance(work, Survey):
        raise surveys.SurveyNotFound(f"The lesson {lesson!r} is no survey.")
    given = {key: request.form.getlist(f"answer-{key}") for key in work.keys}
    raw = {question.key: _value(question.kind, given[question.key]) for question in work.questions}
    back = redirect(url_for("academy.lesson", course=course, lesson=lesson))
    try:
        surveys.answer(reader, course, lesson, raw)
    except surveys.SurveyFaulty as refusal:
        db.session.rollback()
        return _again(course, lesson, raw, refusal)
    except surveys.SurveyAnswered:
        flash(_("You had answered this survey before. Your first answers stay."), "warn")
        return back
    flash(_("Thank you. Your answers are saved."), "ok")
    return back


def _value(kind: str, values: list[str]) -> Any:
    return values if kind == "choice" else values[0] if values else None


def _again(course: str, lesson: str, raw: dict[str, Any], refusal: surveys.SurveyFaulty) -> Any:
    errors = {fault.field.removeprefix("answers."): _said(fault.message) for fault in refusal.errors}
    return lesson_page(course, lesson, given=raw, errors=errors), 422


def _said(message: str) -> str:
    if message == "is needed":
        return _("Please answer this question.")
    return _("This answer cannot be read.")


@bp.get("/<course>/files/<digest>/<name>")
@requires("person", "staff")
def file(course: str, digest: str, name: str) -> Response:
    """A file of the version that the reader is on, for staff of the draft, too; `?keep` to save it."""
    to_keep = "keep" in request.args
    if current_caller().kind == "staff":
        about = draft_media.of_draft(course, name)
        if about is not None and about.digest[:16] == digest:
            return media.send(about, name, to_keep=to_keep)
        published = courses.live(course)
    else:
        enrolment = enrolments.of(person_id(), course)
        locks.check_file(enrolment, name)
        published = courses.published(enrolment.version_id)
    return media.send(media.file_of(published, name, digest), name, to_keep=to_keep)
