"""Shapes of the API."""

from __future__ import annotations

import datetime as dt

from pydantic import BaseModel, Field


class AttentionQuery(BaseModel):
    person: str = Field(
        min_length=1,
        max_length=320,
        description="Any id of the person",
        json_schema_extra={"example": "user-42"},
    )
    account: str | None = Field(
        None,
        min_length=1,
        max_length=200,
        description="Any id of the account; the person's only one where it is left out",
    )


class Spans(BaseModel):
    hour: int
    day: int
    week: int


class OfBoth(BaseModel):
    person: Spans
    account: Spans


class ShownOut(BaseModel):
    source: str = Field(description="Such as `flow:new-reports` or `offer:off_…`")
    account: str | None = Field(description="Public id of the account in which it was seen")
    at: dt.datetime


class HeldBackOut(BaseModel):
    source: str
    account: str | None
    reason: str = Field(description="Such as `person_hour`, a limit, or `another_first`")
    first_at: dt.datetime = Field(description="Since when it is held back for this reason")
    last_at: dt.datetime
    times: int = Field(description="In how many hours, as far as the person was there")


class AttentionOut(BaseModel):
    person: str = Field(description="Public id")
    account: str | None = Field(description="Public id")
    limits: OfBoth
    shown: OfBoth = Field(description="How often something came up in the last hour, day and week")
    reached: str | None = Field(description="The limit that holds back what comes next, such as `person_day`")
    ledger: list[ShownOut] = Field(description="The newest first, at most 100 of the last 35 days")
    held_back: list[HeldBackOut] = Field(description="The last first, at most 100")
