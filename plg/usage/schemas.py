"""Shapes of entitlements."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

from pydantic import BaseModel, Field


class EntitlementsQuery(BaseModel):
    account: str = Field(
        min_length=1,
        max_length=200,
        description="Any id: plg's or yours",
        json_schema_extra={"example": "company-7"},
    )
    locale: Literal["es", "en"] = "en"


class FeaturePath(BaseModel):
    feature: str = Field(json_schema_extra={"example": "invoices"})


class EntitlementOut(BaseModel):
    feature: str
    name: str
    type: Literal["metered", "boolean", "static"]
    allowed: bool
    reason: Literal["limit_reached", "not_in_plan", "read_only", "locked"] | None = Field(
        None, description="Only where it is refused"
    )
    limit: int | None = Field(None, description="null: as much as wanted")
    unlimited: bool | None = None
    used: int | None = None
    remaining: int | None = None
    resets_at: dt.datetime | None = None
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
