"""An attempt begins: whether it may, what is drawn, when it is due."""

from __future__ import annotations

import datetime as dt
import functools
from collections import Counter

from sqlalchemy import Select, bindparam, select

from academy import courses, enrolments, event_names, locks, quiz_rules
from academy.attempts import rows
from academy.attempts.ending import finish
from academy.attempts.rows import find, is_over, of_enrolment
from academy.certificates import renewing
from academy.certificates.renewing import Exam
from academy.draw import new_seed
from academy.models import EXPIRED, IN_PROGRESS, Attempt, Enrolment, LessonCompletion
from academy.paper import draw_paper
from academy.schemas import Quiz
from plg.kit.clock import now
from plg.kit.db import db
from plg.kit.errors import Conflict
from plg.kit.ids import new_id


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


class QuizClosed(Conflict):
    """The quiz takes no new attempts since `closed_at`."""


def start(person_id: int, course_key: str, *, network: str | None = None) -> Attempt:
    """Begin an attempt: draw its questions, start its clock. While one is open, this gives that one back. For whoever
    has passed and may renew the certificate, it is one at the live version, by its shorter exam, if there is one.

    network: a hash of where it is begun from, kept as evidence where the quiz says so.
    Raises QuizClosed, LessonsIncomplete, QuizLocked, PrerequisitesMissing, AlreadyPassed, AttemptLimitReached or
    CoolDownRunning.
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
    exam = check_may_start(enrolment, earlier)
    return _begin(enrolment, earlier, exam, network=network)


def check_may_start(enrolment: Enrolment, earlier: list[Attempt]) -> Exam | None:
    """Raise the reason why this person may not begin a new attempt now, if there is one; else what it would renew,
    for somebody who has passed before: then only attempts to renew the same count, and lessons do not."""
    exam = None
    if any(attempt.passed for attempt in earlier):
        exam = renewing.exam_of(enrolment.person_id, enrolment.course_key)
        if exam is None:
            raise AlreadyPassed("This quiz is passed.")
        earlier = renewing.among(exam, earlier)
    quiz = (exam.published if exam else courses.published(enrolment.version_id)).quiz
    _check_open(earlier, quiz)
    if exam is None:
        if not _has_read_everything(enrolment):
            raise LessonsIncomplete("The quiz opens when every lesson is finished.")
        locks.check_quiz(enrolment)
    _check_counts(enrolment, earlier, quiz)
    return exam


def _check_open(earlier: list[Attempt], quiz: Quiz) -> None:
    if earlier and earlier[-1].passed is None:
        raise MarksAwaited("The last attempt is still being marked.")
    if quiz.closes_at is not None and now() >= quiz.closes_at:
        raise QuizClosed("This quiz is closed.", closed_at=quiz.closes_at.isoformat())


def _check_counts(enrolment: Enrolment, earlier: list[Attempt], quiz: Quiz) -> None:
    limit = quiz_rules.max_attempts(quiz, enrolment)
    if limit is not None and len(earlier) >= limit:
        raise AttemptLimitReached(f"All {limit} attempts are used.")
    finished_at = earlier[-1].finished_at if earlier else None
    if quiz.cool_down_minutes is not None and finished_at is not None:
        available_at = finished_at + dt.timedelta(minutes=quiz.cool_down_minutes)
        if now() < available_at:
            raise CoolDownRunning(
                f"The next attempt can begin at {available_at.isoformat(timespec='seconds')}.",
                available_at=available_at.isoformat(),
            )


def _has_read_everything(enrolment: Enrolment) -> bool:
    lessons = {lesson.key for lesson in courses.published(enrolment.version_id).course.lessons}
    return lessons <= set(db.session.connection().scalars(_lessons_done(), {"enrolment": enrolment.id}))


@functools.cache
def _lessons_done() -> Select[str]:
    """Built once: putting it together costs more than running it."""
    return select(LessonCompletion.lesson_key).where(LessonCompletion.enrolment_id == bindparam("enrolment"))


def _begin(
    enrolment: Enrolment, earlier: list[Attempt], exam: Exam | None, *, network: str | None
) -> Attempt:
    published = exam.published if exam else courses.published(enrolment.version_id)
    quiz, seed, started_at = published.quiz, new_seed(), now()
    short = exam.short if exam else None
    attempt = rows.add(
        public_id=new_id("att"),
        enrolment_id=enrolment.id,
        person_id=enrolment.person_id,
        version_id=published.id,
        number=len(earlier) + 1,
        state=IN_PROGRESS,
        seed=seed,
        slots=[slot.to_json() for slot in draw_paper(quiz, seed, _seen(earlier), short)],
        answers={},
        draft={},
        answered_at={},
        sequence=0,
        started_at=started_at,
        due_at=quiz_rules.due_at(quiz, enrolment, started_at),
        network=network if quiz.evidence else None,
    )
    if exam is not None:
        renewing.begin(attempt, exam)
    told = {"attempt": attempt.public_id, "number": attempt.number}
    enrolments.record(enrolment, event_names.QUIZ_ATTEMPT_STARTED, **told)
    return attempt


def _seen(earlier: list[Attempt]) -> Counter[str]:
    """How often each question stood on a paper of this person."""
    if not earlier:
        return Counter()
    papers = select(Attempt.slots).where(Attempt.enrolment_id == earlier[-1].enrolment_id)
    return Counter(slot["question"] for slots in db.session.scalars(papers) for slot in slots)
