"""Tables of upgrades."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from plg.kit.db import BigId, Json, UtcDateTime, db
from plg.kit.ids import new_id
from plg.kit.versions import Versioned

OPEN = text("status = 'open'")


class ReceiptVersion(Versioned, db.Model):
    """What receipts of value count (definition: `receipt_config.ReceiptConfig`), under the one key `receipt`."""

    __tablename__ = "receipt_versions"


class TrialReceipt(db.Model):
    """What a trial was worth, as it was told when that ended; one a trial. facts: see `receipt_facts`."""

    __tablename__ = "trial_receipts"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(40), unique=True, default=lambda: new_id("rcpt"))
    trial_id: Mapped[int] = mapped_column(ForeignKey("trials.id"), unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    facts: Mapped[dict[str, Any]] = mapped_column(Json)
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)


class UpgradeCase(db.Model):
    """The requests of an account that wait together for one answer. status: open, approved, declined. One an account
    is open.

    plan_key, plan_version_id, amount (in the minor unit of currency), interval: the price that was told, which holds
    until expires_at; empty where there is no plan to buy."""

    __tablename__ = "upgrade_cases"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(40), unique=True, default=lambda: new_id("case"))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    status: Mapped[str] = mapped_column(String(20))
    plan_key: Mapped[str] = mapped_column(String(50), default="")
    plan_version_id: Mapped[int | None] = mapped_column(ForeignKey("plan_versions.id"))
    amount: Mapped[int] = mapped_column(BigInteger, default=0)
    currency: Mapped[str] = mapped_column(String(3), default="")
    interval: Mapped[str] = mapped_column(String(10), default="")
    expires_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    closed_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        Index("uq_upgrade_cases_open", "account_id", unique=True, sqlite_where=OPEN, postgresql_where=OPEN),
    )


class UpgradeRequest(db.Model):
    """A member asks those who may buy. status: open, approved, declined. One a person and account is open."""

    __tablename__ = "upgrade_requests"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(40), unique=True, default=lambda: new_id("req"))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("upgrade_cases.id"), index=True)
    feature: Mapped[str] = mapped_column(String(50))
    note: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    decided_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    answer: Mapped[str] = mapped_column(Text, default="")

    case: Mapped[UpgradeCase | None] = relationship()

    __table_args__ = (
        Index(
            "uq_upgrade_requests_open",
            "account_id",
            "person_id",
            unique=True,
            sqlite_where=OPEN,
            postgresql_where=OPEN,
        ),
    )
