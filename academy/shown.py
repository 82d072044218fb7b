"""What pages and API tell about courses, attempts and certificates. Before its end an attempt tells no key."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from academy import attempts, courses, marking, review
from academy.certificates import CertificateFacts
from academy.courses import PublishedCourse
from academy.enrolments import Progress
from academy.models import IN_PROGRESS, Attempt, Enrolment
from academy.paper import Slot
from academy.questions import Question
from academy.schemas import Part, Quiz
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
        "modules": [module.model_dump() for module in whole.modules],
        "lessons": [
            {
                "key": lesson.key,
                "title": {"es": lesson.title("es"), "en": lesson.title("en")},
                "kind": lesson.work.kind,
            }
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
        "closes_at": rules.closes_at,
        "evidence": rules.evidence,
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
    """An attempt with its questions: as they are answered while it runs, and what may be told of it now."""
    published = courses.published(row.version_id)
    running, told = row.state == IN_PROGRESS, review.told(row)
    head = {
        "id": row.public_id,
        "course": published.key,
        "version": published.version,
        "number": row.number,
        "state": row.state,
        "sequence": row.sequence,
        "started_at": row.started_at,
        "due_at": row.due_at,
        "seconds_left": seconds_left(row) if running else None,
        "told": sorted(told),
        "questions": _questions(row, published, told, language) if "attempt" in told else [],
    }
    if running:
        return head
    known = row.score is not None and "marks" in told
    result = {
        "finished_at": row.finished_at,
        "score_percent": percent(row.score or 0) if known else None,
        "passed": row.passed,
        "pass_mark": published.quiz.pass_mark,
    }
    return head | result | (_band(row, published, language) if known else {})


def _band(row: Attempt, published: PublishedCourse, language: str) -> dict[str, Any]:
    """What is said about the score, where something is."""
    place = None if row.score is None else published.quiz.band(Fraction(row.score, 1_000_000))
    return {} if place is None else {"score_feedback_html": published.html[f"bands.{place}.{language}"]}


def certificate(facts: CertificateFacts) -> dict[str, Any]:
    """What a certificate says to whoever has its code."""
    return {
        "code": facts.code,
        "edition": facts.edition,
        "kind": facts.kind,
        "name": facts.person_name,
        "course": facts.course_key,
        "title": facts.title,
        "version": facts.course_version,
        "score_percent": facts.score,
        "pass_mark": facts.pass_mark,
        "issued_at": facts.issued_at,
        "issued_on": facts.issued_on,
        "expires_at": facts.expires_at,
        "expires_on": facts.expires_on,
        "status": facts.status,
        "reason": facts.reason,
        "revoked_at": facts.changed_at if facts.status == "revoked" else None,
        "previous": facts.previous,
        "next": facts.next,
    }


def seconds_left(row: Attempt) -> int | None:
    """Whole seconds until the deadline, never below 0; None where there is none."""
    if row.due_at is None:
        return None
    return max(0, int((row.due_at - now()).total_seconds()))


def percent(score: int) -> float:
    """Millionths as a percentage with four decimals."""
    return score / 10_000


def _questions(
    row: Attempt, published: PublishedCourse, told: frozenset[Part], language: str
) -> list[dict[str, Any]]:
    """While the attempt runs, only those of which something is told are reviewed."""
    slots = attempts.slots_of(row)
    running = review.told_while_running(row) if row.state == IN_PROGRESS else None
    questions = [
        _reviewed(row, published, number, slot, told, language)
        if running is None or str(number) in running
        else _open(row, published, number, slot, language)
        for number, slot in enumerate(slots, 1)
    ]
    _head_sections(questions, slots, published, language)
    if row.score is not None and "feedback" in told:
        _add_comments(questions, slots, row, published.quiz)
    return questions


def _head_sections(
    questions: list[dict[str, Any]], slots: list[Slot], published: PublishedCourse, language: str
) -> None:
    before = None
    for question, slot in zip(questions, slots, strict=True):
        if slot.section is not None and slot.section != before:
            question["section_html"] = published.html[f"sections.{slot.section}.{language}"]
        before = slot.section


def _add_comments(questions: list[dict[str, Any]], slots: list[Slot], row: Attempt, quiz: Quiz) -> None:
    by_people = [
        page
        for page, slot in zip(questions, slots, strict=True)
        if quiz.question(slot.question).marked_by_people
    ]
    said = marking.comments(row) if by_people else {}
    for page in by_people:
        page["comments"] = said.get(page["question"], [])


def _open(row: Attempt, published: PublishedCourse, number: int, slot: Slot, language: str) -> dict[str, Any]:
    question = published.quiz.question(slot.question)
    answer = question.chosen(row.answers.get(str(number)), slot.order)
    page = question.shown(slot.order, published.say(slot.question, language))
    return {"question": number, "answer": answer} | page


def _reviewed(
    row: Attempt, published: PublishedCourse, number: int, slot: Slot, told: frozenset[Part], language: str
) -> dict[str, Any]:
    question = published.quiz.question(slot.question)
    answer = row.answers.get(str(number))
    say = published.say(slot.question, language)
    page = question.reviewed(slot.order, answer, say, with_key="answer" in told)
    page |= {"question": number, "answer": question.chosen(answer, slot.order), "locked": True}
    if "feedback" not in told:
        page = _without_feedback(page)
    share = _share(row, question, number)
    if share is None:
        return page | {"result": "awaiting" if row.score is None else None, "share": None}
    page["result"] = result(share, answered=answer is not None) if "correctness" in told else None
    page["share"] = float(share) if "marks" in told else None
    return page


def _share(row: Attempt, question: Question, number: int) -> Fraction | None:
    """What the answer earned, or would earn as it is; None while people mark it, or where a regrade left it out."""
    if row.shares is None:
        answer = row.answers.get(str(number))
        return None if question.marked_by_people else question.grade(answer)
    kept = row.shares[number - 1]
    return None if kept is None else Fraction(kept)


def _without_feedback(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: _without_feedback(inner) for key, inner in value.items() if not key.endswith("feedback_html")
        }
    return [_without_feedback(inner) for inner in value] if isinstance(value, list) else value


def result(share: Fraction, *, answered: bool) -> str:
    """What an answer's share of the mark is called."""
    if not answered:
        return "unanswered"
    return "right" if share == 1 else "partly" if share > 0 else "wrong"
