"""Tables of the spine."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import BigInteger, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from plg.kit.db import BigId, Json, UtcDateTime, db, transaction_id

MAX_NAME = 200
MAX_ID = 200


class Event(db.Model):
    """One thing that happened. Never changed, never deleted but by erasure.

    position: order of storing; `(tx, position)` is the order of reading (see stream.py).
    person_id, account_id: who and whose, as known when it arrived; a person merged later is followed by
    `people.merged_into_id`. occurred_at is corrected for the sender's clock."""

    __tablename__ = "events"

    position: Mapped[int] = mapped_column(BigId, primary_key=True)
    tx: Mapped[int] = mapped_column(BigInteger, default=transaction_id())
    id: Mapped[str] = mapped_column(String(MAX_ID), unique=True)
    name: Mapped[str] = mapped_column(String(MAX_NAME))
    person_id: Mapped[int | None] = mapped_column(BigInteger)
    account_id: Mapped[int | None] = mapped_column(BigInteger)
    distinct_id: Mapped[str | None] = mapped_column(String(MAX_ID))
    occurred_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    received_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    properties: Mapped[dict[str, Any]] = mapped_column(Json)
    context: Mapped[dict[str, Any]] = mapped_column(Json)
    source: Mapped[str] = mapped_column(String(20))

    __table_args__ = (
        Index("ix_events_tx_position", "tx", "position"),
        Index("ix_events_person_id_occurred_at", "person_id", "occurred_at"),
        Index("ix_events_account_id_occurred_at", "account_id", "occurred_at"),
        # Without it SQLite hands an erased event's position out again, behind the cursors.
        {"sqlite_autoincrement": True},
    )


class Cursor(db.Model):
    """How far one subscriber (one shard of it) has read. Everything up to it took effect, once.

    retry_at, attempts, last_error: set while it waits after a failure. leased_until: an `outside` subscriber
    is at work without a transaction."""

    __tablename__ = "subscriber_cursors"

    subscriber: Mapped[str] = mapped_column(String(100), primary_key=True)
    shard: Mapped[int] = mapped_column(Integer, primary_key=True, default=0)
    shards: Mapped[int] = mapped_column(Integer, default=1)
    tx: Mapped[int] = mapped_column(BigInteger, default=0)
    position: Mapped[int] = mapped_column(BigInteger, default=0)
    updated_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    retry_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    last_error: Mapped[str | None] = mapped_column(Text)
    leased_until: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)


class ParkedEvent(db.Model):
    """An event that one subscriber could not take; the others went on. Kept until retried or dismissed."""

    __tablename__ = "parked_events"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    subscriber: Mapped[str] = mapped_column(String(100), index=True)
    position: Mapped[int] = mapped_column(BigInteger)
    error: Mapped[str] = mapped_column(Text)
    attempts: Mapped[int] = mapped_column(Integer)
    parked_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    resolved_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)


class JobRun(db.Model):
    """When a job is due next. The row is the truth; the worker's timer only looks at it."""

    __tablename__ = "job_runs"

    job: Mapped[str] = mapped_column(String(100), primary_key=True)
    due_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    last_run_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    last_error: Mapped[str | None] = mapped_column(Text)
