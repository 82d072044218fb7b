"""Calculated: a numeric question whose numbers differ from person to person."""

from __future__ import annotations

import hashlib
import re
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import Field, Strict, StringConstraints, model_validator

from academy.draw import shuffled
from academy.questions.choice import must_differ
from academy.questions.fields import FieldsQuestion, Values
from academy.questions.formula import MAX_LENGTH, Formula, rounded
from academy.questions.kind import Answer, AnswerError, Say
from academy.questions.numbers import Measure, Number, Tolerance, interval, read_number, written
from academy.texts import LANGUAGES, Shape

Name = Annotated[str, Strict(), StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,19}$")]
Decimals = Annotated[int, Strict(), Field(ge=0, le=10)]


class Variable(Shape):
    """A number that the text names as `{name}`: any from `min` to `max` with so many decimals, each as likely."""

    name: Name
    min: Number
    max: Number
    decimals: Decimals = 0

    @model_validator(mode="after")
    def _is_a_range(self) -> Self:
        scale = 10**self.decimals
        if self.max < self.min or any(Fraction(end) * scale % 1 for end in (self.min, self.max)):
            raise ValueError(f"min is at most max, and both have at most {self.decimals} decimals")
        return self

    def at(self, chance: int) -> Decimal:
        """The number that a large random number picks."""
        step = Decimal(1).scaleb(-self.decimals)
        return self.min + step * (chance % (int((self.max - self.min) / step) + 1))


class Calculated(FieldsQuestion):
    """A number found by `formula`, rounded to `decimals`; the tolerance is that of a numeric question.

    One of `variants` sets of numbers is drawn with the attempt. They follow from the question's key alone, so that
    an old attempt can be marked again on any machine. The answer carries its variant, as in
    `{"variant": "7", "value": "12.5"}`.
    """

    kind: Literal["calculated"]
    variables: Annotated[tuple[Variable, ...], Field(min_length=1, max_length=10)]
    formula: Annotated[str, Strict(), StringConstraints(min_length=1, max_length=MAX_LENGTH)]
    decimals: Decimals = 2
    tolerance: Tolerance = Decimal(0)
    measure: Measure = "nominal"
    variants: Annotated[int, Strict(), Field(ge=1, le=200)] = 50

    @model_validator(mode="after")
    def _can_be_calculated(self) -> Self:
        must_differ("variables", "name", (each.name for each in self.variables))
        names = {each.name for each in self.variables}
        try:
            strange = self._read.names - names
            if strange:
                raise ValueError(f"names {min(strange)!r}, which is no variable")
            for variant in range(1, self.variants + 1):
                self.right(str(variant))
        except ValueError as error:
            raise ValueError(f"the formula {error}") from error
        for language in LANGUAGES:
            missing = names - set(re.findall(r"\{(\w+)\}", self.text.in_language(language)))
            if missing:
                raise ValueError(f"the {language} text does not tell {{{min(missing)}}}")
        return self

    @cached_property
    def _read(self) -> Formula:
        return Formula(self.formula)

    def numbers(self, variant: str) -> dict[str, Decimal]:
        """The variables of a variant."""

        def chance(name: str) -> int:
            return int.from_bytes(hashlib.sha256(f"{self.key}\0{variant}\0{name}".encode()).digest())

        return {each.name: each.at(chance(each.name)) for each in self.variables}

    def right(self, variant: str) -> Fraction:
        """The right answer of a variant, rounded."""
        numbers = {name: Fraction(number) for name, number in self.numbers(variant).items()}
        return rounded(self._read.value(numbers), self.decimals)

    def arrange(self, seed: str) -> tuple[str, ...]:
        """See BaseQuestion: the variant."""
        return shuffled((str(n) for n in range(1, self.variants + 1)), seed, self.key)[:1]

    def shown(self, order: tuple[str, ...], say: Say) -> dict[str, Any]:
        """See BaseQuestion; the text with the variant's numbers."""
        html = say("text")
        for name, number in self.numbers(order[0]).items():
            html = html.replace(f"{{{name}}}", written(number))
        return {"kind": self.kind, "html": html, "fields": [{"type": "number"}]}

    def grade(self, answer: Answer) -> Fraction:
        """See BaseQuestion. What is no number earns nothing."""
        if answer is None:
            return Fraction(0)
        if answer["variant"] not in {str(n) for n in range(1, self.variants + 1)}:
            raise AnswerError(f"has no variant {answer['variant']!r}")
        number = read_number(answer["value"])
        low, high = interval(self.right(answer["variant"]), Fraction(self.tolerance), self.measure)
        return Fraction(number is not None and low <= number <= high)

    def best(self, order: tuple[str, ...]) -> Answer:
        """See BaseQuestion."""
        right = self.right(order[0])
        value = Decimal(right.numerator) / Decimal(right.denominator)
        return {"variant": order[0], "value": written(value)}

    def guess(self) -> Fraction:
        """See BaseQuestion: as Moodle's numerical, 0."""
        return Fraction(0)

    def summary(self, answer: Answer, language: str) -> str:
        """See BaseQuestion: the number, and for which ones."""
        if answer is None:
            return ""
        given = ", ".join(f"{name} = {written(n)}" for name, n in self.numbers(answer["variant"]).items())
        return f"{answer['value']} ({given})"

    def width(self, order: tuple[str, ...]) -> int:
        """See FieldsQuestion."""
        return 1

    def of_values(self, values: Values, order: tuple[str, ...]) -> Answer:
        """See FieldsQuestion."""
        return {"variant": order[0], "value": values[0]}

    def values_of(self, answer: Answer, order: tuple[str, ...]) -> Values:
        """See FieldsQuestion."""
        return [answer["value"]]
