"""Numeric: a number within a tolerance, where it has one with its unit."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any, Literal, Self

from markupsafe import escape
from pydantic import Field, Strict, StringConstraints, model_validator

from academy.questions.choice import key_at, must_differ
from academy.questions.fields import FieldsQuestion, Values
from academy.questions.kind import Answer, Say
from academy.questions.numbers import AcceptedNumber, Number, first_near, read_number, written
from academy.texts import Shape, Text

Share = Annotated[Decimal, Field(ge=0, le=100, max_digits=8, decimal_places=5)]


class Unit(Shape):
    """A unit that may be chosen; a number in it is worth `factor` times as many of the accepted numbers' unit."""

    unit: Annotated[str, Strict(), StringConstraints(strip_whitespace=True, min_length=1, max_length=30)]
    factor: Annotated[Number, Field(gt=0)] = Decimal(1)


class Numeric(FieldsQuestion):
    """A number. The answer is `{"value": what was written, "unit": the chosen one}`.

    Without a unit where units are listed, the number is taken as it stands and the share is cut by `unit_penalty`
    percent: Moodle's unit penalty as a fraction of the response's own grade (apply_unit_penalty), 10 % as there.
    """

    kind: Literal["numeric"]
    answers: Annotated[tuple[AcceptedNumber, ...], Field(min_length=1, max_length=50)]
    other_feedback: Text | None = None
    units: Annotated[tuple[Unit, ...], Field(max_length=20)] = ()
    unit_penalty: Share = Decimal(10)

    @model_validator(mode="after")
    def _something_wins(self) -> Self:
        must_differ("units", "name", (each.unit for each in self.units))
        if self.units and all(each.factor != 1 for each in self.units):
            raise ValueError("one of the units has the factor 1: that of the accepted numbers")
        for place, each in enumerate(self.answers):
            if each.weight == 100 and first_near(self.answers, Fraction(each.value)) == place:
                return self
        raise ValueError("no answer weighs 100 and comes before those whose interval holds it")

    def texts(self) -> dict[str, Text]:
        """See BaseQuestion; `feedback.<place of the answer>` and `feedback.other`."""
        said = {f"feedback.{n}": each.feedback for n, each in enumerate(self.answers) if each.feedback}
        other = {"feedback.other": self.other_feedback} if self.other_feedback else {}
        return {**super().texts(), **said, **other}

    def shown(self, order: tuple[str, ...], say: Say) -> dict[str, Any]:
        """See BaseQuestion."""
        fields: list[dict[str, Any]] = [{"type": "number"}]
        if self.units:
            units = [
                {"place": str(n), "html": str(escape(each.unit))} for n, each in enumerate(self.units, 1)
            ]
            fields.append({"type": "select", "label": "unit", "options": units})
        return {"kind": self.kind, "html": say("text"), "fields": fields}

    def grade(self, answer: Answer) -> Fraction:
        """See BaseQuestion. What is no number earns nothing."""
        place = self._place(answer)
        if place is None:
            return Fraction(0)
        share = Fraction(self.answers[place].weight) / 100
        bare = bool(self.units) and answer["unit"] is None
        return share * (1 - Fraction(self.unit_penalty) / 100) if bare and share > 0 else share

    def best(self, order: tuple[str, ...]) -> Answer:
        """See BaseQuestion."""
        for place, each in enumerate(self.answers):
            if each.weight == 100 and first_near(self.answers, Fraction(each.value)) == place:
                base = next((unit.unit for unit in self.units if unit.factor == 1), None)
                return {"value": written(each.value), "unit": base}
        raise AssertionError("the validator lets no such question through")

    def guess(self) -> Fraction:
        """See BaseQuestion: as Moodle's numerical, whose guess of a number is 0."""
        return Fraction(0)

    def summary(self, answer: Answer, language: str) -> str:
        """See BaseQuestion."""
        return "" if answer is None else " ".join(filter(None, (answer["value"], answer["unit"])))

    def feedback_path(self, answer: Answer) -> str | None:
        """See FieldsQuestion."""
        if answer is None:
            return None
        place = self._place(answer)
        if place is None:
            return "feedback.other" if self.other_feedback else None
        return f"feedback.{place}" if self.answers[place].feedback else None

    def width(self, order: tuple[str, ...]) -> int:
        """See FieldsQuestion."""
        return 2 if self.units else 1

    def of_values(self, values: Values, order: tuple[str, ...]) -> Answer:
        """See FieldsQuestion."""
        names = tuple(each.unit for each in self.units)
        unit = key_at(values[1], names) if self.units and values[1] else None
        return {"value": values[0], "unit": unit}

    def values_of(self, answer: Answer, order: tuple[str, ...]) -> Values:
        """See FieldsQuestion."""
        if not self.units:
            return [answer["value"]]
        place = next((str(n) for n, each in enumerate(self.units, 1) if each.unit == answer["unit"]), None)
        return [answer["value"], place]

    def told(self, answer: Answer, order: tuple[str, ...], say: Say) -> list[str | None]:
        """See FieldsQuestion."""
        found = super().told(answer, order, say)
        unit = answer["unit"] if answer else None
        return [found[0], unit and str(escape(unit))] if self.units else found

    def _place(self, answer: Answer) -> int | None:
        if answer is None or answer["value"] is None:
            return None
        number = read_number(answer["value"])
        unit = next((each for each in self.units if each.unit == answer["unit"]), None)
        if number is not None and unit is not None:
            number *= Fraction(unit.factor)
        return first_near(self.answers, number)
