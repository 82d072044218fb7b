"""Ordering: every item gets its position; on the page, by numbered selects."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from fractions import Fraction
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from academy.questions.choice import must_differ
from academy.questions.kind import Answer
from academy.questions.rows import RowsQuestion
from academy.texts import LANGUAGES, Key, Shape, Text

Grading = Literal["absolute", "next", "all_or_nothing"]


class Item(Shape):
    """Something that has a place among others."""

    key: Key
    text: Text


class Ordering(RowsQuestion):
    """The items are written in their right order. The answer maps each to its position ("1" is the first).

    grading, as Moodle's ordering has it: `absolute` (its ABSOLUTE_POSITION) the share of items at their position;
    `next` (RELATIVE_NEXT_EXCLUDE_LAST) the share of items followed by the one that follows them; `all_or_nothing`.
    A position that two items share holds neither.
    """

    kind: Literal["ordering"]
    items: Annotated[tuple[Item, ...], Field(min_length=2, max_length=20)]
    grading: Grading = "absolute"

    @model_validator(mode="after")
    def _items_differ(self) -> Self:
        must_differ("items", "key", (item.key for item in self.items))
        for language in LANGUAGES:
            must_differ("items", f"{language} text", (each.text.in_language(language) for each in self.items))
        return self

    def rows(self) -> Mapping[str, Text]:
        """See RowsQuestion."""
        return {item.key: item.text for item in self.items}

    def targets(self) -> Mapping[str, Text]:
        """See RowsQuestion: the positions."""
        places = [str(place) for place in range(1, len(self.items) + 1)]
        return {place: Text(es=place, en=place) for place in places}

    def targets_in_order(self, seed: str) -> tuple[str, ...]:
        """See RowsQuestion: positions are not shuffled."""
        return tuple(self.targets())

    def right(self) -> Mapping[str, str]:
        """See RowsQuestion."""
        return {item.key: str(place) for place, item in enumerate(self.items, 1)}

    def grade(self, answer: Answer) -> Fraction:
        """See BaseQuestion and the class."""
        given = self.checked(answer)
        taken = Counter(given.values())
        at = {int(place): item for item, place in given.items() if taken[place] == 1}
        sequence = [at.get(place) for place in range(1, len(self.items) + 1)]
        ours = [item.key for item in self.items]
        if self.grading == "all_or_nothing":
            return Fraction(sequence == ours)
        if self.grading == "next":
            wanted = set(pairwise(ours))
            return Fraction(sum(pair in wanted for pair in pairwise(sequence)), len(wanted))
        return Fraction(sum(a == b for a, b in zip(sequence, ours, strict=True)), len(ours))

    def guess(self) -> Fraction:
        """See BaseQuestion: the mean over all orders. One item in n is where it belongs, or followed by its next."""
        count = len(self.items)
        return Fraction(1, math.factorial(count) if self.grading == "all_or_nothing" else count)

    def summary(self, answer: Answer, language: str) -> str:
        """See BaseQuestion: the items as they were put in order."""
        given = self.checked(answer)
        placed = sorted(
            (int(given[item.key]), place) for place, item in enumerate(self.items) if item.key in given
        )
        return "; ".join(f"{at}. {self.items[place].text.in_language(language)}" for at, place in placed)
