"""A draft as a learner would meet it. It is made in memory, and nothing of it is kept: no paper and no answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from academy.course_html import render_course
from academy.courses import PublishedCourse
from academy.enrolments import Progress
from academy.paper import Marking, Slot, draw_paper, mark_paper
from academy.questions import Answer, AnswerError
from academy.schemas import Course

NO_VERSION: Final = 0
Given = Callable[[int], list[str]]
"""The values of a question's form field, by its number."""


@dataclass(frozen=True)
class Paper:
    """What one seed draws from the quiz of a course, in the language in which it is read."""

    course: PublishedCourse
    seed: str
    slots: tuple[Slot, ...]
    language: str

    def numbered(self) -> list[tuple[int, Slot]]:
        """The questions from 1."""
        return list(enumerate(self.slots, 1))


def published(key: str, course: Course) -> PublishedCourse:
    """The course as if it were published."""
    return PublishedCourse(NO_VERSION, key, NO_VERSION, course, render_course(key, course))


def nothing_done(course: Course) -> Progress:
    """The progress of somebody who has just begun."""
    return Progress(frozenset(), False, 0, len(course.lessons) + (course.quiz is not None))


def draw(course: PublishedCourse, seed: str, language: str) -> Paper:
    """The paper of somebody who has never taken the quiz."""
    return Paper(course, seed, draw_paper(course.quiz, seed), language)


def asked(paper: Paper) -> list[dict[str, Any]]:
    """The questions as they are asked."""
    quiz, course = paper.course.quiz, paper.course
    found = []
    for number, slot in paper.numbered():
        page = quiz.question(slot.question).shown(slot.order, course.say(slot.question, paper.language))
        found.append({"question": number, "answer": None} | page)
    return _headed(paper, found)


def read(paper: Paper, given: Given) -> dict[int, Answer]:
    """The answers that a form sends; what is no answer of its question counts as none."""
    found: dict[int, Answer] = {}
    for number, slot in paper.numbered():
        question = paper.course.quiz.question(slot.question)
        try:
            found[number] = question.read(question.read_form(given(number)), slot.order)
        except AnswerError:
            found[number] = None
    return found


def marked(paper: Paper, answers: Mapping[int, Answer]) -> tuple[list[dict[str, Any]], Marking]:
    """The questions reviewed with key and feedback, and what the answers earn, exactly as an attempt would."""
    quiz, course = paper.course.quiz, paper.course
    marking = mark_paper(quiz, paper.slots, answers)
    found = []
    for (number, slot), share in zip(paper.numbered(), marking.shares, strict=True):
        question, answer = quiz.question(slot.question), answers.get(number)
        page = question.reviewed(slot.order, answer, course.say(slot.question, paper.language), with_key=True)
        page |= {"question": number, "answer": question.chosen(answer, slot.order)}
        found.append(page | {"result": _result(share, answer)})
    return _headed(paper, found), marking


def _headed(paper: Paper, questions: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """With the heading of its section on the first question of each."""
    before = None
    for page, slot in zip(questions, paper.slots, strict=True):
        if slot.section is not None and slot.section != before:
            page["section_html"] = paper.course.html[f"sections.{slot.section}.{paper.language}"]
        before = slot.section
    return list(questions)


def _result(share: Fraction | None, answer: Answer) -> str:
    if share is None:
        return "awaiting"
    if answer is None:
        return "unanswered"
    return "right" if share == 1 else "partly" if share > 0 else "wrong"
