"""Hosted page of practice: one question at a time, then what is right and why. It works without JavaScript."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug import Response

from academy import courses, enrolments, practice, practice_shown
from academy.endpoints.course_pages import person_id
from academy.endpoints.page import marked, page
from plg.kit.caller import requires
from plg.kit.db import db
from plg.web.i18n import current_locale

bp = Blueprint("academy_practice", __name__, url_prefix="/academy")


@bp.get("/<course>/practice")
@requires("person")
def show(course: str) -> str | Response:
    """The next question; with `answered`, the one that was just answered."""
    enrolment = enrolments.find(person_id(), course)
    if enrolment is None:
        return redirect(url_for("academy.course", course=course))
    handle, where, done = request.args.get("answered", ""), practice.standing(enrolment), None
    if handle:
        try:
            done = practice.last_answer(enrolment, handle)
        except practice.PracticeNotFound:
            return redirect(url_for("academy_practice.show", course=course))
    published, language = courses.published(enrolment.version_id), current_locale()
    return page(
        "practice.html",
        course=course,
        course_title=published.course.title.in_language(language),
        standing=where,
        done=_only(practice_shown.answered(enrolment, done, language)) if done else None,
        task=_only(practice_shown.task(enrolment, where.task, language)) if where.task else None,
    )


@bp.post("/<course>/practice")
@requires("person")
def answer(course: str) -> Response:
    """Mark the answer, and show what is right."""
    reader, handle = person_id(), request.form.get("question", "")[:40]
    enrolment = enrolments.of(reader, course)
    kind = practice.task(enrolment, handle).question
    raw = kind.read_form(request.form.getlist("answer-1"))
    again = url_for("academy_practice.show", course=course)
    try:
        practice.answer(reader, course, handle, request.form.get("turn", -1, type=int), raw)
    except practice.PracticeStale:
        db.session.rollback()
        flash(_("You answered this question in another window. Here is the next one."), "info")
        return redirect(again)
    except practice.PracticeFaulty:
        db.session.rollback()
        flash(_("This answer could not be read. Please give it again."), "warn")
        return redirect(again)
    return redirect(url_for("academy_practice.show", course=course, answered=handle))


def _only(question: dict[str, Any]) -> Any:
    """The one question of the page: papers number theirs."""
    return marked(question | {"question": 1})
