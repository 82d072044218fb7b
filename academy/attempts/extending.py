"""Staff give people more time or more attempts; an attempt that runs gets its new deadline at once."""

from __future__ import annotations

from typing import Final

from sqlalchemy import select

from academy import courses, enrolments, event_names, quiz_rules
from academy.attempts.rows import find, of_enrolment, write
from academy.models import IN_PROGRESS, Enrolment, Extension
from plg.kit.clock import now
from plg.kit.db import db
from plg.kit.errors import Fault, NotFound, Unprocessable

MOST_MINUTES: Final = 10_080
MOST_ATTEMPTS: Final = 100
MOST_REASON: Final = 500


class ExtensionFaulty(Unprocessable):
    """More than can be given, less than nothing, or no reason."""


class NobodyEnrolled(NotFound):
    """Nobody of this account has begun the course."""


def extend(
    person_id: int, course_key: str, *, extra_minutes: int, extra_attempts: int, reason: str, by: str
) -> Enrolment:
    """Give a person this much beyond the rules of the quiz, instead of what they were given before. Who gave it and
    why is kept and told by the event."""
    _check(extra_minutes, extra_attempts, reason)
    enrolment = enrolments.of(person_id, course_key, for_update=True)
    _give(enrolment, extra_minutes, extra_attempts, reason.strip(), by)
    return enrolment


def extend_account(
    account_id: int, course_key: str, *, extra_minutes: int, extra_attempts: int, reason: str, by: str
) -> list[Enrolment]:
    """As `extend`, for everybody who has begun the course in this account by now."""
    _check(extra_minutes, extra_attempts, reason)
    theirs = select(Enrolment).where(Enrolment.account_id == account_id, Enrolment.course_key == course_key)
    held = db.session.scalars(
        theirs.order_by(Enrolment.id).with_for_update(), execution_options={"populate_existing": True}
    ).all()
    if not held:
        raise NobodyEnrolled(f"Nobody of this account has begun the course {course_key!r}.")
    for enrolment in held:
        _give(enrolment, extra_minutes, extra_attempts, reason.strip(), by)
    return list(held)


def extensions(course_key: str, limit: int = 100) -> list[tuple[Extension, int]]:
    """What was given to people in this course, and to which person, the newest first."""
    query = select(Extension, Enrolment.person_id).join(Enrolment, Enrolment.id == Extension.enrolment_id)
    query = query.where(Enrolment.course_key == course_key).order_by(Extension.id.desc()).limit(limit)
    return [(row, person) for row, person in db.session.execute(query)]


def _give(enrolment: Enrolment, extra_minutes: int, extra_attempts: int, reason: str, by: str) -> None:
    """The caller holds the enrolment."""
    quiz = courses.published(enrolment.version_id).quiz
    enrolment.extra_minutes, enrolment.extra_attempts = extra_minutes, extra_attempts
    for row in of_enrolment(enrolment)[-1:]:
        running = find(row.public_id, person_id=None, for_update=True)
        if running.state == IN_PROGRESS:
            write(running, due_at=quiz_rules.due_at(quiz, enrolment, running.started_at))
    given = {"extra_minutes": extra_minutes, "extra_attempts": extra_attempts, "reason": reason}
    db.session.add(Extension(enrolment_id=enrolment.id, **given, given_by=by, given_at=now()))
    enrolments.record(enrolment, event_names.QUIZ_EXTENDED, **given, by=by)


def _check(extra_minutes: int, extra_attempts: int, reason: str) -> None:
    faults = []
    for name, value, most in (
        ("extra_minutes", extra_minutes, MOST_MINUTES),
        ("extra_attempts", extra_attempts, MOST_ATTEMPTS),
    ):
        if not 0 <= value <= most:
            faults.append(Fault(name, f"must be 0 to {most}"))
    if not 0 < len(reason.strip()) <= MOST_REASON:
        faults.append(Fault("reason", f"must have 1 to {MOST_REASON} characters"))
    if faults:
        raise ExtensionFaulty(errors=faults)
