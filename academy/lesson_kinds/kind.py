"""What a lesson of any kind must be able to do."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, Self

from pydantic import model_validator

from academy.lesson_kinds.facts import Facts
from academy.texts import Shape, Text
from plg.kit.rules import EventLeaf

Say = Callable[[str], str]
"""Gives the text of a lesson's work at a local path such as `tasks.invoice`, as safe HTML."""


class BaseLessonKind(Shape):
    """What is to be done in a lesson beside reading its text. Subclasses add `kind` and whatever that kind needs."""

    kind: str

    def texts(self) -> dict[str, Text]:
        """Its texts by local path, each one line of Markdown."""
        return {}

    def files(self) -> list[str]:
        """The files of the course that it needs, by name."""
        return []

    def faults(self) -> list[str]:
        """What does not go together, though each part is sound by itself."""
        return []

    @model_validator(mode="after")
    def _goes_together(self) -> Self:
        if said := self.faults():
            raise ValueError("; ".join(said))
        return self

    @property
    def leaves(self) -> Mapping[str, EventLeaf]:
        """The events that its facts count."""
        return {}

    @property
    def loads(self) -> Mapping[str, str]:
        """What its page loads beside the usual, as a content security policy says it: directive to source."""
        return {}

    @abstractmethod
    def done(self, facts: Facts) -> bool:
        """Whether these facts finish the lesson. More of any fact never makes it less done."""

    @abstractmethod
    def shown(self, facts: Facts, say: Say) -> dict[str, Any]:
        """What pages and API show beside the lesson's text; files by their name."""
