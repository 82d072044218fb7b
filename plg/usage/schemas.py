"""Shapes of entitlements, reservations, grants and readings."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from plg.kit.query import Query
from plg.usage.amounts import MOST, PLACES, plain
from plg.usage.models import Reservation, UsageGrant

Key = Annotated[str, Field(min_length=1, max_length=50, json_schema_extra={"example": "invoices"})]
AccountKey = Annotated[
    str,
    Field(
        min_length=1,
        max_length=200,
        description="Any id: plg's or yours",
        json_schema_extra={"example": "company-7"},
    ),
]
Amount = Annotated[Decimal, Field(gt=0, le=MOST, decimal_places=PLACES)]
Currency = Annotated[str, Field(pattern=r"^[a-z]{3}$")]


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class EntitlementsQuery(Query):
    account: AccountKey
    locale: Literal["es", "en"] = "en"


class EntitlementQuery(EntitlementsQuery):
    currency: Currency | None = Field(
        None, description="Prices of a paywall; else in the account's own (its trait `currency`)"
    )
    amount: Amount | None = Field(
        None, description="How much is wanted of what is counted: refused where less is left"
    )


class FeaturePath(Query):
    feature: str = Field(json_schema_extra={"example": "invoices"})


class RefusalIn(BaseModel):
    account: str = Field(min_length=1, max_length=200, json_schema_extra={"example": "company-7"})
    person: str | None = Field(
        None,
        min_length=1,
        max_length=320,
        description="Any id of the person who wanted it",
        json_schema_extra={"example": "user-42"},
    )
    locale: Literal["es", "en"] = "en"
    currency: Currency | None = Field(None, description="Of the paywall's prices")


class EntitlementOut(BaseModel):
    feature: str
    name: str
    type: Literal["metered", "boolean", "static", "seats"]
    allowed: bool
    reason: Literal["limit_reached", "not_in_plan", "read_only", "locked"] | None = Field(
        None, description="Only where it is refused"
    )
    limit: float | None = Field(None, description="null: as much as wanted")
    unlimited: bool | None = None
    used: float | None = None
    held: float | None = Field(None, description="Reserved, and not counted yet")
    remaining: float | None = None
    soft: bool | None = Field(None, description="Use may go beyond the limit")
    resets_at: dt.datetime | None = None
    guaranteed: bool | None = Field(
        None,
        description="false: others may use up what is left before you do. A reservation holds it for you",
    )
    paywall: dict[str, Any] | None = Field(None, description="Only where it is refused")


class PlanOut(BaseModel):
    key: str
    version: int
    name: str


class EntitlementsOut(BaseModel):
    account: str
    access: Literal["full", "read_only", "locked"] = Field(
        description="`read_only` or `locked` where a trial ended without payment and its rule says so"
    )
    plan: PlanOut
    entitlements: dict[str, EntitlementOut]


class CreditOut(BaseModel):
    """Where a part of a limit comes from."""

    source: str = Field(description="`plan`, `rollover`, or a grant's source")
    amount: float | None = Field(description="null: as much as wanted")
    left: float | None = Field(description="What of it is there in this period, before what was used in it")
    priority: int | None = None
    expires_at: dt.datetime | None = None
    reason: str = ""
    id: int | None = None


class WhyOut(EntitlementOut):
    lines: list[CreditOut] = Field(description="What the limit is made of, in the order of use")
    grants: list[GrantOut] = Field(description="Every row, the newest first, those taken back included")


class ReservationIn(_In):
    account: AccountKey
    feature: Key
    amount: Amount = Field(Decimal(1), json_schema_extra={"example": 1})
    expires_in: int = Field(300, ge=1, le=86_400, description="Seconds until it lets go by itself")
    locale: Literal["es", "en"] = "en"


class ReservationPath(Query):
    reservation: str = Field(max_length=40)


class ConfirmationIn(_In):
    amount: Amount | None = Field(
        None,
        description="What was really used; left out: what was reserved",
        json_schema_extra={"example": 1},
    )
    person: str | None = Field(None, min_length=1, max_length=200, description="Any id of who used it")
    properties: dict[str, Any] = Field(
        default_factory=dict, description="Of the event that is recorded: do not send it yourself"
    )


class ReservationOut(BaseModel):
    id: str
    feature: str
    amount: float
    used: float | None = Field(description="What was really used, once it is confirmed")
    status: Literal["held", "confirmed", "released", "expired"]
    guaranteed: bool = Field(description="It is held for you, whatever others do")
    expires_at: dt.datetime | None

    @classmethod
    def of(cls, row: Reservation) -> ReservationOut:
        status: Any = "confirmed" if row.status == "counted" else row.status
        return cls(
            id=row.public_id,
            feature=row.feature,
            amount=plain(row.amount),
            used=None if row.confirmed is None else plain(row.confirmed),
            status=status,
            guaranteed=status in {"held", "confirmed"},
            expires_at=row.due_at,
        )


class GrantIn(_In):
    account: AccountKey
    feature: Key
    amount: Amount = Field(json_schema_extra={"example": 20})
    source: Literal["earned", "certificate", "staff", "purchase"] = Field(
        json_schema_extra={"example": "certificate"}
    )
    reason: str = Field(
        min_length=1, max_length=500, json_schema_extra={"example": "Passed Facturo Essentials"}
    )
    priority: int = Field(50, ge=1, le=1000, description="The lower is used first")
    effective_at: AwareDatetime | None = None
    expires_at: AwareDatetime | None = Field(
        None, description="It counts in every period that it touches; null: until it is used up"
    )
    key: str | None = Field(
        None, min_length=1, max_length=200, description="Why it is given, such as a certificate's id: once"
    )


class GrantPath(Query):
    grant: int = Field(ge=1, le=2**63 - 1, description="The grant's id")


class VoidIn(_In):
    account: AccountKey
    reason: str = Field(min_length=1, max_length=500, json_schema_extra={"example": "Given by mistake"})


class GrantOut(BaseModel):
    id: int
    feature: str
    amount: float
    source: str
    reason: str
    priority: int
    effective_at: dt.datetime
    expires_at: dt.datetime | None
    voids: int | None = Field(description="The grant that this row takes back")
    created_at: dt.datetime
    created_by: str

    @classmethod
    def of(cls, row: UsageGrant) -> GrantOut:
        told = {name: getattr(row, name) for name in cls.model_fields if name not in {"amount", "voids"}}
        return cls(**told, amount=plain(row.amount), voids=row.voids_id)


class UsageQuery(Query):
    account: AccountKey
    feature: Key


class PeriodOut(BaseModel):
    period: str = Field(json_schema_extra={"example": "2026-11"})
    ends_at: dt.datetime | None
    used: float
    held: float
    events: int
    parts: dict[str, float] = Field(description="The same by the property that the meter is divided by")


class UsageOut(BaseModel):
    feature: str
    periods: list[PeriodOut] = Field(description="The newest first")


WhyOut.model_rebuild()
