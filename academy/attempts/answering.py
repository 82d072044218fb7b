"""Answers are kept while an attempt runs: saved as steps of its log, or autosaved as a draft of the next one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

from academy import courses, review
from academy.attempts import rows
from academy.attempts.rows import find, is_over, slots_of, write
from academy.models import EXPIRED, IN_PROGRESS, SAVE, Attempt
from academy.questions import Answer, AnswerError
from plg.kit.clock import now
from plg.kit.errors import Conflict, Fault, Unprocessable

MAX_STEPS: Final = 5_000


class AttemptFinished(Conflict):
    """The attempt was submitted; its answers cannot change any more."""


class AttemptExpired(Conflict):
    """The deadline is over; what had been saved by then counts."""


class StaleAnswers(Conflict):
    """Something was saved after this page was drawn. Nothing of it was taken, and nothing saved was lost."""


class TooManySteps(Conflict):
    """This attempt was saved more often than anybody answers; it can still be submitted."""


class AnswerTold(Conflict):
    """These answers were saved and something was told about them, as this quiz does while an attempt runs: they
    cannot change any more."""


class AnswersFaulty(Unprocessable):
    """Answers that the paper cannot have; the errors name each slot. Nothing was saved."""


def save(public_id: str, answers: Mapping[int, object], sequence: int, *, person_id: int | None) -> Attempt:
    """Keep answers (raw, by slot number) as a step of the log; other slots stay as they are.

    sequence: the attempt's, as the page was drawn. From a page that is out of date, a save that changes
    something is refused (StaleAnswers); one that changes nothing does no harm, so it may be repeated.
    Raises AttemptFinished, AttemptExpired, AnswersFaulty, AnswerTold, TooManySteps.
    """
    attempt, moment = _running(public_id, person_id), now()
    changed = changes(attempt, answers, sequence)
    step = attempt.draft | changed
    if step:
        if attempt.sequence >= MAX_STEPS:
            raise TooManySteps("This attempt was saved too often; submit it.")
        values = kept(attempt, changed, moment) | {"draft": {}, "sequence": attempt.sequence + 1}
        rows.step(attempt, SAVE, step, moment, **values)
    return attempt


def autosave(
    public_id: str,
    answers: Mapping[int, object],
    sequence: int,
    *,
    person_id: int | None,
    left_page: int | None = None,
) -> Attempt:
    """As `save`, without a step of its own: the draft replaces itself until the next step takes it into the log.

    left_page: how often the page says that it was left so far, kept as evidence where the quiz says so.
    """
    attempt, moment = _running(public_id, person_id), now()
    changed = changes(attempt, answers, sequence)
    values: dict[str, Any] = {}
    if changed:
        values = kept(attempt, changed, moment) | {"draft": attempt.draft | changed}
        values["sequence"] = attempt.sequence + 1
    if left_page is not None and left_page > (attempt.left_page or 0) and _evidence(attempt):
        values["left_page"] = left_page
    if values:
        write(attempt, **values)
    return attempt


def changes(attempt: Attempt, raw: Mapping[int, object], sequence: int) -> dict[str, Answer]:
    """What the posted answers change; StaleAnswers where they do and come from a page that is out of date."""
    answers = _read(attempt, raw)
    changed = {slot: answer for slot, answer in answers.items() if attempt.answers.get(slot) != answer}
    if changed and sequence != attempt.sequence:
        raise StaleAnswers("These answers come from a page that is out of date.", sequence=attempt.sequence)
    told = sorted(changed.keys() & review.told_while_running(attempt), key=int)
    if told:
        faults = [Fault(f"answers.{slot}", "cannot change any more") for slot in told]
        raise AnswerTold("Something was told about these answers already.", errors=faults)
    return changed


def kept(attempt: Attempt, changed: dict[str, Answer], moment: dt.datetime) -> dict[str, Any]:
    """The columns of an attempt whose answers change like this: the current ones, and when each was given."""
    answers = {slot: answer for slot, answer in (attempt.answers | changed).items() if answer is not None}
    if not _evidence(attempt):
        return {"answers": answers}
    seconds = round((moment - attempt.started_at).total_seconds(), 1)
    return {"answers": answers, "answered_at": attempt.answered_at | dict.fromkeys(changed, seconds)}


def _evidence(attempt: Attempt) -> bool:
    return courses.published(attempt.version_id).quiz.evidence


def _running(public_id: str, person_id: int | None) -> Attempt:
    attempt = find(public_id, person_id=person_id, for_update=True)
    if attempt.state != IN_PROGRESS:
        raise (AttemptExpired if attempt.state == EXPIRED else AttemptFinished)(
            "This attempt is over.", state=attempt.state
        )
    if is_over(attempt):
        raise AttemptExpired("The time is over; what was saved before counts.")
    return attempt


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
