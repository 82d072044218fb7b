"""Practice: questions come again until they are known, in growing intervals. No mark of any exam depends on it."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from fractions import Fraction

from sqlalchemy import delete, select, update

from academy import enrolments, event_names, practice_pool, practice_schedule
from academy.models import Enrolment, PracticeCard
from academy.practice_pool import Pool
from academy.practice_schedule import Memory
from academy.questions import Answer, AnswerError, Question
from plg.kit.clock import now
from plg.kit.db import db
from plg.kit.errors import Conflict, Fault, NotFound, Unprocessable


class PracticeNotFound(NotFound):
    """This question is none that the person may practise now."""


class PracticeStale(Conflict):
    """The question was answered in the meantime, in another window or on another device. Nothing was taken."""


class PracticeFaulty(Unprocessable):
    """An answer that the question cannot have. Nothing was taken."""


@dataclass(frozen=True)
class Task:
    """A question to practise. handle: what it goes by outside, since an author's key may give the answer away;
    turn: how often it was answered before; order: of its parts, another one each turn."""

    handle: str
    question: Question
    turn: int
    order: tuple[str, ...]


@dataclass(frozen=True)
class Answered:
    """A task with its answer and the exact share of the mark that it earns; due_at: when it comes again."""

    task: Task
    answer: Answer
    share: Fraction
    due_at: dt.datetime


@dataclass(frozen=True)
class Standing:
    """What is due now (missed, or to be repeated), what was never practised, and when the next one is due.

    task: what comes next: the longest overdue; then what was never practised, in the author's order. offered: whether
    there is anything to practise at all, now or later.
    """

    due: int
    fresh: int
    next_due_at: dt.datetime | None
    task: Task | None
    offered: bool


def standing(enrolment: Enrolment) -> Standing:
    """Where the person is."""
    pool = practice_pool.of(enrolment)
    cards = _cards(enrolment, pool)
    due = _due(pool, cards, now())
    fresh = [key for key in pool.questions if key in pool.fresh and key not in cards and key not in due]
    later = [card.due_at for key, card in cards.items() if key not in due]
    key = next(iter([*sorted(due, key=lambda each: (due[each], each)), *fresh]), None)
    return Standing(
        due=len(due),
        fresh=len(fresh),
        next_due_at=min(later, default=None),
        task=None if key is None else _task(enrolment, pool.questions[key], cards.get(key)),
        offered=bool(pool.fresh or due or later),
    )


def answer(person_id: int, course_key: str, handle: str, turn: int, raw: object) -> Answered:
    """Mark an answer (as a page sends it; None: not known) and plan when the question comes again.

    turn: the task's. Raises NotEnrolled, PracticeNotFound, PracticeStale, PracticeFaulty.
    """
    # Held, so that of two devices with the same task the second one finds it answered.
    enrolment = enrolments.of(person_id, course_key, for_update=True)
    task, card = _of_handle(enrolment, handle)
    if turn != task.turn:
        raise PracticeStale("This question was answered in the meantime.", turn=task.turn)
    try:
        given = task.question.read(raw, task.order)
    except AnswerError as error:
        raise PracticeFaulty(errors=[Fault("answer", str(error))]) from error
    share = task.question.grade(given)
    memory = practice_schedule.after(_memory(card), now(), right=share == 1)
    _keep(enrolment, task, card, given, memory)
    told = {"question": task.question.key, "right": share == 1, "turn": turn + 1}
    enrolments.record(enrolment, event_names.QUESTION_PRACTISED, **told)
    return Answered(task, given, share, memory.due_at)


def last_answer(enrolment: Enrolment, handle: str) -> Answered:
    """What was answered the last time; PracticeNotFound where it never was, or may not be told any more."""
    task, card = _of_handle(enrolment, handle)
    if card is None:
        raise PracticeNotFound("This question was not practised yet.")
    before = _task(enrolment, task.question, card, back=1)
    return Answered(before, card.answer, task.question.grade(card.answer), card.due_at)


def join(gone: Enrolment, into: Enrolment) -> None:
    """What one enrolment practised becomes the other's, where that one has not practised it itself."""
    theirs = select(PracticeCard.question_key).where(PracticeCard.enrolment_id == into.id)
    moved = update(PracticeCard).where(PracticeCard.enrolment_id == gone.id)
    db.session.execute(moved.where(PracticeCard.question_key.not_in(theirs)).values(enrolment_id=into.id))
    db.session.execute(delete(PracticeCard).where(PracticeCard.enrolment_id == gone.id))


def task(enrolment: Enrolment, handle: str) -> Task:
    """The task with this handle; PracticeNotFound where it may not be practised now."""
    return _of_handle(enrolment, handle)[0]


def _cards(enrolment: Enrolment, pool: Pool) -> dict[str, PracticeCard]:
    """What was practised before, by question, of what still may be."""
    if not pool.questions:
        return {}
    query = select(PracticeCard).where(PracticeCard.enrolment_id == enrolment.id)
    rows = db.session.scalars(query.execution_options(populate_existing=True))
    return {row.question_key: row for row in rows if row.question_key in pool.questions}


def _due(pool: Pool, cards: dict[str, PracticeCard], moment: dt.datetime) -> dict[str, dt.datetime]:
    """What is due by now, and since when. What an exam found missing since it was practised is due at once."""
    due = {key: card.due_at for key, card in cards.items() if card.due_at <= moment}
    for key, missed_at in pool.missed.items():
        if key not in cards or cards[key].reviewed_at < missed_at:
            due[key] = missed_at
    return due


def _of_handle(enrolment: Enrolment, handle: str) -> tuple[Task, PracticeCard | None]:
    pool = practice_pool.of(enrolment)
    cards = _cards(enrolment, pool)
    for key in pool.questions.keys() & (pool.fresh | pool.missed.keys() | cards.keys()):
        if _handle(enrolment, key) == handle:
            return _task(enrolment, pool.questions[key], cards.get(key)), cards.get(key)
    raise PracticeNotFound("There is no such question to practise.")


def _task(enrolment: Enrolment, question: Question, card: PracticeCard | None, *, back: int = 0) -> Task:
    """back: how many turns ago."""
    turn = (card.turns if card else 0) - back
    order = question.arrange(f"practice {enrolment.id} {turn}")
    return Task(_handle(enrolment, question.key), question, turn, order)


def _handle(enrolment: Enrolment, key: str) -> str:
    return hashlib.sha256(f"practice\0{enrolment.id}\0{key}".encode()).hexdigest()[:16]


def _memory(card: PracticeCard | None) -> Memory | None:
    if card is None:
        return None
    return Memory(card.state, card.step, card.stability, card.difficulty, card.reviewed_at, card.due_at)


def _keep(enrolment: Enrolment, task: Task, card: PracticeCard | None, given: Answer, memory: Memory) -> None:
    if card is None:
        card = PracticeCard(enrolment_id=enrolment.id, question_key=task.question.key)
        db.session.add(card)
    card.turns, card.answer = task.turn + 1, given
    card.state, card.step = memory.state, memory.step
    card.stability, card.difficulty = memory.stability, memory.difficulty
    card.reviewed_at, card.due_at = memory.reviewed_at, memory.due_at
    db.session.flush()
