"""True or false: one statement, and what is told to who took it for the other."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Final, Literal

from academy.questions.choice import Flag, key_at, one_value, options_shown
from academy.questions.kind import Answer, BaseQuestion, Percent, Say
from academy.texts import Text

WORDS: Final = {"true": Text(es="Verdadero", en="True"), "false": Text(es="Falso", en="False")}
ORDER: Final = tuple(WORDS)


class TrueFalse(BaseQuestion):
    """A statement. The answer is true or false; the wrong one earns `wrong_weight` (0, or less).

    The two feedbacks are told by what was answered, as in Moodle, whose GIFT names the one for the wrong answer
    first.
    """

    kind: Literal["true_false"]
    correct: Flag
    wrong_weight: Percent | None = None
    wrong_feedback: Text | None = None
    right_feedback: Text | None = None

    def texts(self) -> dict[str, Text]:
        """See BaseQuestion; the words of both options, and the feedback on each side."""
        said = {"feedback.wrong": self.wrong_feedback, "feedback.right": self.right_feedback}
        options = {f"options.{key}": text for key, text in WORDS.items()}
        return {**super().texts(), **options, **{path: text for path, text in said.items() if text}}

    def arrange(self, seed: str) -> tuple[str, ...]:
        """See BaseQuestion: true always comes first."""
        return ORDER

    def shown(self, order: tuple[str, ...], say: Say) -> dict[str, Any]:
        """See BaseQuestion."""
        return {"kind": self.kind, "html": say("text"), "options": options_shown("options", order, say)}

    def reviewed(self, order: tuple[str, ...], answer: Answer, say: Say, *, with_key: bool) -> dict[str, Any]:
        """See BaseQuestion."""
        page = self.shown(order, say)
        for key, option in zip(order, page["options"], strict=True):
            option["chosen"] = answer == (key == "true") if answer is not None else False
            option["correct"] = self.correct == (key == "true") if with_key else None
        side = "right" if answer == self.correct else "wrong"
        if answer is not None and f"feedback.{side}" in self.texts():
            page["answer_feedback_html"] = say(f"feedback.{side}")
        page["feedback_html"] = say("feedback") if self.feedback else None
        return page

    def read_form(self, values: list[str]) -> object:
        """See BaseQuestion."""
        return one_value(values)

    def read(self, raw: object, order: tuple[str, ...]) -> Answer:
        """See BaseQuestion; raw is one place, or None."""
        return None if raw is None else key_at(raw, order) == "true"

    def chosen(self, answer: Answer, order: tuple[str, ...]) -> object:
        """See BaseQuestion."""
        return None if answer is None else str(order.index("true" if answer else "false") + 1)

    def grade(self, answer: Answer) -> Fraction:
        """See BaseQuestion."""
        if answer is None:
            return Fraction(0)
        return (
            Fraction(1)
            if answer == self.correct
            else min(Fraction(0), Fraction(self.wrong_weight or 0) / 100)
        )

    def best(self, order: tuple[str, ...]) -> Answer:
        """See BaseQuestion."""
        return self.correct

    def guess(self) -> Fraction:
        """See BaseQuestion: 0.5 in Moodle, less where a wrong answer costs."""
        return (self.grade(True) + self.grade(False)) / 2

    def summary(self, answer: Answer, language: str) -> str:
        """See BaseQuestion."""
        return "" if answer is None else WORDS["true" if answer else "false"].in_language(language)
