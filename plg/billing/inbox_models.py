"""Table of the inbox."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from plg.kit.db import BigId, Json, UtcDateTime, db


class StripeEvent(db.Model):
    """A webhook of Stripe, kept before anything is done about it. subject: the id of the object at Stripe
    that has to be read anew; None where plg does not care.

    outcome: waiting, applied, ignored, failed. due_at: when it is tried next; None once it is settled.
    lease: set while a process works on it; due_at is then when the lease ends. The payload may hold
    addresses of people, so it is emptied as soon as it is not needed any more."""

    __tablename__ = "billing_inbox"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    event_id: Mapped[str] = mapped_column(String(200), unique=True)
    type: Mapped[str] = mapped_column(String(100))
    subject: Mapped[str | None] = mapped_column(String(200), index=True)
    payload: Mapped[dict[str, Any]] = mapped_column(Json)
    received_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime, index=True)
    lease: Mapped[str | None] = mapped_column(String(40))
    attempts: Mapped[int] = mapped_column(default=0)
    outcome: Mapped[str] = mapped_column(String(20))
    last_error: Mapped[str | None] = mapped_column(Text)
    handled_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
