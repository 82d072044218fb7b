"""What a content's rows are made of."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

Columns: TypeAlias = Mapping[str, str]
"""Name and DuckDB type of each column."""
Rows: TypeAlias = Iterator[tuple[str, Mapping[str, Any]]]
"""Part and row."""


def moment(value: dt.datetime | None) -> str | None:
    """An aware time as DuckDB reads it."""
    return value.astimezone(dt.UTC).isoformat() if value is not None else None
