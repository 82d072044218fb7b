"""Single choice: one option is chosen. The right one earns the mark; another may earn a part of it (`weight`)."""

from __future__ import annotations

from fractions import Fraction
from typing import Literal, Self

from pydantic import model_validator

from academy.questions.choice import ChoiceQuestion, Option, key_at, one_value
from academy.questions.kind import Answer, AnswerError


class SingleChoice(ChoiceQuestion):
    """One of several options. The answer is the key of the chosen option.

    Where several are right, each alone, each says so with `weight: 100`: else it is a multiple choice by mistake.
    """

    kind: Literal["single"]

    @model_validator(mode="after")
    def _one_option_wins(self) -> Self:
        right = [option for option in self.options if option.correct]
        if not right or (len(right) > 1 and any(option.weight is None for option in right)):
            raise ValueError(
                f"a single choice needs exactly one correct option, not {len(right)};"
                " where each of several alone is right, give each `weight: 100`"
            )
        less = [option.key for option in right if option.weight not in (None, 100)]
        if less:
            raise ValueError(f"the correct option {less[0]!r} always weighs 100")
        if len(right) == len(self.options):
            raise ValueError("a single choice needs a wrong option")
        full = [option.key for option in self.options if not option.correct and option.weight == 100]
        if full:
            raise ValueError(f"the wrong option {full[0]!r} must weigh less than 100")
        return self

    def read_form(self, values: list[str]) -> object:
        """See BaseQuestion."""
        return one_value(values)

    def read(self, raw: object, order: tuple[str, ...]) -> Answer:
        """See BaseQuestion; raw is one place, or None."""
        return None if raw is None else key_at(raw, order)

    def chosen(self, answer: Answer, order: tuple[str, ...]) -> object:
        """See BaseQuestion."""
        return None if answer is None else str(order.index(answer) + 1)

    def grade(self, answer: Answer) -> Fraction:
        """See BaseQuestion: 1 for the right option, else the option's weight (0 where it has none)."""
        if answer is None:
            return Fraction(0)
        option = next((option for option in self.options if option.key == answer), None)
        if option is None:
            raise AnswerError(f"has no option {answer!r}")
        return _share(option)

    def best(self, order: tuple[str, ...]) -> Answer:
        """See BaseQuestion."""
        return next(option.key for option in self.options if option.correct)

    def guess(self) -> Fraction:
        """See BaseQuestion: the mean of all shares, negative ones included, as in Moodle."""
        return sum(map(_share, self.options), Fraction(0)) / len(self.options)

    def keys_of(self, answer: Answer) -> frozenset[str]:
        """See ChoiceQuestion."""
        return frozenset() if answer is None else frozenset({answer})


def _share(option: Option) -> Fraction:
    return Fraction(1) if option.correct else Fraction(option.weight or 0) / 100
