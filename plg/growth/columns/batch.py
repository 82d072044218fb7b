"""Events on their way into the columns, as parallel columns of one length."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from plg.kit.errors import Unprocessable

Scalar: TypeAlias = str | int | float | bool
Place: TypeAlias = tuple[int, int]
START: Place = (0, 0)
LONGEST_VALUE = 200


class RaggedBatch(Unprocessable):
    """The columns of a batch differ in length."""


@dataclass(frozen=True)
class Batch:
    """`count` events in the order of the log.

    places: n x 2, ascending (transaction, position); at_ms: Unix milliseconds; persons and accounts: actor
    numbers, 0 for none; properties: per kept property one value an event (None, and anything but a scalar, is
    absent). Raises `RaggedBatch`.
    """

    places: NDArray[np.int64]
    names: Sequence[str]
    at_ms: NDArray[np.int64]
    persons: NDArray[np.int64]
    accounts: NDArray[np.int64]
    properties: Mapping[str, Sequence[object]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        sizes = {"names": len(self.names), "at_ms": self.at_ms.size}
        sizes |= {"persons": self.persons.size, "accounts": self.accounts.size}
        sizes |= {f"property {name}": len(values) for name, values in self.properties.items()}
        wrong = [f"{name} has {size}" for name, size in sizes.items() if size != self.count]
        if wrong:
            raise RaggedBatch(f"{self.count} places, but {', '.join(wrong)}")

    @property
    def count(self) -> int:
        return len(self.places)

    @property
    def last(self) -> Place:
        """The place of the last event; (0, 0) of an empty batch."""
        return (int(self.places[-1, 0]), int(self.places[-1, 1])) if self.count else START

    def after(self, place: Place) -> Batch:
        """The events behind `place`."""
        transactions, positions = self.places[:, 0], self.places[:, 1]
        return self.only((transactions > place[0]) | ((transactions == place[0]) & (positions > place[1])))

    def only(self, chosen: NDArray[np.bool_]) -> Batch:
        """The chosen events."""
        if chosen.all():
            return self
        rows = np.flatnonzero(chosen).tolist()
        return Batch(
            self.places[rows],
            [self.names[row] for row in rows],
            self.at_ms[rows],
            self.persons[rows],
            self.accounts[rows],
            {name: [values[row] for row in rows] for name, values in self.properties.items()},
        )


def token(value: object) -> str | None:
    """How a property value stands in a dictionary: its JSON text, so that "1", 1 and true stay apart.

    None for what is not kept: null, lists, objects, NaN, and text of more than 200 characters.
    """
    if isinstance(value, str):
        return json.dumps(value) if len(value) <= LONGEST_VALUE else None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        if not np.isfinite(value):
            return None
        return repr(int(value)) if value.is_integer() else repr(value)
    return repr(value) if isinstance(value, int) else None
