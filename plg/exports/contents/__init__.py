"""What can leave: one file each, one line in `CONTENTS`. A content has parts; each becomes a file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from plg.events.stream import Place
from plg.exports.contents import accounts, events, people, reports
from plg.exports.contents.row import Columns, Rows
from plg.exports.models import Export

__all__ = ["CONTENTS", "Columns", "Content", "Rows"]

Parts: TypeAlias = Callable[[Export, Place, Place], tuple[list[str], bool]]
"""(export, since, upto) -> the parts that have to leave, and whether they are all that there is."""


@dataclass(frozen=True)
class Content:
    """read(export, parts, upto) gives (part, row) in any order. columns: with DuckDB's types; None: as they are."""

    parts: Parts
    read: Callable[[Export, list[str], Place], Iterable[tuple[str, Mapping[str, Any]]]]
    columns: Columns | None


CONTENTS: dict[str, Content] = {
    "events": Content(events.parts, events.read, events.COLUMNS),
    "people": Content(people.parts, people.read, people.COLUMNS),
    "accounts": Content(accounts.parts, accounts.read, accounts.COLUMNS),
    "report": Content(reports.parts, reports.read, None),
}
