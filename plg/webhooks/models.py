"""Tables of webhooks."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from plg.events.models import MAX_ID
from plg.kit.db import BigId, Json, UtcDateTime, db
from plg.kit.ids import new_id

WAITING, DELIVERED, FAILED = "waiting", "delivered", "failed"
STATUSES = (WAITING, DELIVERED, FAILED)


class WebhookEndpoint(db.Model):
    """An address of the host product that is told what happens.

    events: names in the log, or ["*"] for all. secret, previous_secret: sealed; the previous one signs along until
    previous_until. failing_since: its first failure after the last success. disabled_reason: `asked`, `gone` (it
    answered 410) or `failing` (nothing but failures for days)."""

    __tablename__ = "webhook_endpoints"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(40), unique=True, default=lambda: new_id("we"))
    url: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(String(500))
    events: Mapped[list[str]] = mapped_column(Json)
    enabled: Mapped[bool] = mapped_column(default=True)
    disabled_reason: Mapped[str | None] = mapped_column(String(20))
    secret: Mapped[str] = mapped_column(Text)
    previous_secret: Mapped[str | None] = mapped_column(Text)
    previous_until: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(String(100))
    last_success_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    failing_since: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)


class WebhookDelivery(db.Model):
    """One event on its way to one endpoint. public_id is its `webhook-id`, the same at every try.

    due_at: when it is tried next; None once it was delivered or given up. lease: who is sending it now. attempts:
    tries since it was last asked for. response_status, response_body, duration_ms, error: of the last try."""

    __tablename__ = "webhook_deliveries"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(40), unique=True)
    endpoint_id: Mapped[int] = mapped_column(ForeignKey("webhook_endpoints.id"))
    event_id: Mapped[str] = mapped_column(String(MAX_ID))
    type: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)
    person_id: Mapped[int | None] = mapped_column(BigInteger, index=True)
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, index=True)
    status: Mapped[str] = mapped_column(String(20))
    due_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    lease: Mapped[str | None] = mapped_column(String(40))
    attempts: Mapped[int]
    last_attempt_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    response_status: Mapped[int | None]
    response_body: Mapped[str | None] = mapped_column(Text)
    duration_ms: Mapped[int | None]
    error: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (
        UniqueConstraint("endpoint_id", "event_id"),
        Index("ix_webhook_deliveries_endpoint_id_due_at", "endpoint_id", "due_at"),
        Index("ix_webhook_deliveries_endpoint_id_id", "endpoint_id", "id"),
    )
