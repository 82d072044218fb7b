"""The paper of one attempt: which questions in which order, and how it is marked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import Any

from academy.bank import Rule
from academy.certificate_policy import Renewal
from academy.draw import drawn, shuffled
from academy.questions import Answer, ProductTask, Question
from academy.schemas import Quiz

NOTHING: Mapping[Any, Any] = MappingProxyType({})


@dataclass(frozen=True)
class Slot:
    """One place on the paper: a question of a bank and the order in which its parts are shown.

    section: the place of its section in the quiz, from 0; None where the quiz has none.
    """

    question: str
    order: tuple[str, ...]
    section: int | None = None

    def to_json(self) -> dict[str, Any]:
        """The form in which an attempt keeps it."""
        section = {} if self.section is None else {"section": self.section}
        return {"question": self.question, "order": list(self.order), **section}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Slot:
        """The reverse of `to_json`."""
        return cls(kept["question"], tuple(kept["order"]), kept.get("section"))


@dataclass(frozen=True)
class Marking:
    """The exact outcome: each slot's share of its mark (-1 to 1), and the score, their mean held above 0.

    A share is None while people have to mark it; then there is no score yet, and nobody has passed or failed.
    """

    shares: tuple[Fraction | None, ...]
    score: Fraction | None
    passed: bool | None


def draw_paper(
    quiz: Quiz, seed: str, seen: Mapping[str, int] = NOTHING, short: Renewal | None = None
) -> tuple[Slot, ...]:
    """The paper that this seed gives: no question twice, everything shuffled.

    seen: how often each was drawn before. short: the fewer questions of somebody who renews.
    """
    if short is not None:
        pool = (question.key for question in quiz.tagged(short.tags))
        keys = drawn(pool, seed, short.questions, seen)
        return tuple(Slot(key, quiz.question(key).arrange(seed)) for key in keys)
    taken: set[str] = set()
    slots: list[Slot] = []
    parts = [each.draw for each in quiz.sections] or [quiz.rules]
    for place, rules in enumerate(parts):
        keys = _drawn(quiz, rules, seed, seen, taken)
        if quiz.sections and quiz.sections[place].shuffle:
            keys = shuffled(keys, seed, f"section {place}")
        section = place if quiz.sections else None
        slots += [Slot(key, quiz.question(key).arrange(seed), section) for key in keys]
    return tuple(slots)


def _drawn(
    quiz: Quiz, rules: Sequence[Rule], seed: str, seen: Mapping[str, int], taken: set[str]
) -> tuple[str, ...]:
    found: tuple[str, ...] = ()
    for rule in rules:
        left = (question.key for question in quiz.pool(rule) if question.key not in taken)
        keys = drawn(left, seed, rule.count, seen)
        taken.update(keys)
        found += keys
    return found


def mark_paper(
    quiz: Quiz,
    slots: Sequence[Slot],
    answers: Mapping[int, Answer],
    marks: Mapping[int, Fraction] = NOTHING,
) -> Marking:
    """Mark the answers (by slot number from 1, in the questions' own terms); a missing one earns nothing.

    marks: the shares that people gave, by slot number.
    """
    shares = tuple(
        _share(quiz, quiz.question(slot.question), answers.get(number), marks.get(number))
        for number, slot in enumerate(slots, 1)
    )
    known = [share for share in shares if share is not None]
    if len(known) < len(shares):
        return Marking(shares, None, None)
    score = _mean(known)
    return Marking(
        shares, score, passed=score * 100 >= quiz.pass_mark and _sections_passed(quiz, slots, known)
    )


def _share(quiz: Quiz, question: Question, answer: Answer, mark: Fraction | None) -> Fraction | None:
    if question.marked_by_people:
        return mark if answer is not None else Fraction(0)
    share = question.grade(answer)
    wrong = share == 0 and answer is not None and not isinstance(question, ProductTask)
    return Fraction(-quiz.wrong_costs, 100) if wrong else share


def _mean(shares: Sequence[Fraction]) -> Fraction:
    return max(Fraction(0), sum(shares, Fraction(0)) / len(shares))


def _sections_passed(quiz: Quiz, slots: Sequence[Slot], shares: Sequence[Fraction]) -> bool:
    for place, section in enumerate(quiz.sections):
        own = [share for slot, share in zip(slots, shares, strict=True) if slot.section == place]
        if own and section.pass_mark is not None and _mean(own) * 100 < section.pass_mark:
            return False
    return True
