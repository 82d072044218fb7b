"""What a question of any kind must be able to do."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from academy.texts import Key, Shape, Text

Answer = Any
"""What a person answered, as plain JSON in the terms of the question (option keys, not places on the page).

None stands for "not answered".
"""

Say = Callable[[str], str]
"""Gives the text of a question at a local path such as `text` or `options.a`, ready for a page."""


class AnswerError(ValueError):
    """The answer is not one that the question can have; nothing of it was kept."""


class BaseQuestion(Shape):
    """One question of a bank. Subclasses add `kind` and whatever that kind needs."""

    key: Key
    kind: str
    text: Text
    feedback: Text | None = None

    def texts(self) -> dict[str, Text]:
        """Every text of the question by its local path: what is rendered when the course is published."""
        feedback = {"feedback": self.feedback} if self.feedback else {}
        return {"text": self.text, **feedback}

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
    def guess(self) -> Fraction | None:
        """The share that blind guessing earns on average; None where Moodle defines none."""
