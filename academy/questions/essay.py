"""Essay: a longer text that people mark by a rubric."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, Strict

from academy.questions.fields import Values
from academy.questions.kind import Answer, Say
from academy.questions.rubric import RubricQuestion


class Essay(RubricQuestion):
    """A text of at most `max_characters`. The answer is that text."""

    kind: Literal["essay"]
    max_characters: Annotated[int, Strict(), Field(ge=100, le=50_000)] = 10_000

    @property
    def longest(self) -> int:
        """See FieldsQuestion."""
        return self.max_characters

    def shown(self, order: tuple[str, ...], say: Say) -> dict[str, Any]:
        """See BaseQuestion; with the rubric, so that learners know what is looked for."""
        fields = [{"type": "area", "max_characters": self.max_characters}]
        return {"kind": self.kind, "html": say("text"), "fields": fields, "rubric": self.criteria(say)}

    def summary(self, answer: Answer, language: str) -> str:
        """See BaseQuestion: how it begins."""
        words = " ".join((answer or "").split())
        return words if len(words) <= 200 else f"{words[:199]}…"

    def width(self, order: tuple[str, ...]) -> int:
        """See FieldsQuestion."""
        return 1

    def of_values(self, values: Values, order: tuple[str, ...]) -> Answer:
        """See FieldsQuestion."""
        return values[0]

    def values_of(self, answer: Answer, order: tuple[str, ...]) -> Values:
        """See FieldsQuestion."""
        return [answer]
