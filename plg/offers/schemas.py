"""Shapes of offers in the API."""

from __future__ import annotations

import datetime as dt
from typing import Any

from pydantic import BaseModel, Field


class OfferPath(BaseModel):
    offer: str = Field(max_length=60, description="Its id: `offer.id` of the widget's state")


class StatusOut(BaseModel):
    status: str


class ExplainQuery(BaseModel):
    person: str = Field(
        min_length=1,
        max_length=320,
        description="Any id of the person",
        json_schema_extra={"example": "user-42"},
    )
    offer: str = Field(
        min_length=1,
        max_length=60,
        description="Its key in offers.yaml, or the id of one that was made",
        json_schema_extra={"example": "pro-when-near"},
    )
    account: str | None = Field(
        None,
        min_length=1,
        max_length=200,
        description="Any id of the account; the person's only one where it is left out",
    )


class CheckOut(BaseModel):
    name: str = Field(description="Such as `running`, `trigger`, `audience`, `frequency`, `attention`")
    holds: bool | None = Field(description="null where there is nothing to ask")
    wanted: Any = Field(description="What the offer asks for")
    found: Any = Field(description="What there is")


class ExplainOut(BaseModel):
    offer: str
    person: str = Field(description="Public id")
    account: str = Field(description="Public id")
    shown: bool = Field(description="Whether it comes up for this person now")
    reason: str | None = Field(
        description="The first check that keeps it back, and why; null where it is shown"
    )
    version: int | None = Field(
        description="The version that this account was made; null where a limit raised it"
    )
    live_version: int | None = Field(description="The version that others are made now")
    made: dict[str, Any] | None = Field(
        description="The offer that was made last: id, status, event, variant, times"
    )
    event: dict[str, Any] | None = Field(description="What raised it: id, name, occurred_at, properties")
    checks: list[CheckOut]
    first_met_at: dt.datetime | None = Field(
        description="Since when the account's outcome counts for the offer"
    )
