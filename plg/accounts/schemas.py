"""Shapes of people and accounts, in and out."""

from __future__ import annotations

import datetime as dt
from typing import Any

from pydantic import BaseModel, Field

MAX_CURSOR = 2**63 - 1


class PersonPath(BaseModel):
    person: str = Field(
        description="Any id: plg's, yours, or the e-mail address", json_schema_extra={"example": "user-42"}
    )


class AccountPath(BaseModel):
    account: str = Field(description="Any id: plg's or yours", json_schema_extra={"example": "company-7"})


class EventsQuery(BaseModel):
    limit: int = Field(100, ge=1, le=1000)
    before: int | None = Field(None, ge=1, le=MAX_CURSOR, description="`next` of the page before")
    name: str | None = Field(None, max_length=200, description="Only events of this name")


class AccountOfPerson(BaseModel):
    id: str = Field(description="`acct_…`")
    name: str
    role: str


class PersonOut(BaseModel):
    id: str = Field(description="`per_…`")
    email: str | None
    name: str
    locale: str | None
    distinct_ids: list[str] = Field(description="Every id the person is known by, oldest first")
    traits: dict[str, Any]
    accounts: list[AccountOfPerson]
    created_at: dt.datetime


class EventOut(BaseModel):
    id: str
    name: str
    occurred_at: dt.datetime = Field(description="When it happened, corrected for the sender's clock")
    received_at: dt.datetime
    distinct_id: str | None
    account: str | None = Field(description="Public id of the account that it belongs to")
    properties: dict[str, Any]
    context: dict[str, Any]
    source: str


class EventPage(BaseModel):
    data: list[EventOut] = Field(description="Newest first")
    has_more: bool
    next: int | None = Field(description="Give it as `before` to read on; null at the end")


class MemberOut(BaseModel):
    id: str
    name: str
    email: str | None
    role: str


class AccountOut(BaseModel):
    id: str = Field(description="`acct_…`")
    name: str
    keys: list[str] = Field(description="Every id the account is known by")
    timezone: str
    locale: str | None
    traits: dict[str, Any]
    members: list[MemberOut]
    created_at: dt.datetime
