"""Shapes of billing."""

from __future__ import annotations

from pydantic import BaseModel, Field


class AccountIn(BaseModel):
    account: str = Field(max_length=200, description="The account's id, yours or plg's")


class PortalIn(AccountIn):
    return_url: str = Field(max_length=2000, pattern=r"^https?://", description="Where to go afterwards")


class UrlOut(BaseModel):
    url: str


class SubscriptionOut(BaseModel):
    """status: Stripe's words; amount: in the currency's minor unit."""

    plan: str
    status: str
    amount: int
    currency: str
    interval: str
    current_period_end: str
    cancel_at: str | None


class BillingOut(BaseModel):
    account: str
    subscription: SubscriptionOut | None
