"""What a learner may know of an attempt, and when: the matrix of a quiz, or the rule where it has none."""

from __future__ import annotations

import datetime as dt
from typing import Final

from academy import courses
from academy.models import IN_PROGRESS, Attempt, Enrolment
from academy.schemas import Part, Quiz
from plg.kit.clock import now
from plg.kit.db import db

JUST_AFTER: Final = dt.timedelta(minutes=2)
"""How long after its end an attempt has just ended."""

WITHOUT_MATRIX: Final[frozenset[Part]] = frozenset({"attempt", "marks", "correctness", "feedback"})
ALL: Final[frozenset[Part]] = WITHOUT_MATRIX | {"answer"}


def told(attempt: Attempt, moment: dt.datetime | None = None) -> frozenset[Part]:
    """What is told about this attempt now. Where the quiz has no matrix, the right answers are told once it is passed
    or no attempt is left, and everything else when the attempt is over."""
    quiz = courses.published(attempt.version_id).quiz
    if attempt.state == IN_PROGRESS:
        return frozenset(quiz.review.during if quiz.review else ()) | {"attempt"}
    if quiz.review is None:
        return ALL if attempt.passed or _was_the_last(attempt, quiz) else WITHOUT_MATRIX
    moment = moment or now()
    if attempt.finished_at is not None and moment < attempt.finished_at + JUST_AFTER:
        return frozenset(quiz.review.just_after)
    closed = quiz.closes_at is not None and moment >= quiz.closes_at
    return frozenset(quiz.review.after_close if closed else quiz.review.later)


def told_while_running(attempt: Attempt) -> frozenset[str]:
    """The slots about which something was told while the attempt runs: what has been told cannot be changed."""
    quiz = courses.published(attempt.version_id).quiz
    if quiz.review is None or not quiz.review.during:
        return frozenset()
    return frozenset(attempt.answers.keys() - attempt.draft.keys())


def _was_the_last(attempt: Attempt, quiz: Quiz) -> bool:
    if quiz.max_attempts is None or attempt.number < quiz.max_attempts:
        return False
    enrolment = db.session.get_one(Enrolment, attempt.enrolment_id)
    return attempt.number >= quiz.max_attempts + enrolment.extra_attempts
