"""Attempts at a quiz: started, saved, submitted, closed at their deadline; all of it held by the server."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import select

from academy import awaited, certificates, courses, enrolments, event_names, observing
from academy.draw import new_seed
from academy.models import EXPIRED, IN_PROGRESS, SUBMITTED, Attempt, AttemptStep, Enrolment
from academy.paper import Slot, draw_paper, mark_paper
from academy.questions import Answer, AnswerError
from plg.kit.clock import now
from plg.kit.db import db
from plg.kit.errors import Conflict, Fault, NotFound, Unprocessable

GRACE: Final = dt.timedelta(seconds=30)
"""How long after the deadline an answer may still arrive, for slow networks."""

MAX_STEPS: Final = 5_000


class AttemptNotFound(NotFound):
    pass


class LessonsIncomplete(Conflict):
    """The quiz opens when every lesson is finished."""


class AlreadyPassed(Conflict):
    pass


class AttemptLimitReached(Conflict):
    pass


class MarksAwaited(Conflict):
    """People are still marking the last attempt; it may be the one that passes."""


class CoolDownRunning(Conflict):
    """A new attempt has to wait until `available_at`."""


class AttemptFinished(Conflict):
    """The attempt was submitted; its answers cannot change any more."""


class AttemptExpired(Conflict):
    """The deadline is over; what had been saved by then counts."""


class StaleAnswers(Conflict):
    """Something was saved after this page was drawn. Nothing of it was taken, and nothing saved was lost."""


class TooManySteps(Conflict):
    """This attempt was saved more often than anybody answers; it can still be submitted."""


class AnswersFaulty(Unprocessable):
    """Answers that the paper cannot have; the errors name each slot. Nothing was saved."""


def start(person_id: int, course_key: str) -> Attempt:
    """Begin an attempt: draw its questions, start its clock. While one is open, this gives that one back.

    Raises LessonsIncomplete, AlreadyPassed, AttemptLimitReached or CoolDownRunning.
    """
    # The enrolment is held, so that parallel starts come one after the other and count each other.
    enrolment = enrolments.of(person_id, course_key, for_update=True)
    earlier = of_enrolment(enrolment)
    if earlier and earlier[-1].state == IN_PROGRESS:
        if not is_over(earlier[-1]):
            return earlier[-1]
        last = find(earlier[-1].public_id, person_id=None, for_update=True)
        if last.state == IN_PROGRESS:
            finish(last, enrolment, EXPIRED)
    check_may_start(enrolment, earlier)
    return _begin(enrolment, earlier)


def check_may_start(enrolment: Enrolment, earlier: list[Attempt]) -> None:
    """Raise the reason why this person may not begin a new attempt now, if there is one."""
    quiz = courses.published(enrolment.version_id).quiz
    progress = enrolments.progress([enrolment])[enrolment.id]
    if any(attempt.passed for attempt in earlier):
        raise AlreadyPassed("This quiz is passed.")
    if earlier and earlier[-1].passed is None:
        raise MarksAwaited("The last attempt is still being marked.")
    if progress.steps_done < progress.steps - 1:
        raise LessonsIncomplete("The quiz opens when every lesson is finished.")
    if quiz.max_attempts is not None and len(earlier) >= quiz.max_attempts:
        raise AttemptLimitReached(f"All {quiz.max_attempts} attempts are used.")
    finished_at = earlier[-1].finished_at if earlier else None
    if quiz.cool_down_minutes is not None and finished_at is not None:
        available_at = finished_at + dt.timedelta(minutes=quiz.cool_down_minutes)
        if now() < available_at:
            raise CoolDownRunning(
                f"The next attempt can begin at {available_at.isoformat(timespec='seconds')}.",
                available_at=available_at.isoformat(),
            )


def _begin(enrolment: Enrolment, earlier: list[Attempt]) -> Attempt:
    quiz = courses.published(enrolment.version_id).quiz
    attempt = Attempt(
        enrolment_id=enrolment.id, person_id=enrolment.person_id, version_id=enrolment.version_id
    )
    attempt.number, attempt.state, attempt.seed = len(earlier) + 1, IN_PROGRESS, new_seed()
    seen = Counter(slot["question"] for each in earlier for slot in each.slots)
    attempt.slots = [slot.to_json() for slot in draw_paper(quiz, attempt.seed, seen)]
    attempt.answers, attempt.sequence, attempt.started_at = {}, 0, now()
    if quiz.time_limit_minutes is not None:
        attempt.due_at = attempt.started_at + dt.timedelta(minutes=quiz.time_limit_minutes)
    db.session.add(attempt)
    db.session.flush()
    enrolments.record(
        enrolment, event_names.QUIZ_ATTEMPT_STARTED, attempt=attempt.public_id, number=attempt.number
    )
    return attempt


def find(public_id: str, *, person_id: int | None, for_update: bool = False) -> Attempt:
    """An attempt of this person; somebody else's is not found. person_id None: of anybody (a server asks)."""
    query = select(Attempt).where(Attempt.public_id == public_id)
    if for_update:
        query = query.with_for_update().execution_options(populate_existing=True)
    attempt = db.session.scalar(query)
    if attempt is None or person_id not in (None, attempt.person_id):
        raise AttemptNotFound("There is no such attempt.")
    return attempt


