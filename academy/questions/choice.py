"""What single and multiple choice share: options, their order on the page, and places instead of keys."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Annotated, Any, Self

from pydantic import Field, Strict, model_validator

from academy.draw import shuffled
from academy.questions.kind import Answer, AnswerError, BaseQuestion, Say
from academy.texts import LANGUAGES, Key, Shape, Text

Percent = Annotated[Decimal, Field(ge=-100, le=100, max_digits=8, decimal_places=5)]


class Option(Shape):
    """One option. `weight` is the percentage of the mark that choosing it adds, or takes when negative."""

    key: Key
    text: Text
    correct: Annotated[bool, Strict()] = False
    weight: Percent | None = None


class ChoiceQuestion(BaseQuestion):
    """A question answered by choosing among options."""

    options: Annotated[tuple[Option, ...], Field(min_length=2, max_length=20)]

    @model_validator(mode="after")
    def _options_differ(self) -> Self:
        _must_differ("key", (option.key for option in self.options))
        for language in LANGUAGES:
            _must_differ(f"{language} text", (option.text.in_language(language) for option in self.options))
        return self

    def texts(self) -> dict[str, Text]:
        """See BaseQuestion; options add `options.<key>`."""
        return {**super().texts(), **{f"options.{option.key}": option.text for option in self.options}}

    def arrange(self, seed: str) -> tuple[str, ...]:
        """See BaseQuestion: the option keys, shuffled."""
        return shuffled((option.key for option in self.options), seed, self.key)

    def shown(self, order: tuple[str, ...], say: Say) -> dict[str, Any]:
        """See BaseQuestion. Options go by their place, since an author's key may give the answer away."""
        options = [{"place": str(place), "html": say(f"options.{key}")} for place, key in enumerate(order, 1)]
        return {"kind": self.kind, "html": say("text"), "options": options}

    def reviewed(self, order: tuple[str, ...], answer: Answer, say: Say, *, with_key: bool) -> dict[str, Any]:
        """See BaseQuestion; each option says whether it was chosen, and `correct` only with the key."""
        page = self.shown(order, say)
        correct = {option.key for option in self.options if option.correct}
        chosen = self.keys_of(answer)
        for key, option in zip(order, page["options"], strict=True):
            option["chosen"] = key in chosen
            option["correct"] = (key in correct) if with_key else None
        page["feedback_html"] = say("feedback") if self.feedback else None
        return page

    def key_at(self, place: object, order: tuple[str, ...]) -> str:
        """The option shown at `place` ("1" is the first); AnswerError when there is none."""
        if isinstance(place, str) and place in {str(number) for number in range(1, len(order) + 1)}:
            return order[int(place) - 1]
        raise AnswerError(f"is not one of the options 1 to {len(order)}")

    def keys_of(self, answer: Answer) -> frozenset[str]:
        """The option keys that an answer names."""
        raise NotImplementedError


def _must_differ(what: str, values: Iterable[str]) -> None:
    seen: set[str] = set()
    for value in values:
        if value in seen:
            raise ValueError(f"two options have the same {what}: {value[:80]!r}")
        seen.add(value)
