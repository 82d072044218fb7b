"""The outbox of statements."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from plg.kit.db import Json, UtcDateTime, db

_WAITS = text("due_at IS NOT NULL")


class XapiStatement(db.Model):
    """A statement that the store does not have yet. id: its own, made from the event that it tells of.

    due_at: when it is tried next; None where the store refused it for good, and `error` says why. attempts: how often
    it was sent in vain.
    """

    __tablename__ = "xapi_statements"
    __table_args__ = (
        Index("ix_xapi_statements_due", "due_at", sqlite_where=_WAITS, postgresql_where=_WAITS),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    statement: Mapped[dict[str, Any]] = mapped_column(Json)
    made_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None] = mapped_column(String(500))
