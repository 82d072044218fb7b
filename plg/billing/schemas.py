"""Shapes of billing."""

from __future__ import annotations

import datetime as dt

from pydantic import BaseModel, ConfigDict, Field


class AccountIn(BaseModel):
    account: str = Field(
        max_length=200, description="Any id: plg's or yours", json_schema_extra={"example": "company-7"}
    )


class PortalIn(AccountIn):
    model_config = ConfigDict(
        json_schema_extra={
            "example": {"account": "company-7", "return_url": "https://app.example.com/billing"}
        }
    )

    return_url: str = Field(max_length=2000, pattern=r"^https?://", description="Where to go afterwards")


class UrlOut(BaseModel):
    url: str = Field(description="Stripe's page; good for a few minutes")


class SubscriptionOut(BaseModel):
    plan: str
    status: str = Field(description="Stripe's words, such as `active` and `past_due`")
    amount: int = Field(description="In the currency's minor unit (cents)")
    currency: str = Field(description="ISO 4217, lower case")
    interval: str = Field(description="`month` or `year`")
    current_period_end: dt.datetime
    cancel_at: dt.datetime | None


class BillingOut(BaseModel):
    account: str = Field(description="As it was asked for")
    subscription: SubscriptionOut | None = Field(description="null where it pays for nothing")
