"""Questions about the learner's opinion: nobody marks them."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, Strict, model_validator

from academy.lesson_kinds.facts import Facts
from academy.lesson_kinds.kind import BaseLessonKind, Say
from academy.texts import Key, Shape, Text, printable

MAX_WORDS = 4_000


class SurveyAnswerError(ValueError):
    """No answer that the question can have."""


class _Asked(Shape):
    key: Key
    text: Text
    required: Annotated[bool, Strict()] = True

    def texts(self) -> dict[str, Text]:
        """By path inside of the question."""
        return {"text": self.text}

    def read(self, raw: object) -> Any:
        """The answer as it is kept; None for none. Raises SurveyAnswerError."""
        raise NotImplementedError

    def shown(self, say: Say) -> dict[str, Any]:
        """What a page asks."""
        raise NotImplementedError


class Scale(_Asked):
    """A number from 1 to `points`; low and high say what its ends mean."""

    kind: Literal["scale"]
    points: Annotated[int, Strict(), Field(ge=2, le=11)] = 5
    low: Text | None = None
    high: Text | None = None

    def texts(self) -> dict[str, Text]:
        """See above."""
        ends = {"low": self.low, "high": self.high}
        return super().texts() | {name: text for name, text in ends.items() if text}

    def read(self, raw: object) -> int | None:
        """See above."""
        if raw in (None, ""):
            return None
        found = int(raw) if isinstance(raw, str) and raw.isascii() and raw.isdigit() and len(raw) < 3 else raw
        if not isinstance(found, int) or isinstance(found, bool) or not 1 <= found <= self.points:
            raise SurveyAnswerError(f"is a number from 1 to {self.points}")
        return found

    def shown(self, say: Say) -> dict[str, Any]:
        """See above."""
        ends = {f"{name}_html": say(name) for name in self.texts() if name != "text"}
        return {"points": self.points, **ends}


class Option(Shape):
    """One of the things to choose."""

    key: Key
    text: Text


class Choice(_Asked):
    """One of several options, or with `many` any of them."""

    kind: Literal["choice"]
    options: Annotated[tuple[Option, ...], Field(min_length=2, max_length=30)]
    many: Annotated[bool, Strict()] = False

    @model_validator(mode="after")
    def _options_differ(self) -> Self:
        if len({option.key for option in self.options}) < len(self.options):
            raise ValueError("two options have the same key")
        return self

    def texts(self) -> dict[str, Text]:
        """See above."""
        return super().texts() | {f"options.{option.key}": option.text for option in self.options}

    def read(self, raw: object) -> list[str] | None:
        """See above; keys of options."""
        chosen = raw if isinstance(raw, list) else [] if raw in (None, "") else [raw]
        known = [option.key for option in self.options]
        if any(key not in known for key in chosen) or len(chosen) > (len(known) if self.many else 1):
            raise SurveyAnswerError("is no option of this question")
        return [key for key in known if key in chosen] or None

    def shown(self, say: Say) -> dict[str, Any]:
        """See above."""
        options = [{"key": each.key, "html": say(f"options.{each.key}")} for each in self.options]
        return {"options": options, "many": self.many}


class Words(_Asked):
    """An answer in one's own words."""

    kind: Literal["text"]

    def read(self, raw: object) -> str | None:
        """See above."""
        if raw is None:
            return None
        if not isinstance(raw, str) or len(raw) > MAX_WORDS:
            raise SurveyAnswerError(f"is a text of at most {MAX_WORDS:,} characters")
        try:
            return printable(raw.replace("\r\n", "\n").strip()) or None
        except ValueError as error:
            raise SurveyAnswerError(str(error)) from None

    def shown(self, say: Say) -> dict[str, Any]:
        """See above."""
        return {"max_length": MAX_WORDS}


SurveyQuestion = Annotated[Scale | Choice | Words, Field(discriminator="kind")]


class Survey(BaseLessonKind):
    """Done when it was answered, once.

    anonymous: answers are kept without a person and without a time, in no order, and nobody sees them before there
    are several; who took part is known.
    """

    kind: Literal["survey"]
    questions: Annotated[tuple[SurveyQuestion, ...], Field(min_length=1, max_length=50)]
    anonymous: Annotated[bool, Strict()] = False

    @property
    def keys(self) -> frozenset[str]:
        """The keys of its questions."""
        return frozenset(question.key for question in self.questions)

    def faults(self) -> list[str]:
        """See BaseLessonKind."""
        return [] if len(self.keys) == len(self.questions) else ["two questions have the same key"]

    def texts(self) -> dict[str, Text]:
        """See BaseLessonKind; `questions.<key>.<path>`."""
        return {
            f"questions.{question.key}.{path}": text
            for question in self.questions
            for path, text in question.texts().items()
        }

    def done(self, facts: Facts) -> bool:
        """See BaseLessonKind."""
        return facts.answered

    def shown(self, facts: Facts, say: Say) -> dict[str, Any]:
        """See BaseLessonKind."""
        questions = []
        for each in self.questions:
            told = _within(say, f"questions.{each.key}.")
            head = {"key": each.key, "kind": each.kind, "required": each.required, "html": told("text")}
            questions.append(head | each.shown(told))
        return {"anonymous": self.anonymous, "questions": questions}


def _within(say: Say, start: str) -> Say:
    return lambda path: say(start + path)
