"""What questions share that are answered in one or more fields: texts, numbers, selects."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from academy.questions.kind import Answer, AnswerError, BaseQuestion, Say
from academy.texts import printable, unix_lines

Values = list[str | None]
"""What stands in each field of the page, in their order; None where nothing does."""


class FieldsQuestion(BaseQuestion):
    """A question with fields. Raw is the list of what stands in them; for one field the bare text will do too.

    `shown` tells each field's `type`: `select` (one of its own `options` or of the question's), `number`, `line`,
    `area`.
    """

    @property
    def longest(self) -> int:
        """How many characters a field holds at most."""
        return 500

    def arrange(self, seed: str) -> tuple[str, ...]:
        """See BaseQuestion: nothing to arrange, unless a kind has something."""
        return ()

    def read_form(self, values: list[str]) -> object:
        """See BaseQuestion: a page sends every field, in order."""
        return values or None

    def read(self, raw: object, order: tuple[str, ...]) -> Answer:
        """See BaseQuestion; an answer of which nothing is given is no answer."""
        if raw is None:
            return None
        given = [raw] if isinstance(raw, str) else raw
        if not isinstance(given, list) or len(given) != self.width(order):
            raise AnswerError(f"is not a list of {self.width(order)} texts")
        values = [self._value(each) for each in given]
        return self.of_values(values, order) if any(values) else None

    def chosen(self, answer: Answer, order: tuple[str, ...]) -> object:
        """See BaseQuestion."""
        return None if answer is None else self.values_of(answer, order)

    def reviewed(self, order: tuple[str, ...], answer: Answer, say: Say, *, with_key: bool) -> dict[str, Any]:
        """See BaseQuestion. Each field has what was `given` and, with the key, what is `right`; of a select as
        `given_html` and `right_html`, because its options are HTML, and what a person wrote never is."""
        page = self.shown(order, say)
        given = self.told(answer, order, say)
        right = self.told(self.best(order), order, say) if with_key else [None] * len(given)
        for field, theirs, ours in zip(page["fields"], given, right, strict=True):
            html = "_html" if field["type"] == "select" else ""
            field[f"given{html}"], field[f"right{html}"] = theirs, ours
        page["feedback_html"] = say("feedback") if self.feedback else None
        said = self.feedback_path(answer)
        if said:
            page["answer_feedback_html"] = say(said)
        return page

    def told(self, answer: Answer, order: tuple[str, ...], say: Say) -> list[str | None]:
        """What an answer says in each field, as people read it: of a select as HTML."""
        return [None] * self.width(order) if answer is None else list(self.values_of(answer, order))

    def feedback_path(self, answer: Answer) -> str | None:
        """Where the feedback on this very answer stands, if there is one."""
        return None

    @abstractmethod
    def width(self, order: tuple[str, ...]) -> int:
        """How many fields the question has."""

    @abstractmethod
    def of_values(self, values: Values, order: tuple[str, ...]) -> Answer:
        """The answer in the question's own terms; AnswerError where a select has no such option."""

    @abstractmethod
    def values_of(self, answer: Answer, order: tuple[str, ...]) -> Values:
        """The reverse of `of_values`."""

    def _value(self, given: object) -> str | None:
        if given is None:
            return None
        if not isinstance(given, str) or len(given) > self.longest:
            raise AnswerError(f"holds something other than texts of at most {self.longest} characters")
        try:
            return printable(unix_lines(given)).strip() or None
        except ValueError as error:
            raise AnswerError(str(error)) from error
