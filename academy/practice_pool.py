"""Which questions somebody may practise. Practice tells right answers, so never one that an exam still hides.

There are two sources: the banks that a quiz sets aside for practice, and what was missed in attempts about which the
review of the quiz tells the right answers now. A question that the exam may ask comes from the second source only,
and not while an attempt runs.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from sqlalchemy import select

from academy import courses, review
from academy.courses import CourseNotFound, PublishedCourse
from academy.models import IN_PROGRESS, Attempt, Enrolment
from academy.paper import Slot
from academy.questions import ProductTask, Question
from academy.schemas import Quiz
from plg.kit.db import db

LATEST: Final = 50
"""How many attempts of a person are looked through for what was missed, the newest first."""


@dataclass(frozen=True)
class Pool:
    """questions: what may be practised, by key, in the quiz's order; missed: those that the last attempt which had
    them missed, and when it ended; fresh: those of the banks for practice."""

    questions: Mapping[str, Question]
    missed: Mapping[str, dt.datetime]
    fresh: frozenset[str]


@dataclass(frozen=True)
class _Told:
    """What an attempt tells about a question."""

    missed: bool
    at: dt.datetime


def of(enrolment: Enrolment) -> Pool:
    """What the person may practise now; nothing where the quiz has no practice."""
    published = courses.published(enrolment.version_id)
    quiz = published.course.quiz
    if quiz is None or quiz.practice is None:
        return Pool({}, {}, frozenset())
    asked = _asked(published)
    told = _told(enrolment) if quiz.practice.missed else {}
    banks = {key: quiz.banks[key].questions for key in quiz.practice.banks}
    fresh = {question.key for questions in banks.values() for question in questions} - asked
    allowed = {
        each.key: each for each in quiz.all_questions if each.key in fresh | told.keys() and _fits(each)
    }
    return Pool(
        questions=allowed,
        missed={key: each.at for key, each in told.items() if each.missed and key in allowed},
        fresh=frozenset(fresh & allowed.keys()),
    )


def _fits(question: Question) -> bool:
    """Whether it can be marked at once: not by people, nor by what is done in the product."""
    return not question.marked_by_people and not isinstance(question, ProductTask)


def _asked(published: PublishedCourse) -> set[str]:
    """What exams may ask: the person's own, and that of whoever begins today."""
    quizzes: list[Quiz | None] = [published.course.quiz]
    with suppress(CourseNotFound):
        quizzes.append(courses.live(published.key).course.quiz)
    return {question.key for quiz in quizzes if quiz for question in quiz.drawable}


def _told(enrolment: Enrolment) -> dict[str, _Told]:
    """What the person's attempts tell, the newest one about each question."""
    query = select(Attempt).where(Attempt.enrolment_id == enrolment.id)
    attempts = db.session.scalars(query.order_by(Attempt.number.desc()).limit(LATEST)).all()
    if any(attempt.state == IN_PROGRESS for attempt in attempts):
        return {}
    found: dict[str, _Told] = {}
    for attempt in reversed(attempts):
        if attempt.finished_at is None or "answer" not in review.told(attempt):
            continue
        for slot, share in zip(map(Slot.from_json, attempt.slots), attempt.shares or (), strict=False):
            if share is not None:
                found[slot.question] = _Told(Fraction(share) < 1, attempt.finished_at)
    return found
