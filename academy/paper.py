"""The paper of one attempt: which questions in which order, how it is shown, and how it is marked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from academy.draw import drawn
from academy.questions import Answer
from academy.schemas import Quiz


@dataclass(frozen=True)
class Slot:
    """One place on the paper: a question of the bank and the order in which its parts are shown."""

    question: str
    order: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """The form in which an attempt keeps it."""
        return {"question": self.question, "order": list(self.order)}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Slot:
        """The reverse of `to_json`."""
        return cls(kept["question"], tuple(kept["order"]))


@dataclass(frozen=True)
class Marking:
    """The exact outcome: each slot's share of its mark (-1 to 1), and the score, their mean held above 0."""

    shares: tuple[Fraction, ...]
    score: Fraction
    passed: bool


def draw_paper(quiz: Quiz, seed: str) -> tuple[Slot, ...]:
    """The paper that this seed gives: no question twice, everything shuffled."""
    keys = drawn((question.key for question in quiz.questions), seed, quiz.draw)
    return tuple(Slot(key, quiz.question(key).arrange(seed)) for key in keys)


def mark_paper(quiz: Quiz, slots: Sequence[Slot], answers: Mapping[int, Answer]) -> Marking:
    """Mark the answers (by slot number from 1, in the questions' own terms); a missing one earns nothing."""
    shares = tuple(
        quiz.question(slot.question).grade(answers.get(number)) for number, slot in enumerate(slots, 1)
    )
    score = max(Fraction(0), sum(shares, Fraction(0)) / len(shares))
    return Marking(shares, score, passed=score * 100 >= quiz.pass_mark)
