"""What a question of any kind must be able to do."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any, ClassVar

from pydantic import Field, Strict

from academy.markdown import pointed_at
from academy.texts import Key, Shape, Text

Answer = Any
"""What a person answered, as plain JSON in the terms of the question (option keys, not places on the page).

None stands for "not answered".
"""

Say = Callable[[str], str]
"""Gives the text of a question at a local path such as `text` or `options.a`, ready for a page."""

Percent = Annotated[Decimal, Field(ge=-100, le=100, max_digits=8, decimal_places=5)]
"""A share of the mark as a percentage; Moodle's 33.33333 has five decimals."""

Difficulty = Annotated[int, Strict(), Field(ge=1, le=5)]


class AnswerError(ValueError):
    """The answer is not one that the question can have; nothing of it was kept."""


class BaseQuestion(Shape):
    """One question of a bank. Subclasses add `kind` and whatever that kind needs.

    tags and difficulty (1 easy to 5 hard) are what a rule of a draw asks for.
    """

    marked_by_people: ClassVar[bool] = False
    """Whether people mark the answers, so that an attempt's result waits for them."""

    key: Key
    kind: str
    text: Text
    feedback: Text | None = None
    tags: Annotated[tuple[Key, ...], Field(max_length=20)] = ()
    difficulty: Difficulty | None = None

    def texts(self) -> dict[str, Text]:
        """Every text of the question by its local path: what is rendered when the course is published.

        `text` and whatever starts with `feedback` are paragraphs; all others are one line.
        """
        feedback = {"feedback": self.feedback} if self.feedback else {}
        return {"text": self.text, **feedback}

    def files(self) -> set[str]:
        """The files of the course that its texts point at."""
        words = {each for text in self.texts().values() for each in (text.es, text.en) if "files/" in each}
        pointers = {pointer for each in words for pointer in pointed_at(each)}
        return {each.removeprefix("files/") for each in pointers if each.startswith("files/")}

    @abstractmethod
    def arrange(self, seed: str) -> tuple[str, ...]:
        """The order in which the parts are shown to one person, the same for the same seed."""

    @abstractmethod
    def shown(self, order: tuple[str, ...], say: Say) -> dict[str, Any]:
        """What a page may know before the answer: no key, no feedback, no author's names of options."""

    @abstractmethod
    def reviewed(self, order: tuple[str, ...], answer: Answer, say: Say, *, with_key: bool) -> dict[str, Any]:
        """What a page may know after submission; the right answers only `with_key`."""

    @abstractmethod
    def read_form(self, values: list[str]) -> object:
        """The raw answer as the API would send it, from the values of the question's form field."""

    @abstractmethod
    def read(self, raw: object, order: tuple[str, ...]) -> Answer:
        """The answer in the question's own terms, from places in `order` as a page sends them.

        Raises AnswerError when the question cannot have that answer.
        """

    @abstractmethod
    def chosen(self, answer: Answer, order: tuple[str, ...]) -> object:
        """The reverse of `read`: the answer as places in `order`, to fill a page again."""

    @abstractmethod
    def grade(self, answer: Answer) -> Fraction:
        """The exact share of the mark that the answer earns, from -1 to 1; no answer earns 0."""

    @abstractmethod
    def best(self, order: tuple[str, ...]) -> Answer:
        """An answer that earns the whole mark, on a page with this order; None where only people can tell."""

    @abstractmethod
    def guess(self) -> Fraction | None:
        """The share that blind guessing earns on average; None where Moodle defines none."""

    @abstractmethod
    def summary(self, answer: Answer, language: str) -> str:
        """The answer as one line of text, for the staff and for the analysis of the question; "" for none."""
