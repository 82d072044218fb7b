"""Short text: a word or a few, compared with what the author accepts."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from academy.questions.choice import Flag
from academy.questions.fields import FieldsQuestion, Values
from academy.questions.kind import Answer, Say
from academy.questions.wording import AcceptedText, first_match, guessed, plain
from academy.texts import Text


class ShortText(FieldsQuestion):
    """One line of text. The answer is that text; `case`: whether capitals matter."""

    kind: Literal["short_text"]
    answers: Annotated[tuple[AcceptedText, ...], Field(min_length=1, max_length=50)]
    case: Flag = False

    @model_validator(mode="after")
    def _something_wins(self) -> Self:
        if not any(each.weight == 100 for each in self.answers):
            raise ValueError("at least one answer weighs 100")
        return self

    def texts(self) -> dict[str, Text]:
        """See BaseQuestion; `feedback.<place of the answer>`."""
        said = {f"feedback.{n}": each.feedback for n, each in enumerate(self.answers) if each.feedback}
        return {**super().texts(), **said}

    def shown(self, order: tuple[str, ...], say: Say) -> dict[str, Any]:
        """See BaseQuestion."""
        return {"kind": self.kind, "html": say("text"), "fields": [{"type": "line"}]}

    def grade(self, answer: Answer) -> Fraction:
        """See BaseQuestion: the weight of the first accepted text that matches."""
        place = first_match(self.answers, answer, case=self.case)
        return Fraction(0) if place is None else Fraction(self.answers[place].weight) / 100

    def best(self, order: tuple[str, ...]) -> Answer:
        """See BaseQuestion: the first text of full weight."""
        return plain(next(each.text for each in self.answers if each.weight == 100))

    def guess(self) -> Fraction:
        """See BaseQuestion: as Moodle's shortanswer, the weight of `*`, else 0."""
        return guessed(self.answers)

    def summary(self, answer: Answer, language: str) -> str:
        """See BaseQuestion."""
        return answer or ""

    def feedback_path(self, answer: Answer) -> str | None:
        """See FieldsQuestion."""
        place = first_match(self.answers, answer, case=self.case)
        return None if place is None or self.answers[place].feedback is None else f"feedback.{place}"

    def width(self, order: tuple[str, ...]) -> int:
        """See FieldsQuestion."""
        return 1

    def of_values(self, values: Values, order: tuple[str, ...]) -> Answer:
        """See FieldsQuestion."""
        return values[0]

    def values_of(self, answer: Answer, order: tuple[str, ...]) -> Values:
        """See FieldsQuestion."""
        return [answer]
