"""What pages and API tell about courses, attempts and certificates. Before its end an attempt tells no key."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from academy import attempts, courses, marking
from academy.certificates import grouped
from academy.courses import PublishedCourse
from academy.enrolments import Progress
from academy.models import IN_PROGRESS, Attempt, Certificate, Enrolment
from academy.paper import Slot
from academy.schemas import Quiz
from plg.kit.clock import now


def course(published: PublishedCourse) -> dict[str, Any]:
    """A course for a catalogue: all but the texts of lessons and questions."""
    whole = published.course
    return {
        "key": published.key,
        "version": published.version,
        "title": whole.title.model_dump(),
        "summary": whole.summary.model_dump(),
        "minutes": whole.minutes,
        "lessons": [
            {"key": lesson.key, "title": {"es": lesson.title("es"), "en": lesson.title("en")}}
            for lesson in whole.lessons
        ],
        "quiz": quiz(whole.quiz) if whole.quiz else None,
    }


def quiz(rules: Quiz) -> dict[str, Any]:
    """The rules of a quiz, none of its questions."""
    return {
        "title": rules.title.model_dump(),
        "questions": rules.length,
        "pass_mark": rules.pass_mark,
        "time_limit_minutes": rules.time_limit_minutes,
        "max_attempts": rules.max_attempts,
        "cool_down_minutes": rules.cool_down_minutes,
    }


def enrolment(row: Enrolment, progress: Progress) -> dict[str, Any]:
    """Where somebody is in a course."""
    published = courses.published(row.version_id)
    return {
        "course": row.course_key,
        "version": published.version,
        "enrolled_at": row.enrolled_at,
        "completed_at": row.completed_at,
        "lessons_completed": [x.key for x in published.course.lessons if x.key in progress.lessons_done],
        "quiz_passed": progress.quiz_passed,
        "progress": {"done": progress.steps_done, "total": progress.steps, "percent": progress.percent},
    }


def attempt(row: Attempt, language: str) -> dict[str, Any]:
    """An attempt with its questions: as they are answered while it runs, reviewed when it is over."""
    published = courses.published(row.version_id)
    running = row.state == IN_PROGRESS
    by_people = row.score is not None and any(
        published.quiz.question(slot.question).marked_by_people for slot in attempts.slots_of(row)
    )
    said = marking.comments(row) if by_people else {}
    told = {
        "id": row.public_id,
        "course": published.key,
        "version": published.version,
        "number": row.number,
        "state": row.state,
        "sequence": row.sequence,
        "started_at": row.started_at,
        "due_at": row.due_at,
        "seconds_left": seconds_left(row) if running else None,
        "questions": [
            _question(row, published, number, slot, language, said)
            for number, slot in enumerate(attempts.slots_of(row), 1)
        ],
    }
    if running:
        return told
    score = None if row.score is None else percent(row.score)
    result = {"finished_at": row.finished_at, "score_percent": score, "passed": row.passed}
    return told | result | _band(row, published, language) | {"pass_mark": published.quiz.pass_mark}


def _band(row: Attempt, published: PublishedCourse, language: str) -> dict[str, Any]:
    """What is said about the score, where something is."""
    place = None if row.score is None else published.quiz.band(Fraction(row.score, 1_000_000))
    return {} if place is None else {"score_feedback_html": published.html[f"bands.{place}.{language}"]}


def certificate(row: Certificate) -> dict[str, Any]:
    """What a certificate says to whoever has its code."""
    return {
        "code": grouped(row.code),
        "name": row.person_name,
        "course": row.course_key,
        "title": row.course_title,
        "version": row.course_version,
        "score_percent": percent(row.score),
        "pass_mark": row.pass_mark,
        "issued_at": row.issued_at,
    }


def seconds_left(row: Attempt) -> int | None:
    """Whole seconds until the deadline, never below 0; None where there is none."""
    if row.due_at is None:
        return None
    return max(0, int((row.due_at - now()).total_seconds()))


def percent(score: int) -> float:
    """Millionths as a percentage with four decimals."""
    return score / 10_000


def key_is_told(row: Attempt, rules: Quiz) -> bool:
    """Whether the review shows the right answers: after a pass, or when no other attempt is left."""
    return bool(row.passed) or (rules.max_attempts is not None and row.number >= rules.max_attempts)


def _question(
    row: Attempt,
    published: PublishedCourse,
    number: int,
    slot: Slot,
    language: str,
    said: Mapping[int, list[str]],
) -> dict[str, Any]:
    question = published.quiz.question(slot.question)
    answer = row.answers.get(str(number))
    say = published.say(slot.question, language)
    head = {"question": number, "answer": question.chosen(answer, slot.order)}
    if slot.section is not None and (
        number == 1 or attempts.slots_of(row)[number - 2].section != slot.section
    ):
        head["section_html"] = published.html[f"sections.{slot.section}.{language}"]
    if row.state == IN_PROGRESS or row.shares is None:
        return head | question.shown(slot.order, say)
    kept = row.shares[number - 1]
    review = question.reviewed(slot.order, answer, say, with_key=key_is_told(row, published.quiz))
    if kept is None:
        return head | review | {"result": "awaiting", "share": None}
    if question.marked_by_people:
        review["comments"] = said.get(number, [])
    share = Fraction(kept)
    return head | review | {"result": _result(share, answered=answer is not None), "share": float(share)}


def _result(share: Fraction, *, answered: bool) -> str:
    if not answered:
        return "unanswered"
    return "right" if share == 1 else "partly" if share > 0 else "wrong"
