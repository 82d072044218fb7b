"""Staff give one person more time or more attempts; an attempt that runs gets its new deadline at once."""

from __future__ import annotations

from typing import Final

from academy import courses, enrolments, event_names, quiz_rules
from academy.attempts.rows import find, of_enrolment, write
from academy.models import IN_PROGRESS, Enrolment
from plg.kit.errors import Fault, Unprocessable

MOST_MINUTES: Final = 10_080
MOST_ATTEMPTS: Final = 100
MOST_REASON: Final = 500


class ExtensionFaulty(Unprocessable):
    """More than can be given, less than nothing, or no reason."""


def extend(
    person_id: int, course_key: str, *, extra_minutes: int, extra_attempts: int, reason: str, by: str
) -> Enrolment:
    """Give a person this much beyond the rules of the quiz, instead of what they were given before. Who gave it and
    why is told by the event."""
    _check(extra_minutes, extra_attempts, reason)
    enrolment = enrolments.of(person_id, course_key, for_update=True)
    quiz = courses.published(enrolment.version_id).quiz
    enrolment.extra_minutes, enrolment.extra_attempts = extra_minutes, extra_attempts
    for row in of_enrolment(enrolment)[-1:]:
        running = find(row.public_id, person_id=None, for_update=True)
        if running.state == IN_PROGRESS:
            write(running, due_at=quiz_rules.due_at(quiz, enrolment, running.started_at))
    told = {
        "extra_minutes": extra_minutes,
        "extra_attempts": extra_attempts,
        "reason": reason.strip(),
        "by": by,
    }
    enrolments.record(enrolment, event_names.QUIZ_EXTENDED, **told)
    return enrolment


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
