"""Shapes of people and accounts, in and out."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from plg.kit.clock import known_zone
from plg.kit.texts import normal_address

MAX_CURSOR = 2**63 - 1

Role = Literal["owner", "admin", "billing", "member"]
Locale = Literal["es", "en"]
Address = Annotated[str, Field(max_length=320), AfterValidator(normal_address)]
TimeZone = Annotated[str, Field(max_length=64), AfterValidator(known_zone)]
OwnId = Annotated[str, Field(min_length=1, max_length=200)]
Traits = Annotated[
    dict[str, Any], Field(max_length=100, description="Set beside those that are there; null takes one away")
]


class PersonPath(BaseModel):
    person: str = Field(
        description="Any id: plg's, yours, or the e-mail address", json_schema_extra={"example": "user-42"}
    )


class AccountPath(BaseModel):
    account: str = Field(description="Any id: plg's or yours", json_schema_extra={"example": "company-7"})


class MemberPath(AccountPath, PersonPath):
    pass


class EventsQuery(BaseModel):
    limit: int = Field(100, ge=1, le=1000)
    before: int | None = Field(None, ge=1, le=MAX_CURSOR, description="`next` of the page before")
    name: str | None = Field(None, max_length=200, description="Only events of this name")


class ListQuery(BaseModel):
    limit: int = Field(50, ge=1, le=100)
    cursor: str | None = Field(None, max_length=40, description="`next` of the page before")
    key: str | None = Field(None, max_length=200, description="Only who is known by this id, plg's or yours")
    created_after: AwareDatetime | None = Field(None, description="Only those made at this moment or later")
    created_before: AwareDatetime | None = Field(None, description="Only those made before this moment")


class PeopleQuery(ListQuery):
    email: str | None = Field(None, max_length=320, description="Only people with this address")


class AccountsQuery(ListQuery):
    email: str | None = Field(None, max_length=320, description="Only accounts with a member of this address")


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


class PeoplePage(BaseModel):
    data: list[PersonOut] = Field(description="Newest first")
    has_more: bool
    next: str | None = Field(description="Give it as `cursor` to read on; null at the end")


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
    delete_at: dt.datetime | None = Field(
        None, description="When it will be deleted, where an owner asked for that"
    )


class AccountsPage(BaseModel):
    data: list[AccountOut] = Field(description="Newest first")
    has_more: bool
    next: str | None = Field(description="Give it as `cursor` to read on; null at the end")


class PersonIn(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": "user-42",
                "email": "ana@example.com",
                "name": "Ana Ruiz",
                "locale": "es",
                "traits": {"title": "CFO"},
            }
        }
    )

    id: OwnId | None = Field(None, description="Your own id of the person")
    email: Address | None = None
    name: str | None = Field(None, max_length=200)
    locale: Locale | None = None
    traits: Traits = {}

    @model_validator(mode="after")
    def _has_an_id(self) -> Self:
        if self.id is None and self.email is None:
            raise ValueError("give an id, an e-mail address, or both")
        return self

    def all_traits(self) -> dict[str, Any]:
        """Traits, with name and locale where they are given."""
        given = {"name": self.name, "locale": self.locale}
        return {**self.traits, **{trait: value for trait, value in given.items() if value is not None}}


class AccountIn(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": "company-7",
                "name": "Acme",
                "timezone": "Europe/Madrid",
                "locale": "es",
                "traits": {"industry": "Retail"},
                "owner": {"id": "user-42", "email": "ana@example.com", "name": "Ana Ruiz"},
            }
        }
    )

    id: OwnId | None = Field(
        None, description="Your own id of the account: sent again, it changes the same one"
    )
    name: str = Field(min_length=1, max_length=200)
    timezone: TimeZone | None = Field(
        None, description="IANA time zone of the account's calendar; UTC at first"
    )
    locale: Locale | None = None
    traits: Traits = {}
    owner: PersonIn | None = Field(
        None, description="Who owns it; made where you name them for the first time"
    )


class AccountChange(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={"example": {"name": "Acme Europe", "timezone": "Europe/Madrid"}}
    )

    name: str | None = Field(None, min_length=1, max_length=200)
    timezone: TimeZone | None = None
    locale: Locale | None = None
    traits: Traits = {}


class MemberIn(BaseModel):
    model_config = ConfigDict(json_schema_extra={"example": {"role": "admin"}})

    role: Role = "member"
