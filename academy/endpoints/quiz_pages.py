"""Hosted pages of a quiz: its rules, the paper, the result. They work without JavaScript."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Callable
from typing import Any

from babel import Locale
from flask import Blueprint, current_app, flash, jsonify, redirect, request, url_for
from flask_babel import format_percent, get_locale, ngettext
from flask_babel import gettext as _
from werkzeug import Response

from academy import attempts, certificates, courses, enrolments, evidence, locks, quiz_rules, review, shown
from academy.certificates import renewing
from academy.endpoints.course_pages import person_id
from academy.endpoints.page import marked, page
from academy.models import EXPIRED, IN_PROGRESS, Attempt
from academy.prerequisites import PrerequisitesMissing
from plg.kit.caller import requires
from plg.kit.clock import now
from plg.kit.db import db
from plg.kit.errors import Conflict
from plg.web.i18n import current_locale

bp = Blueprint("academy_quiz", __name__, url_prefix="/academy")


@bp.get("/<course>/quiz")
@requires("person")
def rules(course: str) -> str | Response:
    """What the quiz asks for, the attempts so far, and the button that starts one."""
    enrolment = enrolments.find(person_id(), course)
    if enrolment is None:
        return redirect(url_for("academy.course", course=course))
    earlier = attempts.of_enrolment(enrolment)
    exam = renewing.exam_of(enrolment.person_id, course) if any(each.passed for each in earlier) else None
    published = exam.published if exam else courses.published(enrolment.version_id)
    counted = renewing.among(exam, earlier) if exam else earlier
    running = next((each for each in earlier if each.state == IN_PROGRESS), None)
    return page(
        "quiz_rules.html",
        course=course,
        course_title=published.course.title.in_language(current_locale()),
        title=published.quiz.title.in_language(current_locale()),
        quiz=published.quiz,
        length=exam.short.questions if exam and exam.short else published.quiz.length,
        renews=exam is not None,
        name=certificates.name_for(enrolment.person_id, exam.certificate if exam else None),
        contact=current_app.extensions["plg.settings"].contact,
        counted=len(counted),
        extra_minutes=enrolment.extra_minutes,
        max_attempts=quiz_rules.max_attempts(published.quiz, enrolment),
        earlier=[each for each in earlier if each.state != IN_PROGRESS],
        running=running,
        marks_told={each.public_id for each in earlier if "marks" in review.told(each)},
        obstacle=None if running else _obstacle(lambda: attempts.check_may_start(enrolment, earlier)),
        percent=percent_text,
    )


@bp.post("/<course>/quiz")
@requires("person")
def start(course: str) -> Response:
    """Start an attempt, or go back to the one that is open."""
    try:
        attempt = attempts.start(person_id(), course, network=evidence.network(request.remote_addr))
    except Conflict:
        db.session.rollback()
        return redirect(url_for("academy_quiz.rules", course=course))
    return redirect(url_for("academy_quiz.paper", attempt=attempt.public_id))


@bp.get("/attempts/<attempt>")
@requires("person")
def paper(attempt: str) -> str | Response:
    """The questions of a running attempt, as they are answered so far."""
    found = attempts.find(attempt, person_id=person_id())
    if found.state != IN_PROGRESS:
        return redirect(url_for("academy_quiz.result", attempt=attempt))
    return _paper(found)


@bp.post("/attempts/<attempt>")
@requires("person")
def answer(attempt: str) -> Any:
    """Save the answers (`draft`: by the page itself), or save them and end the attempt; `close` ends one whose time
    is over."""
    reader = person_id()
    found = attempts.find(attempt, person_id=reader)
    act = request.form.get("act")
    given = {} if act == "close" else posted(found)
    sequence = request.form.get("sequence", -1, type=int)
    in_script = request.accept_mimetypes.best == "application/json"
    try:
        found = _act(act)(attempt, given, sequence, person_id=reader)
    except attempts.StaleAnswers:
        if in_script:
            raise
        return _paper(found, given), 409
    except (attempts.AttemptExpired, attempts.AttemptFinished):
        if in_script:
            raise
        found = attempts.submit(attempt, {}, sequence, person_id=reader)
    if in_script:
        return jsonify({"sequence": found.sequence, "seconds_left": shown.seconds_left(found)})
    if found.state == IN_PROGRESS:
        flash(_("Your answers are saved. You can go on now or later."), "ok")
        return redirect(url_for("academy_quiz.paper", attempt=attempt))
    return redirect(url_for("academy_quiz.result", attempt=attempt))


def _act(name: str | None) -> Callable[..., Attempt]:
    if name == "draft":
        return functools.partial(attempts.autosave, left_page=request.form.get("left", type=int))
    return attempts.save if name == "save" else attempts.submit


@bp.get("/attempts/<attempt>/result")
@requires("person")
def result(attempt: str) -> str | Response:
    """The mark, and every question with its feedback."""
    found = attempts.find(attempt, person_id=person_id())
    if found.state == IN_PROGRESS:
        return redirect(url_for("academy_quiz.paper", attempt=attempt))
    published = courses.published(found.version_id)
    certificate = certificates.of_attempt(found) if found.passed else None
    shown_so = _told(found)
    return page(
        "result.html",
        attempt=found,
        expired=found.state == EXPIRED,
        course=published.key,
        course_title=published.course.title.in_language(current_locale()),
        title=published.quiz.title.in_language(current_locale()),
        quiz=published.quiz,
        questions=shown_so["questions"],
        band=shown_so.get("score_feedback_html"),
        told=review.told(found),
        certificate=certificates.grouped(certificate.code) if certificate else None,
        percent=percent_text,
    )


def _paper(attempt: Attempt, unsaved: dict[int, Any] | None = None) -> str:
    """unsaved: what a page that is out of date sent; it is shown again, so that nothing has to be repeated."""
    published = courses.published(attempt.version_id)
    questions = _told(attempt)["questions"]
    for question in questions:
        if unsaved is not None and question["question"] in unsaved:
            question["answer"] = unsaved[question["question"]]
    return page(
        "paper.html",
        attempt=attempt,
        stale=unsaved is not None,
        over=attempts.is_over(attempt),
        seconds_left=shown.seconds_left(attempt),
        quiz=published.quiz,
        course=published.key,
        title=published.quiz.title.in_language(current_locale()),
        questions=questions,
    )


def _told(attempt: Attempt) -> dict[str, Any]:
    """As `shown.attempt`, with HTML that templates take as such: it was made safe when it was published."""
    told: dict[str, Any] = marked(shown.attempt(attempt, current_locale()))
    return told


def posted(attempt: Attempt) -> dict[int, Any]:
    """The whole paper as the form sends it; a field that the paper does not have becomes question 0: a fault."""
    quiz = courses.published(attempt.version_id).quiz
    fields = {f"answer-{number}": (number, slot) for number, slot in enumerate(attempts.slots_of(attempt), 1)}
    strange = any(name.startswith("answer-") and name not in fields for name in request.form)
    raw: dict[int, Any] = {0: None} if strange else {}
    told = review.told_while_running(attempt)
    for name, (number, slot) in fields.items():
        if str(number) in told and name not in request.form:
            continue  # the page shows its review instead of its fields
        raw[number] = quiz.question(slot.question).read_form(request.form.getlist(name))
    return raw


def _obstacle(check: Callable[[], object]) -> str | None:
    """Why no attempt can begin now, in the reader's language."""
    try:
        check()
    except attempts.AlreadyPassed:
        return _("You have passed this quiz.")
    except attempts.MarksAwaited:
        return _("Your last attempt is still being marked. You can try again, if you need to, when it is.")
    except attempts.LessonsIncomplete:
        return _("The quiz opens when you have finished every lesson.")
    except (locks.QuizLocked, PrerequisitesMissing):
        return _("The quiz is not open yet. The page of the course says what it waits for.")
    except attempts.AttemptLimitReached:
        return _("You have used all your attempts.")
    except attempts.QuizClosed:
        return _("This quiz is closed.")
    except attempts.CoolDownRunning as refusal:
        wait = dt.datetime.fromisoformat(refusal.data["available_at"]) - now()
        minutes = max(1, -(-int(wait.total_seconds()) // 60))
        return ngettext("You can try again in one minute.", "You can try again in %(num)d minutes.", minutes)
    return None


def percent_text(score: int) -> str:
    """Millionths as a percentage in the reader's language, rounded down: 69.97 % is no 70 %."""
    pattern = (get_locale() or Locale("en")).percent_formats[None].pattern
    return format_percent((score // 1000) / 1000, pattern.replace("0", "0.#", 1))