def of_enrolment(enrolment: Enrolment) -> list[Attempt]:
    """All attempts, the first one first."""
    query = select(Attempt).where(Attempt.enrolment_id == enrolment.id).order_by(Attempt.number)
    return list(db.session.scalars(query))


def slots_of(attempt: Attempt) -> list[Slot]:
    """The paper of an attempt, slot by slot."""
    return [Slot.from_json(slot) for slot in attempt.slots]


def save(public_id: str, answers: Mapping[int, object], sequence: int, *, person_id: int | None) -> Attempt:
    """Keep answers (raw, by slot number); other slots stay as they are.

    sequence: the attempt's, as the page was drawn. From a page that is out of date, a save that changes
    something is refused (StaleAnswers); one that changes nothing does no harm, so it may be repeated.
    Raises AttemptFinished, AttemptExpired, AnswersFaulty.
    """
    attempt = find(public_id, person_id=person_id, for_update=True)
    if attempt.state != IN_PROGRESS:
        raise (AttemptExpired if attempt.state == EXPIRED else AttemptFinished)(
            "This attempt is over.", state=attempt.state
        )
    moment = now()
    if is_over(attempt, moment):
        raise AttemptExpired("The time is over; what was saved before counts.")
    _keep(attempt, answers, sequence, moment)
    return attempt


def submit(public_id: str, answers: Mapping[int, object], sequence: int, *, person_id: int | None) -> Attempt:
    """Keep the answers and mark the attempt. Repeated, it gives the same result and changes nothing.

    After the deadline and its grace the posted answers are not taken: what was saved before is marked.
    """
    attempt = find(public_id, person_id=person_id)
    if attempt.state != IN_PROGRESS:
        return attempt
    # Everybody who holds both takes the enrolment first: two who wait for each other would wait for ever.
    enrolment = enrolments.hold(attempt.enrolment_id)
    attempt = find(public_id, person_id=person_id, for_update=True)
    if attempt.state != IN_PROGRESS:
        return attempt
    moment = now()
    if is_over(attempt, moment):
        return finish(attempt, enrolment, EXPIRED)
    _keep(attempt, answers, sequence, moment)
    return finish(attempt, enrolment, SUBMITTED)


def close_due(moment: dt.datetime, limit: int = 100) -> int:
    """Finish attempts whose deadline and grace are over, with what was saved; returns how many."""
    query = select(Attempt, Enrolment).join(Enrolment, Enrolment.id == Attempt.enrolment_id)
    query = query.where(Attempt.state == IN_PROGRESS, Attempt.due_at <= moment - GRACE)
    query = query.order_by(Attempt.due_at).limit(limit).with_for_update(skip_locked=True)
    due = db.session.execute(query.execution_options(populate_existing=True)).all()
    for attempt, enrolment in due:
        finish(attempt, enrolment, EXPIRED)
    return len(due)


