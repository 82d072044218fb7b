"""Shapes of SQL."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

EXAMPLE = "SELECT name, count(*) AS events FROM events GROUP BY name ORDER BY events DESC LIMIT 10"


class SqlIn(BaseModel):
    """One SELECT, in DuckDB's SQL."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"sql": EXAMPLE}})

    sql: Annotated[str, Field(min_length=1, max_length=20_000)]


class SqlQueryParameters(BaseModel):
    format: Literal["json", "csv"] = "json"


class SqlColumn(BaseModel):
    name: str
    type: str


class SqlOut(BaseModel):
    """truncated: there are more rows than are told. as_of: what has happened until then is in it."""

    columns: list[SqlColumn]
    rows: list[list[Any]]
    truncated: bool
    milliseconds: int
    as_of: dt.datetime
