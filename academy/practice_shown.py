"""What pages and API tell about practice: a question before its answer, and everything about it after."""

from __future__ import annotations

from typing import Any

from academy import courses, shown
from academy.models import Enrolment
from academy.practice import Answered, Standing, Task


def counts(where: Standing) -> dict[str, Any]:
    """How much there is, and when the next one is due."""
    return {"due": where.due, "new": where.fresh, "next_due_at": where.next_due_at}


def task(enrolment: Enrolment, asked: Task, language: str) -> dict[str, Any]:
    """A question to answer: no key, no feedback."""
    say = courses.published(enrolment.version_id).say(asked.question.key, language)
    return {"id": asked.handle, "turn": asked.turn, "answer": None} | asked.question.shown(asked.order, say)


def answered(enrolment: Enrolment, done: Answered, language: str) -> dict[str, Any]:
    """The question with its answer, the right one and all feedback."""
    question, order = done.task.question, done.task.order
    say = courses.published(enrolment.version_id).say(question.key, language)
    return question.reviewed(order, done.answer, say, with_key=True) | {
        "id": done.task.handle,
        "turn": done.task.turn,
        "answer": question.chosen(done.answer, order),
        "locked": True,
        "result": shown.result(done.share, answered=done.answer is not None),
        "share": float(done.share),
        "due_at": done.due_at,
    }
