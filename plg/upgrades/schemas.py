"""Shapes of upgrades."""

from __future__ import annotations

from pydantic import BaseModel, Field


class CheckoutIn(BaseModel):
    plan: str = Field(
        max_length=50, description="Its key in plans.toml", json_schema_extra={"example": "pro"}
    )
    return_url: str | None = Field(
        None, max_length=2000, description="Where to go afterwards: a page of yours"
    )
    offer: str | None = Field(
        None, max_length=60, description="The offer that led there: its promotion code is filled in"
    )


class CardIn(BaseModel):
    return_url: str | None = Field(
        None,
        max_length=2000,
        description="Where to go afterwards: a page of yours",
        json_schema_extra={"example": "https://facturo.example/plan"},
    )


class CheckoutOut(BaseModel):
    url: str = Field(description="Stripe's page; lead the browser there")


class UpgradeRequestIn(BaseModel):
    feature: str = Field(
        "", max_length=50, description="What was refused", json_schema_extra={"example": "invoices"}
    )
    note: str = Field(
        "", max_length=1000, description="For who may buy", json_schema_extra={"example": "We send more now"}
    )


class StatusOut(BaseModel):
    status: str
