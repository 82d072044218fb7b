"""Categorise: every item goes to one of a few categories."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from academy.questions.choice import must_differ
from academy.questions.rows import RowsQuestion
from academy.texts import LANGUAGES, Key, Shape, Text


class Category(Shape):
    """Where items can go."""

    key: Key
    text: Text


class Sorted(Shape):
    """An item and the category that it belongs to."""

    key: Key
    text: Text
    category: Key


class Categorise(RowsQuestion):
    """The share of the items that are in their category counts; all of them in one cannot win."""

    kind: Literal["categorise"]
    categories: Annotated[tuple[Category, ...], Field(min_length=2, max_length=10)]
    items: Annotated[tuple[Sorted, ...], Field(min_length=2, max_length=30)]

    @model_validator(mode="after")
    def _can_be_sorted(self) -> Self:
        for what, parts in (("categories", self.categories), ("items", self.items)):
            must_differ(what, "key", (part.key for part in parts))
            for language in LANGUAGES:
                must_differ(what, f"{language} text", (part.text.in_language(language) for part in parts))
        strange = {item.category for item in self.items} - {each.key for each in self.categories}
        if strange:
            raise ValueError(f"there is no category {min(strange)!r}")
        if len({item.category for item in self.items}) < 2:
            raise ValueError("one category cannot hold every item")
        return self

    def rows(self) -> Mapping[str, Text]:
        """See RowsQuestion."""
        return {item.key: item.text for item in self.items}

    def targets(self) -> Mapping[str, Text]:
        """See RowsQuestion."""
        return {category.key: category.text for category in self.categories}

    def targets_in_order(self, seed: str) -> tuple[str, ...]:
        """See RowsQuestion: categories stand as the author wrote them."""
        return tuple(self.targets())

    def right(self) -> Mapping[str, str]:
        """See RowsQuestion."""
        return {item.key: item.category for item in self.items}
