"""Tables of what Stripe is told about use."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from plg.kit.db import BigId, UtcDateTime, db
from plg.kit.ids import new_id
from plg.usage.amounts import Amount, Number


class UsePrice(db.Model):
    """A price at Stripe of what is used beyond a plan's allowance; its lookup key says plan, version, feature and
    currency."""

    __tablename__ = "billing_use_prices"

    lookup_key: Mapped[str] = mapped_column(String(200), primary_key=True)
    stripe_price_id: Mapped[str] = mapped_column(String(100), unique=True)


class BillingMeter(db.Model):
    """A meter at Stripe: how much accounts used of a feature beyond what their plans give."""

    __tablename__ = "billing_meters"

    feature: Mapped[str] = mapped_column(String(50), primary_key=True)
    stripe_meter_id: Mapped[str] = mapped_column(String(100), unique=True)
    event_name: Mapped[str] = mapped_column(String(100))


class UseReport(db.Model):
    """So much use beyond the allowance that Stripe is told of: a difference to what it was told before. period: of
    the feature's counter. happened_at: the time that Stripe is told, which decides on which invoice it is.

    The row is there before Stripe is told, and its public id is the event's identifier there. kind: use, or resent
    (Stripe had counted less than it was told). status: asked, sent, cancelling, cancelled, refused. due_at: when it
    is told next; None once it is settled."""

    __tablename__ = "billing_use_reports"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(40), unique=True, default=lambda: new_id("use"))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    plan_version_id: Mapped[int] = mapped_column(ForeignKey("plan_versions.id"))
    stripe_customer_id: Mapped[str] = mapped_column(String(100))
    feature: Mapped[str] = mapped_column(String(50))
    period: Mapped[str] = mapped_column(String(10))
    quantity: Mapped[Number] = mapped_column(Amount)
    kind: Mapped[str] = mapped_column(String(10), default="use")
    status: Mapped[str] = mapped_column(String(20))
    why: Mapped[str | None] = mapped_column(String(200))
    happened_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    sent_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    due_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime, index=True)

    __table_args__ = (Index("ix_billing_use_reports_period", "account_id", "feature", "period"),)
