"""What people mark by: criteria with points, and how far two of them may differ."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Annotated, Any, ClassVar, Self

from pydantic import Field, Strict, model_validator

from academy.questions.choice import must_differ
from academy.questions.fields import FieldsQuestion
from academy.questions.kind import Answer, Say
from academy.texts import Key, Shape, Text

Points = Annotated[int, Strict(), Field(ge=1, le=100)]


class Criterion(Shape):
    """One thing that is looked for, and how much it is worth at most."""

    key: Key
    text: Text
    points: Points


class RubricQuestion(FieldsQuestion):
    """A question that two people mark, each without seeing the other's marks.

    difference: by how many percent of the mark they may differ; where they do by more, a third one decides.
    """

    marked_by_people: ClassVar[bool] = True

    rubric: Annotated[tuple[Criterion, ...], Field(min_length=1, max_length=20)]
    difference: Annotated[int, Strict(), Field(ge=0, le=100)] = 20

    @model_validator(mode="after")
    def _criteria_differ(self) -> Self:
        must_differ("criteria", "key", (each.key for each in self.rubric))
        return self

    def texts(self) -> dict[str, Text]:
        """See BaseQuestion; `rubric.<key>`."""
        return {**super().texts(), **{f"rubric.{each.key}": each.text for each in self.rubric}}

    def criteria(self, say: Say) -> list[dict[str, Any]]:
        """The rubric, as it is told to learners and markers."""
        return [{"html": say(f"rubric.{each.key}"), "points": each.points} for each in self.rubric]

    def share_of(self, points: Mapping[str, int]) -> Fraction:
        """The share of the mark that these points are, out of all that can be had."""
        return Fraction(
            sum(points[each.key] for each in self.rubric), sum(each.points for each in self.rubric)
        )

    def grade(self, answer: Answer) -> Fraction:
        """See BaseQuestion: 0, until people have marked it (`marking`)."""
        return Fraction(0)

    def best(self, order: tuple[str, ...]) -> Answer:
        """See BaseQuestion."""

    def guess(self) -> None:
        """See BaseQuestion: people mark it."""
