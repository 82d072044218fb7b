"""Matching: each row gets the text that belongs to it; some texts may belong to none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from academy.questions.choice import must_differ
from academy.questions.rows import RowsQuestion
from academy.texts import LANGUAGES, Key, Shape, Text


class Pair(Shape):
    """A row (`left`) and the text that belongs to it; without a row, a text that only distracts."""

    key: Key
    left: Text | None = None
    right: Text


class Matching(RowsQuestion):
    """Graded as Moodle's match: the share of the rows that are right. Equal texts on the right are one choice."""

    kind: Literal["matching"]
    pairs: Annotated[tuple[Pair, ...], Field(min_length=2, max_length=20)]

    @model_validator(mode="after")
    def _can_be_matched(self) -> Self:
        must_differ("pairs", "key", (pair.key for pair in self.pairs))
        for language in LANGUAGES:
            lefts = (pair.left.in_language(language) for pair in self.pairs if pair.left)
            must_differ("pairs", f"{language} text on the left", lefts)
        if len(self.rows()) < 1 or len(self.targets()) < 2:
            raise ValueError("matching needs a row and two different texts on the right")
        if len(set(self.right().values())) < min(2, len(self.rows())):
            raise ValueError("one text on the right cannot belong to every row")
        return self

    def rows(self) -> Mapping[str, Text]:
        """See RowsQuestion."""
        return {pair.key: pair.left for pair in self.pairs if pair.left}

    def targets(self) -> Mapping[str, Text]:
        """See RowsQuestion."""
        return {key: pair.right for key, pair in self._first_with_text().items() if key == pair.key}

    def right(self) -> Mapping[str, str]:
        """See RowsQuestion."""
        return {key: first.key for key, first in self._first_with_text().items() if key in self.rows()}

    def _first_with_text(self) -> dict[str, Pair]:
        """For each pair the first one that has the same text on the right."""
        first: dict[Text, Pair] = {}
        return {pair.key: first.setdefault(pair.right, pair) for pair in self.pairs}
