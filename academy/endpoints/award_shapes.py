"""Shapes of what a server changes about certificates."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from pydantic import BaseModel, Field

from academy.endpoints.shapes import In, Texts

Reason = Field(
    min_length=1,
    max_length=500,
    json_schema_extra={"example": "Somebody else sat the exam"},
    description="Kept",
)


class StandingIn(In):
    act: Literal["revoke", "suspend", "reinstate"] = Field(
        description="A revocation is for good", json_schema_extra={"example": "suspend"}
    )
    reason: str = Reason


class CorrectionIn(In):
    name: str | None = Field(
        None, max_length=400, description="As it ought to be", json_schema_extra={"example": "Ana López Ruiz"}
    )
    title: Texts | None = Field(None, description="In both languages")
    reason: str = Reason


class EntryOut(BaseModel):
    what: Literal[
        "first", "renewal", "correction", "revocation", "suspension", "reinstatement", "shortening"
    ] = Field(description="An award, or a change to how the one before it stands")
    code: str
    edition: int
    name: str = Field(description="As it was certified then")
    at: dt.datetime
    by: str | None
    reason: str | None
    ends_at: dt.datetime | None = Field(description="The end that this gave it")


class HistoryOut(BaseModel):
    data: list[EntryOut] = Field(description="From the first award on, the oldest first")
