"""Shapes of billing."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Reason = Literal[
    "too_expensive",
    "unused",
    "missing_features",
    "too_complex",
    "low_quality",
    "customer_service",
    "switched_service",
    "other",
]


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


class CheckoutSessionIn(AccountIn):
    model_config = ConfigDict(
        json_schema_extra={
            "example": {"account": "company-7", "plan": "pro", "success_url": "https://app.example.com/paid"}
        }
    )

    plan: str = Field(max_length=50)
    interval: Literal["month", "year"] | None = Field(
        None, description="The plan's first, where it is left out"
    )
    success_url: str = Field(
        max_length=2000, pattern=r"^https?://", description="Where to go once it is paid"
    )
    cancel_url: str | None = Field(
        None,
        max_length=2000,
        pattern=r"^https?://",
        description="Where to go without paying; else `success_url`",
    )
    code: str | None = Field(
        None, min_length=1, max_length=100, description="A promotion code to fill in, if it can be redeemed"
    )
    person: str | None = Field(
        None, max_length=200, description="Who pays, by any id: a member whose role may buy"
    )


class CheckoutSessionOut(BaseModel):
    url: str = Field(description="Where to pay: good until it was paid, or for 23 hours")


class SubscriptionOut(BaseModel):
    plan: str
    status: str = Field(description="Stripe's words, such as `active` and `past_due`")
    amount: int = Field(description="In the currency's minor unit (cents)")
    currency: str = Field(description="ISO 4217, lower case")
    interval: str = Field(description="`month` or `year`")
    quantity: int = Field(description="Seats; `amount` is for all of them")
    current_period_end: dt.datetime
    cancel_at: dt.datetime | None
    has_access: bool = Field(description="Whether the account has what it pays for")
    access_until: dt.datetime | None = Field(description="When that ends by itself; null where it does not")
    paused_from: dt.datetime | None
    resumes_at: dt.datetime | None
    next_plan: str | None = Field(description="The plan from `next_at` on, where a change is planned")
    next_quantity: int | None
    next_at: dt.datetime | None

    model_config = ConfigDict(from_attributes=True)


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


class ChangeIn(AccountIn):
    model_config = ConfigDict(
        json_schema_extra={"example": {"account": "company-7", "plan": "pro", "quantity": 5}}
    )

    plan: str = Field(max_length=50)
    interval: Literal["month", "year"] | None = Field(None, description="As now, where it is left out")
    quantity: int | None = Field(None, ge=1, le=100_000, description="Seats; as now, where it is left out")
    person: str | None = Field(
        None, max_length=200, description="Who asks, by any id: a member whose role may buy"
    )


class ChangePath(BaseModel):
    change: str = Field(description="The change's id", json_schema_extra={"example": "chn_0123456789"})


class ConfirmIn(AccountIn):
    person: str | None = Field(
        None, max_length=200, description="Who agrees, by any id: a member who may buy"
    )


class ChangeOut(BaseModel):
    id: str
    status: str = Field(description="`quoted`, `asked`, `done` or `failed`")
    takes_effect: str = Field(description="`now`, or `later` with the end of the period")
    effective_at: dt.datetime
    plan: str
    amount: int = Field(description="A period's price for all seats, in the currency's minor unit")
    interval: str
    quantity: int
    amount_due: int = Field(description="Charged at once when it is confirmed, to the cent")
    currency: str
    expires_at: dt.datetime = Field(description="Until when this price can be agreed to")


class ReasonIn(AccountIn):
    model_config = ConfigDict(
        json_schema_extra={"example": {"account": "company-7", "reason": "too_expensive"}}
    )

    reason: Reason


class CancellationIn(ReasonIn):
    comment: str = Field("", max_length=1000)


class AcceptIn(ReasonIn):
    model_config = ConfigDict(
        json_schema_extra={"example": {"account": "company-7", "reason": "too_expensive", "offer": "pause"}}
    )

    offer: Literal["pause", "discount", "downgrade"]


class OfferOut(BaseModel):
    offer: str | None = Field(
        description="`pause`, `discount`, `downgrade`; null where nothing fits the reason"
    )
    plan: str | None = Field(None, description="Of a downgrade")
    percent: int | None = Field(None, description="Of a discount")
    months: int | None = Field(None, description="Of a discount or a pause")


class PauseIn(AccountIn):
    months: int = Field(1, ge=1, le=3, description="From the end of what is paid")


class InvoiceOut(BaseModel):
    id: str = Field(validation_alias="stripe_invoice_id", description="Stripe's id of it")
    number: str | None
    status: str = Field(description="Stripe's words: draft, open, paid, void, uncollectible")
    total: int = Field(description="In the currency's minor unit")
    amount_paid: int
    amount_refunded: int = Field(description="Of it, what was given back or is on its way")
    currency: str
    url: str | None = Field(description="Stripe's page of it")
    created_at: dt.datetime

    model_config = ConfigDict(from_attributes=True)


class InvoicesOut(BaseModel):
    invoices: list[InvoiceOut]


class RefundIn(AccountIn):
    model_config = ConfigDict(
        json_schema_extra={
            "example": {"account": "company-7", "invoice": "in_1Nx", "amount": 900, "note": "They asked"}
        }
    )

    invoice: str = Field(max_length=100, description="Its id, as the list of invoices has it")
    amount: int | None = Field(
        None,
        ge=1,
        le=10**12,
        description="In the currency's minor unit; all that is left, where it is left out",
    )
    reason: Literal["order_change", "product_unsatisfactory", "duplicate", "fraudulent"] | None = None
    note: str = Field("", max_length=1000, description="Kept for colleagues")


class TaxIdIn(AccountIn):
    model_config = ConfigDict(
        json_schema_extra={"example": {"account": "company-7", "type": "mx_rfc", "value": "ABC010203AB9"}}
    )

    type: Literal[
        "es_cif", "eu_vat", "mx_rfc", "co_nit", "cl_tin", "ar_cuit", "pe_ruc", "br_cnpj", "uy_ruc", "ec_ruc",
        "bo_tin", "py_ruc", "cr_tin", "do_rcn", "sv_nit", "ve_rif", "us_ein", "gb_vat",
    ] = Field(description="Stripe's words")  # fmt: skip
    value: str = Field(min_length=1, max_length=50)


class TaxIdPath(BaseModel):
    tax_id: str = Field(max_length=100, json_schema_extra={"example": "txi_1Nx"})


class TaxIdOut(BaseModel):
    id: str = Field(validation_alias="stripe_tax_id", description="Stripe's id of it")
    type: str
    value: str
    verification: str = Field(
        description="Stripe's words: `pending`, `verified`, `unverified`, `unavailable`"
    )

    model_config = ConfigDict(from_attributes=True)


class TaxIdsOut(BaseModel):
    tax_ids: list[TaxIdOut]


class RefundOut(BaseModel):
    id: str = Field(validation_alias="public_id")
    invoice: str = Field(validation_alias="stripe_invoice_id")
    amount: int
    currency: str
    reason: str | None
    note: str
    made_by: str = Field(description="`stripe` where it was made in Stripe's own pages")
    status: str = Field(
        description="`asked`, `refused`, `credited` (an open invoice was lowered), and Stripe's words: `pending`, "
        "`requires_action`, `succeeded`, `failed`, `canceled`"
    )
    created_at: dt.datetime

    model_config = ConfigDict(from_attributes=True)


class DisputeOut(BaseModel):
    id: str = Field(validation_alias="stripe_dispute_id", description="Stripe's id of it")
    invoice: str = Field(validation_alias="stripe_invoice_id")
    amount: int
    currency: str
    reason: str
    status: str = Field(description="Stripe's words, such as `needs_response`, `won` and `lost`")
    due_at: dt.datetime | None = Field(description="Until when evidence is taken")
    created_at: dt.datetime

    model_config = ConfigDict(from_attributes=True)


class MoneyBackOut(BaseModel):
    refunds: list[RefundOut]
    disputes: list[DisputeOut]