def finish(attempt: Attempt, enrolment: Enrolment, state: str) -> Attempt:
    """End the attempt: look up what is answered by doing, and mark. The caller holds enrolment and attempt."""
    moment = now()
    attempt.finished_at = min(moment, attempt.due_at) if attempt.due_at else moment
    seen = observing.observed(attempt, enrolment, attempt.finished_at)
    attempt.answers = attempt.answers | seen
    _log_step(attempt, "expire" if state == EXPIRED else "submit", seen, moment)
    attempt.state = state
    return settle(attempt, enrolment)


def settle(attempt: Attempt, enrolment: Enrolment) -> Attempt:
    """Mark an ended attempt, and whatever follows from a pass; while people have to mark answers, it waits for them.

    The caller holds the enrolment and the attempt.
    """
    quiz = courses.published(attempt.version_id).quiz
    answers = {int(slot): answer for slot, answer in attempt.answers.items()}
    slots = slots_of(attempt)
    by_people = any(quiz.question(slot.question).marked_by_people for slot in slots)
    marking = mark_paper(quiz, slots, answers, awaited.decided(attempt) if by_people else {})
    attempt.passed = marking.passed
    attempt.score = None if marking.score is None else int(marking.score * 1_000_000)
    attempt.shares = [None if share is None else str(share) for share in marking.shares]
    db.session.flush()
    _tell(attempt, enrolment)
    if marking.passed and attempt.finished_at is not None:
        certificates.issue(attempt, enrolment)
        enrolments.complete(enrolment, attempt.finished_at)
    return attempt


def _tell(attempt: Attempt, enrolment: Enrolment) -> None:
    told: dict[str, Any] = {"attempt": attempt.public_id, "number": attempt.number}
    if attempt.score is not None:
        name = event_names.QUIZ_PASSED if attempt.passed else event_names.QUIZ_FAILED
        enrolments.record(enrolment, name, **told, score_percent=attempt.score / 10_000)
        return
    waiting = [number for number, share in enumerate(attempt.shares or (), 1) if share is None]
    if awaited.put_on_the_list(attempt, waiting):
        enrolments.record(enrolment, event_names.QUIZ_AWAITS_MARKS, **told, answers=len(waiting))


def is_over(attempt: Attempt, moment: dt.datetime | None = None) -> bool:
    """Whether the deadline and its grace have passed."""
    moment = moment or now()
    return attempt.due_at is not None and moment > attempt.due_at + GRACE


def _keep(attempt: Attempt, raw: Mapping[int, object], sequence: int, moment: dt.datetime) -> None:
    answers = _read(attempt, raw)
    changed = {slot: answer for slot, answer in answers.items() if attempt.answers.get(slot) != answer}
    if not changed:
        return
    if sequence != attempt.sequence:
        raise StaleAnswers("These answers come from a page that is out of date.", sequence=attempt.sequence)
    if attempt.sequence >= MAX_STEPS:
        raise TooManySteps("This attempt was saved too often; submit it.")
    attempt.answers = {
        slot: answer for slot, answer in (attempt.answers | changed).items() if answer is not None
    }
    _log_step(attempt, "save", changed, moment)


def _read(attempt: Attempt, raw: Mapping[int, object]) -> dict[str, Answer]:
    """Posted answers in the questions' own terms; AnswersFaulty names each slot at fault."""
    quiz = courses.published(attempt.version_id).quiz
    slots = slots_of(attempt)
    answers: dict[str, Answer] = {}
    faults = []
    for number, value in raw.items():
        if not 1 <= number <= len(slots):
            faults.append(Fault(f"answers.{number}", f"there are questions 1 to {len(slots)}"))
            continue
        slot = slots[number - 1]
        try:
            answers[str(number)] = quiz.question(slot.question).read(value, slot.order)
        except AnswerError as error:
            faults.append(Fault(f"answers.{number}", str(error)))
    if faults:
        raise AnswersFaulty("Some answers cannot be taken.", errors=faults)
    return answers


def _log_step(attempt: Attempt, kind: str, answers: dict[str, Answer], moment: dt.datetime) -> None:
    attempt.sequence += 1
    db.session.add(
        AttemptStep(attempt_id=attempt.id, sequence=attempt.sequence, kind=kind, answers=answers, at=moment)
    )
