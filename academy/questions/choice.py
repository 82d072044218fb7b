"""What single and multiple choice share: options, their order on the page, and places instead of keys."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Self

from pydantic import Field, Strict, model_validator

from academy.draw import shuffled
from academy.questions.kind import Answer, AnswerError, BaseQuestion, Percent, Say
from academy.texts import LANGUAGES, Key, Shape, Text

Flag = Annotated[bool, Strict()]


class Option(Shape):
    """One option. `weight` is the percentage of the mark that choosing it adds, or takes when negative.

    feedback: told to who chose it. pinned: it keeps its place when the others are shuffled ("None of these").
    """

    key: Key
    text: Text
    correct: Flag = False
    weight: Percent | None = None
    feedback: Text | None = None
    pinned: Flag = False


class ChoiceQuestion(BaseQuestion):
    """A question answered by choosing among options. shuffle: false where their order means something."""

    options: Annotated[tuple[Option, ...], Field(min_length=2, max_length=20)]
    shuffle: Flag = True

    @model_validator(mode="after")
    def _options_differ(self) -> Self:
        must_differ("options", "key", (option.key for option in self.options))
        for language in LANGUAGES:
            words = (option.text.in_language(language) for option in self.options)
            must_differ("options", f"{language} text", words)
        return self

    def texts(self) -> dict[str, Text]:
        """See BaseQuestion; options add `options.<key>` and `feedback.<key>`."""
        said = {f"feedback.{option.key}": option.feedback for option in self.options if option.feedback}
        return {
            **super().texts(),
            **{f"options.{option.key}": option.text for option in self.options},
            **said,
        }

    def arrange(self, seed: str) -> tuple[str, ...]:
        """See BaseQuestion: the option keys, shuffled but for those that are pinned."""
        if not self.shuffle:
            return tuple(option.key for option in self.options)
        loose = iter(shuffled((each.key for each in self.options if not each.pinned), seed, self.key))
        return tuple(option.key if option.pinned else next(loose) for option in self.options)

    def shown(self, order: tuple[str, ...], say: Say) -> dict[str, Any]:
        """See BaseQuestion. Options go by their place, since an author's key may give the answer away."""
        return {"kind": self.kind, "html": say("text"), "options": options_shown("options", order, say)}

    def reviewed(self, order: tuple[str, ...], answer: Answer, say: Say, *, with_key: bool) -> dict[str, Any]:
        """See BaseQuestion; each option says whether it was chosen, and `correct` only with the key."""
        page = self.shown(order, say)
        options = {option.key: option for option in self.options}
        chosen = self.keys_of(answer)
        for key, option in zip(order, page["options"], strict=True):
            option["chosen"] = key in chosen
            option["correct"] = options[key].correct if with_key else None
            if key in chosen and options[key].feedback:
                option["feedback_html"] = say(f"feedback.{key}")
        page["feedback_html"] = say("feedback") if self.feedback else None
        return page

    def summary(self, answer: Answer, language: str) -> str:
        """See BaseQuestion: the texts of the chosen options, in the author's order."""
        chosen = self.keys_of(answer)
        return "; ".join(each.text.in_language(language) for each in self.options if each.key in chosen)

    def keys_of(self, answer: Answer) -> frozenset[str]:
        """The option keys that an answer names."""
        raise NotImplementedError


def options_shown(group: str, keys: Iterable[str], say: Say) -> list[dict[str, Any]]:
    """What can be chosen, by place ("1" is the first)."""
    return [{"place": str(place), "html": say(f"{group}.{key}")} for place, key in enumerate(keys, 1)]


def key_at(place: object, order: tuple[str, ...]) -> str:
    """The option shown at `place` ("1" is the first); AnswerError when there is none."""
    if isinstance(place, str) and place in {str(number) for number in range(1, len(order) + 1)}:
        return order[int(place) - 1]
    raise AnswerError(f"is not one of the options 1 to {len(order)}")


def one_value(values: list[str]) -> object:
    """The raw answer of a form field that is sent once; sent twice, it is left as a list, which `read` refuses."""
    return values[0] if len(values) == 1 else (values or None)


def must_differ(parts: str, what: str, values: Iterable[str]) -> None:
    """Refuse a value that two parts of a question share."""
    seen: set[str] = set()
    for value in values:
        if value in seen:
            raise ValueError(f"two {parts} have the same {what}: {value[:80]!r}")
        seen.add(value)
