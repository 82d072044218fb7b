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


class CatchUpIn(In):
    to: int = Field(ge=1, le=1_000_000, description="The live version", json_schema_extra={"example": 3})
    within: str = Field(
        max_length=20,
        description="How long the certificates of older versions hold from now on, at most",
        json_schema_extra={"example": "60d"},
    )
    reason: str = Reason
    dry_run: bool = True


class HoldersOut(BaseModel):
    version: int
    sooner: int = Field(description="Whose certificate ends sooner")
    as_before: int = Field(description="Whose ends by then anyway")


class CatchUpOut(BaseModel):
    dry_run: bool
    course: str
    to: int
    last_on: dt.date = Field(description="The last day of certificates that end sooner")
    questions: int = Field(description="Of the exam by which they are renewed")
    is_short: bool = Field(description="Whether that is the shorter one of the course")
    holders: list[HoldersOut]
