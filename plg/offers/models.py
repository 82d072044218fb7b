"""Tables of offers."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Boolean, ForeignKey, Index, Integer, String, text
from sqlalchemy.orm import Mapped, mapped_column

from plg.kit.db import BigId, UtcDateTime, db
from plg.kit.ids import new_id
from plg.kit.versions import Versioned

OPEN = text("status = 'open'")


class OfferVersion(Versioned, db.Model):
    """A published offer (definition: `definition.Offer`). Who was made an offer keeps its version."""

    __tablename__ = "offer_versions"


class Offer(db.Model):
    """Something worth offering to an account now. One of a key and feature is open.

    key: of `offers.yaml`; empty where a limit raised it by itself: then a reached limit replaces a near one. status:
    open, dismissed, accepted, over (its time), stopped, passed (there was nothing to offer). event_id: what raised it
    (its "why"); empty where time did. variant: its arm of the experiment, `holdout` for those who are shown nothing.
    plan_key: empty where it offers no plan. is_for_some: only people with a row in `offer_people`, whom its audience
    held for at that moment."""

    __tablename__ = "offers"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(40), unique=True, default=lambda: new_id("off"))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    key: Mapped[str] = mapped_column(String(50), default="")
    version_id: Mapped[int | None] = mapped_column(ForeignKey("offer_versions.id"), index=True)
    variant: Mapped[str] = mapped_column(String(50), default="")
    feature: Mapped[str] = mapped_column(String(50))
    reason: Mapped[str] = mapped_column(String(20))
    plan_key: Mapped[str] = mapped_column(String(50))
    is_for_some: Mapped[bool] = mapped_column(Boolean, default=False)
    status: Mapped[str] = mapped_column(String(20))
    event_id: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime, index=True)
    closed_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        Index("ix_offers_account_id_status", "account_id", "status"),
        Index("ix_offers_account_id_key", "account_id", "key"),
        Index(
            "uq_offers_open",
            "account_id",
            "key",
            "feature",
            unique=True,
            sqlite_where=OPEN,
            postgresql_where=OPEN,
        ),
    )


class OfferPerson(db.Model):
    """A person to whom an offer was or may be shown, and what they did with it.

    shown_at: when the last showing began. times: how often it was shown."""

    __tablename__ = "offer_people"

    offer_id: Mapped[int] = mapped_column(ForeignKey("offers.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True, index=True)
    times: Mapped[int] = mapped_column(Integer, default=0)
    shown_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    snoozed_until: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    dismissed_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    clicked_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)


class OfferExposure(db.Model):
    """An account met the experiment of an offer: it was shown, or, to the holdout, would have been. Once."""

    __tablename__ = "offer_exposures"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    key: Mapped[str] = mapped_column(String(50), primary_key=True, index=True)
    variant: Mapped[str] = mapped_column(String(50))
    version_id: Mapped[int] = mapped_column(ForeignKey("offer_versions.id"), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"), index=True)
    exposed_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
