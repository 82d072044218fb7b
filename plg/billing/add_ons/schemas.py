"""Shapes of add-ons."""

from __future__ import annotations

import datetime as dt

from pydantic import BaseModel, ConfigDict, Field

from plg.billing.schemas import AccountIn


class AddOnOut(BaseModel):
    key: str
    name: dict[str, str] = Field(description="By language")
    features: dict[str, int] = Field(description="How much more of each feature one of it gives")
    quantity: int = Field(description="How many the account has")
    next_quantity: int = Field(description="How many it has once the period is over")
    amount: int | None = Field(
        description="A period's price of one, in the currency's minor unit; null where it is not for sale"
    )
    currency: str | None
    interval: str | None


class AddOnsOut(BaseModel):
    add_ons: list[AddOnOut]


class AddOnChangeIn(AccountIn):
    model_config = ConfigDict(
        json_schema_extra={"example": {"account": "company-7", "add_on": "extra_invoices", "quantity": 2}}
    )

    add_on: str = Field(max_length=50)
    quantity: int = Field(ge=0, le=1000, description="How many the account is to have; 0: none any more")
    person: str | None = Field(
        None, max_length=200, description="Who asks, by any id: a member whose role may buy"
    )


class AddOnChangeOut(BaseModel):
    id: str
    status: str = Field(description="`quoted`, `asked`, `done` or `failed`")
    takes_effect: str = Field(description="`now`, or `later` with the end of the period")
    effective_at: dt.datetime
    add_on: str
    quantity: int
    amount: int = Field(description="A period's price for all of them, in the currency's minor unit")
    interval: str
    amount_due: int = Field(description="Charged at once when it is confirmed, to the cent")
    currency: str
    expires_at: dt.datetime = Field(description="Until when this price can be agreed to")

    model_config = ConfigDict(from_attributes=True)
