"""An attempt ends: submitted by its learner, or closed because its time is over; it is marked either way."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from academy import awaited, certificates, courses, enrolments, event_names, observing
from academy.attempts import rows
from academy.attempts.answering import changes, kept
from academy.attempts.rows import GRACE, hold, is_over, slots_of, write
from academy.models import EXPIRE, EXPIRED, IN_PROGRESS, SUBMIT, SUBMITTED, Attempt, Enrolment
from academy.paper import mark_paper
from academy.questions import Answer
from plg.kit.clock import now
from plg.kit.db import db


def submit(public_id: str, answers: Mapping[int, object], sequence: int, *, person_id: int | None) -> Attempt:
    """Keep the answers and mark the attempt. Repeated, it gives the same result and changes nothing.

    After the deadline and its grace the posted answers are not taken: what was saved before is marked.
    """
    enrolment, attempt = hold(public_id, person_id=person_id)
    if attempt.state != IN_PROGRESS:
        return attempt
    if is_over(attempt):
        return finish(attempt, enrolment, EXPIRED)
    return finish(attempt, enrolment, SUBMITTED, changes(attempt, answers, sequence))


def close_due(moment: dt.datetime, limit: int = 100) -> int:
    """Finish attempts whose deadline and grace are over, with what was saved; returns how many."""
    query = select(Attempt, Enrolment).join(Enrolment, Enrolment.id == Attempt.enrolment_id)
    query = query.where(Attempt.state == IN_PROGRESS, Attempt.due_at <= moment - GRACE)
    query = query.order_by(Attempt.due_at).limit(limit).with_for_update(skip_locked=True)
    due = db.session.execute(query.execution_options(populate_existing=True)).all()
    for attempt, enrolment in due:
        finish(attempt, enrolment, EXPIRED)
    return len(due)


def finish(
    attempt: Attempt, enrolment: Enrolment, state: str, changed: dict[str, Answer] | None = None
) -> Attempt:
    """End the attempt: look up what is answered by doing, and mark. The caller holds the enrolment and the attempt.

    changed: what the last step changes, by slot; it goes into the log together with what was autosaved.
    """
    moment = now()
    finished_at = min(moment, attempt.due_at) if attempt.due_at else moment
    changed = (changed or {}) | observing.observed(attempt, enrolment, finished_at)
    values, step = kept(attempt, changed, moment), attempt.draft | changed
    ended = {"draft": {}, "sequence": attempt.sequence + 1, "state": state, "finished_at": finished_at}
    kind, marks = EXPIRE if state == EXPIRED else SUBMIT, _marks(attempt, values["answers"])
    rows.step(attempt, kind, step, moment, **values, **ended, **marks)
    _tell(attempt, enrolment)
    return attempt


def settle(attempt: Attempt, enrolment: Enrolment) -> Attempt:
    """Mark an ended attempt again, since people have decided on an answer. The caller holds both."""
    write(attempt, **_marks(attempt, attempt.answers))
    _tell(attempt, enrolment)
    return attempt


def _marks(attempt: Attempt, answers: dict[str, Answer]) -> dict[str, Any]:
    """The columns of the mark; while people have to mark answers, it waits for them."""
    quiz, slots = courses.published(attempt.version_id).quiz, slots_of(attempt)
    by_people = any(quiz.question(slot.question).marked_by_people for slot in slots)
    given = {int(slot): answer for slot, answer in answers.items()}
    marking = mark_paper(quiz, slots, given, awaited.decided(attempt) if by_people else {})
    return {
        "score": None if marking.score is None else int(marking.score * 1_000_000),
        "passed": marking.passed,
        "shares": [None if share is None else str(share) for share in marking.shares],
    }


def _tell(attempt: Attempt, enrolment: Enrolment) -> None:
    """What follows from a mark: events, and with a pass the certificate and the end of the course; or the list of
    answers that people have to mark."""
    told: dict[str, Any] = {"attempt": attempt.public_id, "number": attempt.number}
    if attempt.score is None:
        waiting = [number for number, share in enumerate(attempt.shares or (), 1) if share is None]
        if awaited.put_on_the_list(attempt, waiting):
            enrolments.record(enrolment, event_names.QUIZ_AWAITS_MARKS, **told, answers=len(waiting))
        return
    name = event_names.QUIZ_PASSED if attempt.passed else event_names.QUIZ_FAILED
    enrolments.record(enrolment, name, **told, score_percent=attempt.score / 10_000)
    if attempt.passed and attempt.finished_at is not None:
        certificates.issue(attempt, enrolment)
        enrolments.complete(enrolment, attempt.finished_at)
