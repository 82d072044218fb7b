"""What matching, ordering and categorising share: rows that each get one of the same targets, chosen in a select."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from academy.draw import shuffled
from academy.questions.choice import key_at, options_shown
from academy.questions.fields import FieldsQuestion, Values
from academy.questions.kind import Answer, AnswerError, Say
from academy.texts import Text

ROW, TARGET = "rows.", "targets."


class RowsQuestion(FieldsQuestion):
    """The answer maps the keys of rows to keys of targets; rows without a target are left out.

    The order on the page names the rows (`rows.<key>`), then the targets (`targets.<key>`): the paths of their texts.
    """

    @abstractmethod
    def rows(self) -> Mapping[str, Text]:
        """The rows by key."""

    @abstractmethod
    def targets(self) -> Mapping[str, Text]:
        """What a row can get, by key, in the author's order."""

    @abstractmethod
    def right(self) -> Mapping[str, str]:
        """The right target of each row."""

    def targets_in_order(self, seed: str) -> tuple[str, ...]:
        """The targets as they are shown."""
        return shuffled(self.targets(), seed, f"{self.key}.targets")

    def texts(self) -> dict[str, Text]:
        """See BaseQuestion; `rows.<key>` and `targets.<key>`."""
        rows = {f"{ROW}{key}": text for key, text in self.rows().items()}
        return {**super().texts(), **rows, **{f"{TARGET}{key}": text for key, text in self.targets().items()}}

    def arrange(self, seed: str) -> tuple[str, ...]:
        """See BaseQuestion."""
        rows = (f"{ROW}{key}" for key in shuffled(self.rows(), seed, self.key))
        return (*rows, *(f"{TARGET}{key}" for key in self.targets_in_order(seed)))

    def shown(self, order: tuple[str, ...], say: Say) -> dict[str, Any]:
        """See BaseQuestion."""
        rows, targets = _sides(order)
        return {
            "kind": self.kind,
            "html": say("text"),
            "fields": [{"type": "select", "html": say(f"{ROW}{key}")} for key in rows],
            "options": options_shown("targets", targets, say),
        }

    def grade(self, answer: Answer) -> Fraction:
        """See BaseQuestion: the share of the rows that have their right target."""
        given = self.checked(answer)
        right = self.right()
        return Fraction(sum(given.get(row) == target for row, target in right.items()), len(right))

    def checked(self, answer: Answer) -> Mapping[str, str]:
        """The answer, none of whose keys the question does not have."""
        given: Mapping[str, str] = answer or {}
        strange = (given.keys() - self.rows().keys()) | (set(given.values()) - self.targets().keys())
        if strange:
            raise AnswerError(f"has no part {min(strange)!r}")
        return given

    def best(self, order: tuple[str, ...]) -> Answer:
        """See BaseQuestion."""
        return dict(self.right())

    def guess(self) -> Fraction | None:
        """See BaseQuestion: 1 of the choices, as in Moodle's match."""
        return Fraction(1, len(self.targets()))

    def summary(self, answer: Answer, language: str) -> str:
        """See BaseQuestion."""
        rows, targets = self.rows(), self.targets()
        given = self.checked(answer)
        said = ((text, targets[given[key]]) for key, text in rows.items() if key in given)
        return "; ".join(f"{row.in_language(language)} → {to.in_language(language)}" for row, to in said)

    def width(self, order: tuple[str, ...]) -> int:
        """See FieldsQuestion."""
        return len(_sides(order)[0])

    def of_values(self, values: Values, order: tuple[str, ...]) -> Answer:
        """See FieldsQuestion."""
        rows, targets = _sides(order)
        return {row: key_at(place, targets) for row, place in zip(rows, values, strict=True) if place}

    def values_of(self, answer: Answer, order: tuple[str, ...]) -> Values:
        """See FieldsQuestion."""
        rows, targets = _sides(order)
        return [str(targets.index(answer[row]) + 1) if row in answer else None for row in rows]

    def told(self, answer: Answer, order: tuple[str, ...], say: Say) -> list[str | None]:
        """See FieldsQuestion."""
        rows = _sides(order)[0]
        return [say(f"{TARGET}{answer[row]}") if row in (answer or {}) else None for row in rows]


def _sides(order: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Rows and targets of an order, by key."""
    rows = tuple(each.removeprefix(ROW) for each in order if each.startswith(ROW))
    return rows, tuple(each.removeprefix(TARGET) for each in order if each.startswith(TARGET))
