"""Multiple choice: each right option earns its part, each wrong one costs, and all together earn nothing."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Final, Literal, Self

from pydantic import model_validator

from academy.questions.choice import ChoiceQuestion, Option, key_at
from academy.questions.kind import Answer, AnswerError

ROUNDING: Final = Decimal("0.01")
"""Authors write a third as 33.33333: sums this close to 100 are taken for 100 and scaled exactly."""


class MultipleChoice(ChoiceQuestion):
    """Any number of options. The answer is the sorted list of the chosen option keys."""

    kind: Literal["multiple"]

    @model_validator(mode="after")
    def _choosing_everything_cannot_win(self) -> Self:
        right, wrong = self._sides()
        if not right or not wrong:
            raise ValueError("a multiple choice needs at least one correct and one wrong option")
        if not all(_positive(option) for option in right) or any(_positive(option) for option in wrong):
            raise ValueError("correct options weigh more than 0, wrong ones 0 or less")
        for side, name in ((right, "correct"), (wrong, "wrong")):
            if len({option.weight is None for option in side}) == 2:
                raise ValueError(f"give a weight to all {name} options or to none")
        if right[0].weight is not None and abs(_sum(right) - 100) > ROUNDING:
            raise ValueError(f"the correct options weigh {_sum(right)} together, not 100")
        if wrong[0].weight is not None and _sum(wrong) > -100 + ROUNDING:
            raise ValueError(
                f"the wrong options weigh {_sum(wrong)} together: choosing everything would earn marks;"
                " let them weigh -100 together"
            )
        return self

    @cached_property
    def shares(self) -> dict[str, Fraction]:
        """The exact share of the mark that choosing each option adds; all together never exceed 0."""
        right, wrong = self._sides()
        return {**_split(right, Fraction(1)), **_split(wrong, Fraction(-1))}

    def read_form(self, values: list[str]) -> object:
        """See BaseQuestion."""
        return values

    def read(self, raw: object, order: tuple[str, ...]) -> Answer:
        """See BaseQuestion; raw is a list of different places; an empty one is no answer."""
        if raw is None:
            return None
        if not isinstance(raw, list) or len(raw) > len(order):
            raise AnswerError(f"is not a list of at most {len(order)} options")
        keys = [key_at(place, order) for place in raw]
        if len(set(keys)) != len(keys):
            raise AnswerError("names the same option twice")
        return sorted(keys) or None

    def chosen(self, answer: Answer, order: tuple[str, ...]) -> object:
        """See BaseQuestion."""
        return sorted((str(order.index(key) + 1) for key in answer or ()), key=int)

    def grade(self, answer: Answer) -> Fraction:
        """See BaseQuestion: the sum of the chosen shares, held between 0 and 1."""
        unknown = self.keys_of(answer) - self.shares.keys()
        if unknown:
            raise AnswerError(f"has no option {min(unknown)!r}")
        earned = sum((self.shares[key] for key in self.keys_of(answer)), Fraction(0))
        return max(Fraction(0), min(Fraction(1), earned))

    def best(self, order: tuple[str, ...]) -> Answer:
        """See BaseQuestion."""
        return sorted(option.key for option in self.options if option.correct)

    def guess(self) -> None:
        """See BaseQuestion: Moodle defines none for multiple response."""

    def keys_of(self, answer: Answer) -> frozenset[str]:
        """See ChoiceQuestion."""
        return frozenset(answer or ())

    def _sides(self) -> tuple[list[Option], list[Option]]:
        right = [option for option in self.options if option.correct]
        return right, [option for option in self.options if not option.correct]


def _positive(option: Option) -> bool:
    return option.correct if option.weight is None else option.weight > 0


def _sum(options: Sequence[Option]) -> Decimal:
    return sum((option.weight or Decimal(0) for option in options), Decimal(0))


def _split(options: Sequence[Option], whole: Fraction) -> dict[str, Fraction]:
    """Shares of one side: equal parts without weights; weights that are 100 but for rounding make 1."""
    if options[0].weight is None:
        return {option.key: whole / len(options) for option in options}
    total = Fraction(abs(_sum(options)))
    scale = total if abs(total - 100) <= ROUNDING else Fraction(100)
    return {option.key: Fraction(option.weight or 0) / scale for option in options}
