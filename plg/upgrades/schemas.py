"""Shapes of upgrades."""

from __future__ import annotations

from pydantic import BaseModel, Field


class CheckoutIn(BaseModel):
    plan: str = Field(max_length=50)
    return_url: str | None = Field(
        None, max_length=2000, description="Where to go afterwards: a page of yours"
    )


class CheckoutOut(BaseModel):
    url: str


class UpgradeRequestIn(BaseModel):
    feature: str = Field("", max_length=50)
    note: str = Field("", max_length=1000)


class OfferPath(BaseModel):
    offer: str


class StatusOut(BaseModel):
    status: str
