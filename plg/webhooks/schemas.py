"""Shapes of webhook endpoints and their deliveries."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from plg.webhooks.models import WebhookDelivery, WebhookEndpoint
from plg.webhooks.targets import MAX_URL

URL = "https://app.example.com/webhooks/plg"

Url = Annotated[str, Field(max_length=MAX_URL, json_schema_extra={"example": URL})]
Events = Annotated[
    list[Annotated[str, Field(max_length=200)]],
    Field(
        min_length=1,
        max_length=200,
        description='Names as in the log; `["*"]` for all that plg records',
        json_schema_extra={"example": ["Trial Started", "Trial Ended"]},
    ),
]
Description = Annotated[str, Field(max_length=500)]


class WebhookEndpointIn(BaseModel):
    url: Url
    events: Events = ["*"]
    description: Description = ""


class WebhookEndpointChange(BaseModel):
    """What is left out stays as it is."""

    model_config = ConfigDict(json_schema_extra={"example": {"events": ["*"], "enabled": True}})

    url: Url | None = None
    events: Events | None = None
    description: Description | None = None
    enabled: bool | None = None


class WebhookEndpointOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: str = Field(description="`we_…`", validation_alias="public_id")
    url: str
    description: str
    events: list[str]
    enabled: bool
    disabled_reason: Literal["asked", "gone", "failing"] | None = Field(
        description="`gone`: it answered 410; `failing`: five days of nothing but failures"
    )
    created_at: dt.datetime
    created_by: str
    last_success_at: dt.datetime | None
    failing_since: dt.datetime | None = Field(description="The first failure after the last success")

    @classmethod
    def of(cls, row: WebhookEndpoint) -> WebhookEndpointOut:
        return cls.model_validate(row)


class WebhookEndpointWithSecret(WebhookEndpointOut):
    secret: str = Field("", description="`whsec_…`, shown this once: verify signatures with it")


class WebhookEndpointList(BaseModel):
    data: list[WebhookEndpointOut] = Field(description="Newest first")


class EndpointPath(BaseModel):
    endpoint: str = Field(max_length=40, description="`we_…`")


class DeliveryPath(EndpointPath):
    delivery: str = Field(max_length=40, description="`msg_…`, its `webhook-id`")


class DeliveriesQuery(BaseModel):
    status: Literal["waiting", "delivered", "failed"] | None = None
    before: str | None = Field(None, max_length=40, description="`next` of the page before")
    limit: int = Field(50, ge=1, le=200)


class WebhookDeliveryOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: str = Field(description="`msg_…`, its `webhook-id`", validation_alias="public_id")
    event_id: str
    type: str
    status: Literal["waiting", "delivered", "failed"]
    created_at: dt.datetime
    due_at: dt.datetime | None = Field(description="When it is tried next")
    attempts: int = Field(description="Tries since it was last asked for")
    last_attempt_at: dt.datetime | None
    response_status: int | None = Field(
        description="HTTP status of the last answer; null where there was none"
    )
    response_body: str | None = Field(description="Its first 1,000 characters")
    duration_ms: int | None = Field(description="How long it took")
    error: str | None = Field(description="Why there was no answer")

    @classmethod
    def of(cls, row: WebhookDelivery) -> WebhookDeliveryOut:
        return cls.model_validate(row)


class WebhookDeliveryPage(BaseModel):
    data: list[WebhookDeliveryOut] = Field(description="Newest first")
    has_more: bool
    next: str | None


class WebhookRecoveryIn(BaseModel):
    since: AwareDatetime = Field(
        description="Of what was written since then", json_schema_extra={"example": "2026-11-20T00:00:00Z"}
    )


class WebhookRecoveryOut(BaseModel):
    recovered: int = Field(description="How many are sent again")
