"""Shapes of offers in the API."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, Field


class OfferPath(BaseModel):
    offer: str = Field(max_length=60, description="Its id: `offer.id` of the widget's state")


class StatusOut(BaseModel):
    status: str


class ExplainQuery(BaseModel):
    person: str = Field(
        min_length=1,
        max_length=320,
        description="Any id of the person",
        json_schema_extra={"example": "user-42"},
    )
    offer: str = Field(
        min_length=1,
        max_length=60,
        description="Its key in offers.yaml, or the id of one that was made",
        json_schema_extra={"example": "pro-when-near"},
    )
    account: str | None = Field(
        None,
        min_length=1,
        max_length=200,
        description="Any id of the account; the person's only one where it is left out",
    )


class OfferKeyPath(BaseModel):
    offer: str = Field(
        max_length=60, description="Its key in offers.yaml", json_schema_extra={"example": "pro-when-near"}
    )


class OfferOut(BaseModel):
    offer: str = Field(description="Its key")
    version: int = Field(description="The newest")
    state: Literal["running", "waiting", "over", "stopped"]
    channel: str
    trigger: str = Field(description="Such as `limit_near` or `event`")
    priority: int
    met: int = Field(description="Accounts that met it, the holdout included")
    shown: int = Field(description="People")
    clicked: int = Field(description="People")

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> OfferOut:
        version = told["version"]
        offer = version.offer
        about = {"channel": offer.channel, "trigger": offer.trigger.kind, "priority": offer.priority}
        counts = {name: told[name] for name in ("state", "met", "shown", "clicked")}
        return cls(offer=version.key, version=version.version, **about, **counts)


class OffersOut(BaseModel):
    offers: list[OfferOut] = Field(description="Those of higher priority first; those that were stopped last")


class EstimateOut(BaseModel):
    value: float
    low: float = Field(description="End of the interval of 95 %")
    high: float


class ArmOut(BaseModel):
    variant: str = Field(
        description="`holdout` for those who are shown nothing, `all` where there is one arm"
    )
    made: int = Field(description="Accounts that it was raised for")
    met: int = Field(description="Accounts that it was shown to, or, held out, would have been")
    shown: int = Field(description="People")
    dismissed: int
    snoozed: int
    clicked: int
    upgraded: int = Field(description="Accounts that met it and upgraded within the window by now")
    judged: int = Field(description="Accounts that met it and whose window is over: what shares are of")
    judged_upgraded: int
    share: EstimateOut | None = Field(description="Of them who upgraded; null: too little data")
    difference: EstimateOut | None = Field(
        description="In points, from the baseline's share; null: too little data"
    )
    lift: EstimateOut | None = Field(
        description="0.1: by a tenth more than the baseline; null: too little data"
    )
    missing: int | None = Field(
        description="How many more accounts each arm needs, roughly, to tell a difference"
    )
    more: int | None = Field(description="How many more each needs for a difference as seen to be certain")


class ReportOut(BaseModel):
    offer: str
    version: int
    baseline: str
    window: str
    since: dt.datetime | None
    uneven: bool = Field(description="The arms are not as large as planned: something goes wrong on the way")
    arms: list[ArmOut]


class CheckOut(BaseModel):
    name: str = Field(description="Such as `running`, `trigger`, `audience`, `frequency`, `attention`")
    holds: bool | None = Field(description="null where there is nothing to ask")
    wanted: Any = Field(description="What the offer asks for")
    found: Any = Field(description="What there is")


class ExplainOut(BaseModel):
    offer: str
    person: str = Field(description="Public id")
    account: str = Field(description="Public id")
    shown: bool = Field(description="Whether it comes up for this person now")
    reason: str | None = Field(
        description="The first check that keeps it back, and why; null where it is shown"
    )
    version: int | None = Field(
        description="The version that this account was made; null where a limit raised it"
    )
    live_version: int | None = Field(description="The version that others are made now")
    made: dict[str, Any] | None = Field(
        description="The offer that was made last: id, status, event, variant, times"
    )
    event: dict[str, Any] | None = Field(description="What raised it: id, name, occurred_at, properties")
    checks: list[CheckOut]
    first_met_at: dt.datetime | None = Field(
        description="Since when the account's outcome counts for the offer"
    )
