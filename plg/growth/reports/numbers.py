"""The numbers of a report that people stand behind: which one is meant, and in which cell of a table it stands."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from pydantic import BaseModel, ConfigDict

from plg.growth.columns.keys import Keys
from plg.kit.errors import Fault, Unprocessable


class NoSuchNumber(Unprocessable):
    """The report has no such number."""


@dataclass(frozen=True)
class Place:
    """A cell of one of the report's tables. row: from 0, of so many rows; record: the row by column."""

    table: str
    column: str
    row: int
    rows: int
    record: dict[str, Any]

    @property
    def name(self) -> str:
        return f"{self.table}.{self.column}"


class Number(BaseModel):
    """Base of what names one number of a report."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @classmethod
    def at(cls, asked: Any, place: Place) -> Self | None:
        """The number that stands in a cell; None where nobody stands behind it."""
        raise NotImplementedError


def newest_first(actors: Keys) -> Keys:
    """Each actor once, who came to plg last first."""
    return np.unique(actors)[::-1]


def period_of(days: Sequence[dt.date], day: dt.date, field: str = "start") -> int:
    """The place of the period that begins on this day. Raises `NoSuchNumber`."""
    if day not in days:
        raise NoSuchNumber(errors=[Fault(f"number.{field}", "no period of the report begins on this day")])
    return list(days).index(day)


def refuse(field: str, message: str) -> NoSuchNumber:
    """The refusal of a number that names something that there is not."""
    return NoSuchNumber(errors=[Fault(f"number.{field}", message)])
