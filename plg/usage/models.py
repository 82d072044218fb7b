"""Tables of usage."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String, text
from sqlalchemy.orm import Mapped, mapped_column

from plg.kit.db import BigId, UtcDateTime, db
from plg.kit.ids import new_id
from plg.usage.amounts import Amount, Number

HELD, CONFIRMED, COUNTED, RELEASED, EXPIRED = "held", "confirmed", "counted", "released", "expired"


class Counter(db.Model):
    """The reading of one meter: what an account used of a feature in a period. period, ends_at: see `periods`.
    part: the value of the property that the meter is divided by; empty for all of it. events: how many made the
    reading; last_at, last_position: when the newest of them happened. held: reserved and not yet counted.
    allowance: the most that the account's plan gave in the period (`amounts.MOST`: no limit); None where nothing was
    counted yet."""

    __tablename__ = "usage_counters"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    feature: Mapped[str] = mapped_column(String(50), primary_key=True)
    period: Mapped[str] = mapped_column(String(10), primary_key=True)
    part: Mapped[str] = mapped_column(String(100), primary_key=True, default="")
    used: Mapped[Number] = mapped_column(Amount, default=0)
    held: Mapped[Number] = mapped_column(Amount, default=0)
    events: Mapped[int] = mapped_column(BigInteger, default=0)
    last_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    last_position: Mapped[int] = mapped_column(BigInteger, default=0)
    allowance: Mapped[Number | None] = mapped_column(Amount)
    ends_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    updated_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)

    # A window of the log writes every row of a page: each new version finds room beside the old one, and no index
    # has to follow it.
    __table_args__ = ({"postgresql_with": {"fillfactor": 50}},)


class SeenValue(db.Model):
    """A value that a `unique` meter has seen in a period."""

    __tablename__ = "usage_values"

    # No foreign key: PostgreSQL would look the account up once a row, which took half of the time of adding it.
    account_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    feature: Mapped[str] = mapped_column(String(50), primary_key=True)
    period: Mapped[str] = mapped_column(String(10), primary_key=True)
    part: Mapped[str] = mapped_column(String(100), primary_key=True, default="")
    value: Mapped[str] = mapped_column(String(200), primary_key=True)


class MeterState(db.Model):
    """How far a meter has counted the log: everything from `since` to `upto`, and of what was before everything to
    `filled`; each is a place (tx, position). digest: of the meter that counted; another one begins anew. due_at: set
    while there is something to fill."""

    __tablename__ = "usage_meters"

    feature: Mapped[str] = mapped_column(String(50), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))
    since_tx: Mapped[int] = mapped_column(BigInteger)
    since_position: Mapped[int] = mapped_column(BigInteger)
    upto_tx: Mapped[int] = mapped_column(BigInteger)
    upto_position: Mapped[int] = mapped_column(BigInteger)
    filled_tx: Mapped[int] = mapped_column(BigInteger, default=0)
    filled_position: Mapped[int] = mapped_column(BigInteger, default=0)
    due_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime, index=True)


class CancelledEvent(db.Model):
    """An event that counts no more, whether it came already or not."""

    __tablename__ = "usage_cancelled_events"

    event_id: Mapped[str] = mapped_column(String(200), primary_key=True)
    cancelled_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)


class Reservation(db.Model):
    """So much of a feature held for one caller. status: `held`, then `confirmed` (used, and not yet counted by the
    meter) and `counted`, or `released` or `expired`. confirmed: what was really used. created_at: when its use
    happened, too. due_at: when it expires, while it is held."""

    __tablename__ = "usage_reservations"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(40), unique=True, default=lambda: new_id("rsv"))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    feature: Mapped[str] = mapped_column(String(50))
    period: Mapped[str] = mapped_column(String(10))
    amount: Mapped[Number] = mapped_column(Amount)
    confirmed: Mapped[Number | None] = mapped_column(Amount)
    status: Mapped[str] = mapped_column(String(20), default=HELD)
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(String(100))
    due_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime, index=True)


class UsageGrant(db.Model):
    """More of a feature than the plan gives; never changed. It counts in every period that it touches from
    effective_at until expires_at (None: until it is used up). Of several, the lower priority is used first, then what
    expires first, then the older. voids_id: takes back another one. key: why it is given, once."""

    __tablename__ = "usage_grants"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    feature: Mapped[str] = mapped_column(String(50))
    amount: Mapped[Number] = mapped_column(Amount)
    priority: Mapped[int] = mapped_column(Integer)
    effective_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    source: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(String(500))
    key: Mapped[str | None] = mapped_column(String(200))
    voids_id: Mapped[int | None] = mapped_column(ForeignKey("usage_grants.id"), unique=True)
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(String(100))

    __table_args__ = (
        Index(
            "uq_usage_grants_account_id_feature_key",
            "account_id",
            "feature",
            "key",
            unique=True,
            sqlite_where=text("key IS NOT NULL"),
            postgresql_where=text("key IS NOT NULL"),
        ),
    )
