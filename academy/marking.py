"""Marking by people: two of the staff mark an answer, neither sees the other's marks, and a third decides where they
differ by more than the question allows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sqlalchemy import exists, func, select

from academy import attempts, courses, enrolments, event_names
from academy.models import AnswerMark, AnswerToMark, Attempt
from academy.paper import Slot
from academy.questions import Answer, RubricQuestion
from plg.kit.clock import now
from plg.kit.db import db
from plg.kit.errors import Conflict, Fault, NotFound, Unprocessable


class NothingToMark(NotFound):
    """There is no such answer that people mark."""


class AlreadyDecided(Conflict):
    """The share of this answer is decided; marks that come later change nothing."""


class MarkedByYou(Conflict):
    """Who has marked an answer once leaves it to somebody else."""


class MarksFaulty(Unprocessable):
    """Points that the rubric does not have; the errors name each criterion."""


@dataclass(frozen=True)
class Awaited:
    """An answer on the list. marks: how many people have marked it; yours: whether you are one of them."""

    row: AnswerToMark
    attempt: Attempt
    marks: int
    yours: bool


@dataclass(frozen=True)
class Script:
    """An answer as its markers see it: no name, no marks of others."""

    attempt: Attempt
    number: int
    slot: Slot
    question: RubricQuestion
    answer: Answer


def queue(staff_id: int, limit: int = 200) -> list[Awaited]:
    """What waits for marks, the oldest first."""
    of_row = (AnswerMark.attempt_id == AnswerToMark.attempt_id, AnswerMark.slot == AnswerToMark.slot)
    marks = (
        select(func.count()).select_from(AnswerMark).where(*of_row).correlate(AnswerToMark).scalar_subquery()
    )
    yours = exists().where(*of_row, AnswerMark.staff_id == staff_id).correlate(AnswerToMark)
    query = select(AnswerToMark, Attempt, marks, yours).join(Attempt, Attempt.id == AnswerToMark.attempt_id)
    query = query.where(AnswerToMark.share.is_(None)).order_by(AnswerToMark.since, AnswerToMark.attempt_id)
    return [Awaited(*row) for row in db.session.execute(query.limit(limit))]


def script(public_id: str, number: int) -> Script:
    """The answer in a slot of an attempt; NothingToMark where people mark none there."""
    attempt = attempts.find(public_id, person_id=None)
    if db.session.get(AnswerToMark, (attempt.id, number)) is None:
        raise NothingToMark("There is nothing to mark here.")
    slot = Slot.from_json(attempt.slots[number - 1])
    question = courses.published(attempt.version_id).quiz.question(slot.question)
    assert isinstance(question, RubricQuestion)
    return Script(attempt, number, slot, question, attempt.answers.get(str(number)))


def mark(public_id: str, number: int, points: Mapping[str, object], comment: str, *, by: int) -> AnswerToMark:
    """Give an answer points for each criterion. The second or the third mark may decide its share, and the last share
    that is decided settles the attempt.

    Raises NothingToMark, AlreadyDecided, MarkedByYou, MarksFaulty.
    """
    found = script(public_id, number)
    given = _checked(found.question, points)
    # Whoever marks holds enrolment and attempt, in this order as everybody does, so that two marks come one by one.
    enrolment, attempt = attempts.hold(public_id, person_id=None)
    row = db.session.get_one(AnswerToMark, (attempt.id, number), populate_existing=True)
    earlier = list(db.session.scalars(_marks(row)))
    if row.share is not None:
        raise AlreadyDecided("This answer is marked.")
    if any(each.staff_id == by for each in earlier):
        raise MarkedByYou("You have marked this answer.")
    new = AnswerMark(attempt_id=attempt.id, slot=number, staff_id=by, turn=len(earlier) + 1)
    new.points, new.comment, new.marked_at = given, comment.strip()[:4_000], now()
    db.session.add(new)
    share = _decision(found.question, [*earlier, new])
    row.share = None if share is None else str(share)
    db.session.flush()
    told: dict[str, Any] = {"attempt": attempt.public_id, "question": number, "marker": new.turn}
    enrolments.record(enrolment, event_names.QUIZ_ANSWER_MARKED, **told, decided=share is not None)
    if share is not None:
        attempts.settle(attempt, enrolment)
    return row


def comments(attempt: Attempt) -> dict[int, list[str]]:
    """What markers wrote to the learner, by slot number; of answers that are decided."""
    query = select(AnswerMark.slot, AnswerMark.comment).where(AnswerMark.attempt_id == attempt.id)
    found: dict[int, list[str]] = {}
    for slot, comment in db.session.execute(query.order_by(AnswerMark.turn)):
        found.setdefault(slot, []).extend([comment] if comment else [])
    return found


def _marks(row: AnswerToMark) -> Any:
    query = select(AnswerMark).where(AnswerMark.attempt_id == row.attempt_id, AnswerMark.slot == row.slot)
    return query.order_by(AnswerMark.turn)


def _decision(question: RubricQuestion, marks: list[AnswerMark]) -> Fraction | None:
    """The mean of two that agree well enough; else what the third one says; None until there are that many."""
    shares = [question.share_of(each.points) for each in marks]
    if len(shares) == 2 and abs(shares[0] - shares[1]) * 100 <= question.difference:
        return sum(shares, Fraction(0)) / 2
    return shares[2] if len(shares) == 3 else None


def _checked(question: RubricQuestion, points: Mapping[str, object]) -> dict[str, int]:
    faults = [
        Fault(f"points.{key}", "is no criterion") for key in points.keys() - {e.key for e in question.rubric}
    ]
    given: dict[str, int] = {}
    for each in question.rubric:
        value = points.get(each.key)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= each.points:
            faults.append(Fault(f"points.{each.key}", f"is a whole number from 0 to {each.points}"))
        else:
            given[each.key] = value
    if faults:
        raise MarksFaulty("The points do not fit the rubric.", errors=faults)
    return given
