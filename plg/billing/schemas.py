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


class CardOut(BaseModel):
    brand: str = Field(description="Such as `visa`")
    last4: str
    exp_month: int
    exp_year: int

    model_config = ConfigDict(from_attributes=True)


class AccountPath(BaseModel):
    account: str = Field(description="Any id: plg's or yours", json_schema_extra={"example": "company-7"})


class CardSetupIn(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={"example": {"person": "user-1", "return_url": "https://app.example.com/welcome"}}
    )

    return_url: str = Field(max_length=2000, pattern=r"^https?://", description="Where to go afterwards")
    cancel_url: str | None = Field(
        None,
        max_length=2000,
        pattern=r"^https?://",
        description="Where to go without a card; else `return_url`",
    )
    person: str | None = Field(
        None, max_length=200, description="Who stores it, by any id: a member whose role may buy"
    )


class BillingOut(BaseModel):
    account: str = Field(description="As it was asked for")
    subscription: SubscriptionOut | None = Field(description="null where it pays for nothing")
    card: CardOut | None = Field(description="The stored card that a trial is charged to, if there is one")
