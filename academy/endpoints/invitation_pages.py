"""The page to which the link of an invitation leads."""

from __future__ import annotations

from flask import Blueprint, redirect, url_for
from werkzeug import Response

from academy import invitations, prerequisites
from academy.endpoints.course_cards import missing_courses
from academy.endpoints.page import page
from academy.prerequisites import PrerequisitesMissing
from plg.kit.caller import current_caller, requires
from plg.web.i18n import current_locale

bp = Blueprint("academy_invitations", __name__, url_prefix="/academy/invitations")


@bp.get("/<token>")
@requires("anonymous", "person")
def show(token: str) -> str:
    """The course that somebody is invited to, and how to begin."""
    caller = current_caller()
    reader = caller.person_id if caller.kind == "person" else None
    _, published = invitations.look_at(token, reader)
    missing = prerequisites.missing(reader, published.course) if reader else []
    return page(
        "invitation.html",
        token=token,
        title=published.course.title.in_language(current_locale()),
        summary=published.course.summary.in_language(current_locale()),
        lesson_count=len(published.course.lessons),
        minutes=published.course.minutes,
        quiz=published.course.quiz,
        missing=missing_courses(missing),
    )


@bp.get("/<token>/begin")
@requires("person")
def sign_in_to_begin(token: str) -> Response:
    """Where somebody who is not signed in goes to begin: they sign in on the way, and come back."""
    return redirect(url_for("academy_invitations.show", token=token))


@bp.post("/<token>")
@requires("person")
def accept(token: str) -> Response:
    """Begin the course; back to the page where other courses come first."""
    caller = current_caller()
    assert caller.person_id is not None
    try:
        enrolment = invitations.accept(token, by=caller.person_id, account_id=caller.account_id)
    except PrerequisitesMissing:
        return redirect(url_for("academy_invitations.show", token=token))
    return redirect(url_for("academy.course", course=enrolment.course_key))
