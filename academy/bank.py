"""Banks of questions, and the rules by which an attempt draws from them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated

from pydantic import Field, Strict

from academy.questions import Question
from academy.questions.kind import Difficulty
from academy.texts import Key, Shape, Text

Count = Annotated[int, Strict(), Field(ge=1, le=1_000)]
PassMark = Annotated[int, Strict(), Field(ge=1, le=100)]


class Bank(Shape):
    """Questions to draw from."""

    questions: Annotated[tuple[Question, ...], Field(min_length=1, max_length=2_000)]


class Rule(Shape):
    """What is drawn: `count` questions (all, where absent) of one bank, or of the quiz's own where none is named,
    that have every one of the tags and this difficulty."""

    bank: Annotated[Key | None, Field(alias="from")] = None
    tags: tuple[Key, ...] = ()
    difficulty: Difficulty | None = None
    count: Count | None = None

    def takes(self, question: Question) -> bool:
        """Whether the question is one of those that may be drawn."""
        fits = self.difficulty is None or question.difficulty == self.difficulty
        return fits and set(self.tags) <= set(question.tags)


class Section(Shape):
    """A part of the paper with a heading. pass_mark: the percentage of its own marks that is needed as well."""

    title: Text
    draw: Annotated[tuple[Rule, ...], Field(min_length=1, max_length=50)]
    shuffle: Annotated[bool, Strict()] = True
    pass_mark: PassMark | None = None


class Band(Shape):
    """What is said to whoever reached at least `at_least` percent, and not the next band."""

    at_least: Annotated[int, Strict(), Field(ge=0, le=100)]
    text: Text


def counts(pools: Sequence[frozenset[str]], asked: Sequence[int | None]) -> list[int]:
    """How many questions each rule draws, one after the other, whatever the ones before it took; ValueError where one
    could find too few. pools: what each rule may take; asked: how many it wants; None: its whole pool."""
    found: list[int] = []
    for place, (pool, wanted) in enumerate(zip(pools, asked, strict=True)):
        earlier = list(zip(pools[:place], found, strict=True))
        left = len(pool) - sum(min(count, len(other & pool)) for other, count in earlier)
        if not pool:
            raise ValueError(f"rule {place + 1} finds no question")
        if (wanted or len(pool)) > left:
            raise ValueError(f"rule {place + 1} draws {wanted or len(pool)} questions from {max(left, 0)}")
        found.append(wanted or len(pool))
    return found


def keys(questions: Iterable[Question]) -> frozenset[str]:
    """Their keys."""
    return frozenset(question.key for question in questions)
