"""Regrades: finished attempts are marked again by a named corrected version. Tried first, it tells who changes.

The log of each attempt is replayed; its answers and its paper stay as they are. A question that the corrected version
does not have any more is left out of the mark.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlalchemy import func, select

from academy import awaited, certificates, enrolments, event_names, quiz_analysis
from academy.attempts.rows import hold, slots_of, write
from academy.models import (
    Attempt,
    AttemptStep,
    Enrolment,
    MarkChange,
)
from academy.paper import mark_paper
from academy.questions import Answer, AnswerError
from academy.schemas import Quiz
from plg.kit.clock import now
from plg.kit.db import db, lock
from plg.kit.errors import Fault, Unprocessable
from plg.people.models import Person

CHUNK: Final = 500
MOST_REASON: Final = 500
TOLD: Final = 1_000
"""How many changes one answer lists; it counts them all."""
Policy = Literal["keep", "revoke"]
"""What becomes of somebody who passed and would not any more: `keep`: whoever passed has passed; `revoke`: the
certificate is revoked and the course is open again. Whoever passes now gets a certificate either way."""

Heard = Callable[[str, int], None]
"""Is told from time to time how many attempts were "looked at" or "changed", for whoever waits."""


class RegradeFaulty(Unprocessable):
    """The corrected version cannot mark these attempts; the errors name what it lacks."""


@dataclass(frozen=True)
class Change:
    """What a regrade changes of one attempt. Scores are in millionths, shares exact, None for a question left out."""

    attempt_id: int
    public_id: str
    person: str
    number: int
    old_score: int
    score: int
    old_passed: bool
    passed: bool
    shares: tuple[str | None, ...]


@dataclass(frozen=True)
class Regrade:
    """attempts: how many were marked again; changes: those whose score, shares or pass differ."""

    version_id: int
    against_id: int
    attempts: int
    changes: tuple[Change, ...]


def plan(
    course_key: str, *, version: int, against: int, policy: Policy = "keep", heard: Heard | None = None
) -> Regrade:
    """What marking the finished attempts at `version` by the version `against` would change. Nothing is written."""
    sat, corrected = (quiz_analysis.version_of(course_key, number) for number in (version, against))
    changes, count = [], 0
    for attempts in _finished(sat.id):
        answers = _replayed([attempt.id for attempt, _ in attempts])
        for attempt, person in attempts:
            change = _change(attempt, person, answers.get(attempt.id, {}), corrected.quiz, policy)
            count += 1
            if change is not None:
                changes.append(change)
        if heard is not None:
            heard("looked at", count)
    return Regrade(sat.id, corrected.id, count, tuple(changes))


def apply(
    course_key: str,
    *,
    version: int,
    against: int,
    policy: Policy = "keep",
    reason: str,
    by: str,
    heard: Heard | None = None,
) -> Regrade:
    """Do what `plan` tells: marks change, each with a record of the old one, and certificates follow the policy."""
    if not 0 < len(reason.strip()) <= MOST_REASON:
        raise RegradeFaulty(errors=[Fault("reason", f"must have 1 to {MOST_REASON} characters")])
    lock(f"regrade:{course_key}")
    found = plan(course_key, version=version, against=against, policy=policy, heard=heard)
    moment = now()
    for place, change in enumerate(found.changes, 1):
        _apply(change, found.against_id, reason=reason.strip(), by=by, moment=moment)
        if heard is not None:
            heard("changed", place)
    return found


def _finished(version_id: int) -> Iterator[Sequence[tuple[Attempt, str]]]:
    """The marked attempts at this version and whose they are, some at a time."""
    query = select(Attempt, Person.public_id).join(Person, Person.id == Attempt.person_id)
    query = query.where(Attempt.version_id == version_id, Attempt.score.is_not(None))
    last = 0
    while found := db.session.execute(query.where(Attempt.id > last).order_by(Attempt.id).limit(CHUNK)).all():
        yield [(attempt, person) for attempt, person in found]
        last = found[-1][0].id


def _replayed(attempt_ids: list[int]) -> dict[int, dict[str, Answer]]:
    """The answers that the logs of these attempts lead to."""
    answers: dict[int, dict[str, Answer]] = {}
    steps = select(AttemptStep.attempt_id, AttemptStep.answers).where(AttemptStep.attempt_id.in_(attempt_ids))
    for attempt_id, changed in db.session.execute(
        steps.order_by(AttemptStep.attempt_id, AttemptStep.sequence)
    ):
        answers.setdefault(attempt_id, {}).update(changed)
    return answers


def _change(
    attempt: Attempt, person: str, answers: dict[str, Answer], quiz: Quiz, policy: Policy
) -> Change | None:
    shares, score, passed = _marked(attempt, answers, quiz)
    passed = passed or (policy == "keep" and bool(attempt.passed))
    if (score, passed, list(shares)) == (attempt.score, attempt.passed, attempt.shares):
        return None
    return Change(
        attempt_id=attempt.id,
        public_id=attempt.public_id,
        person=person,
        number=attempt.number,
        old_score=attempt.score or 0,
        score=score,
        old_passed=bool(attempt.passed),
        passed=passed,
        shares=shares,
    )


def _marked(
    attempt: Attempt, answers: dict[str, Answer], quiz: Quiz
) -> tuple[tuple[str | None, ...], int, bool]:
    """Shares by slot, score and pass by the corrected quiz."""
    slots = slots_of(attempt)
    counted = [number for number, slot in enumerate(slots, 1) if quiz.has(slot.question)]
    given = {place: answers.get(str(number)) for place, number in enumerate(counted, 1)}
    by_people = any(quiz.question(slots[number - 1].question).marked_by_people for number in counted)
    decided = awaited.decided(attempt) if by_people else {}
    marks = {place: decided[number] for place, number in enumerate(counted, 1) if number in decided}
    try:
        if not counted:
            raise AnswerError("it has none of its questions")
        marking = mark_paper(quiz, [slots[number - 1] for number in counted], given, marks)
        if marking.score is None:
            raise AnswerError("people have to mark what they have not marked")
    except AnswerError as error:
        fault = Fault("against", f"cannot mark the attempt {attempt.public_id}: {error}")
        raise RegradeFaulty(errors=[fault]) from error
    shares = dict(zip(counted, map(str, marking.shares), strict=True))
    told = tuple(shares.get(number) for number in range(1, len(slots) + 1))
    return told, int(marking.score * 1_000_000), bool(marking.passed)


def _apply(change: Change, against_id: int, *, reason: str, by: str, moment: dt.datetime) -> None:
    enrolment, attempt = hold(change.public_id, person_id=None)
    row = MarkChange(
        attempt_id=attempt.id, version_id=against_id, reason=reason, changed_by=by, changed_at=moment
    )
    row.old_score, row.old_passed, row.old_shares = change.old_score, change.old_passed, attempt.shares or []
    row.score, row.passed = change.score, change.passed
    db.session.add(row)
    marks: dict[str, Any] = {"score": change.score, "passed": change.passed, "shares": list(change.shares)}
    write(attempt, **marks, marked_version_id=against_id)
    told = {"attempt": attempt.public_id, "number": attempt.number, "reason": reason, "by": by}
    scores = {"old_score_percent": change.old_score / 10_000, "score_percent": change.score / 10_000}
    enrolments.record(enrolment, event_names.QUIZ_REGRADED, **told, **scores, passed=change.passed)
    if change.passed and not change.old_passed:
        _now_passed(attempt, enrolment, moment)
    if change.old_passed and not change.passed:
        _passed_no_more(attempt, enrolment, reason=reason, by=by)


def _now_passed(attempt: Attempt, enrolment: Enrolment, moment: dt.datetime) -> None:
    if _passed_attempts(enrolment) == 1 or certificates.renews(attempt):
        certificates.issue(attempt, enrolment, replaces=certificates.of_attempt(attempt))
    enrolments.complete(enrolment, moment)


def _passed_no_more(attempt: Attempt, enrolment: Enrolment, *, reason: str, by: str) -> None:
    certificate = certificates.of_attempt(attempt)
    if certificate is not None:
        with suppress(certificates.CertificateRevoked, certificates.CertificateReplaced):
            certificates.revoke(certificate, reason, by=by)
    if _passed_attempts(enrolment) == 0:
        enrolment.completed_at = None


def _passed_attempts(enrolment: Enrolment) -> int:
    passed = Attempt.enrolment_id == enrolment.id, Attempt.passed.is_(True)
    return db.session.scalar(select(func.count()).where(*passed)) or 0
