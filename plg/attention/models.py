"""Tables of attention."""

from __future__ import annotations

import datetime as dt
from typing import Final

from sqlalchemy import ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from plg.kit.db import BigId, UtcDateTime, db
from plg.kit.versions import Versioned

MAX_SOURCE: Final = 120


class AttentionVersion(Versioned, db.Model):
    """Published limits (definition: `limits.Limits`), under the one key `attention`."""

    __tablename__ = "attention_versions"


class Appearance(db.Model):
    """A line of the ledger: something came up on a person's screen by itself. It counts for them, and for the account
    that they were in.

    source: what it was, such as `flow:new-reports` or `offer:off_…`."""

    __tablename__ = "attention_ledger"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    source: Mapped[str] = mapped_column(String(MAX_SOURCE))
    shown_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, index=True)

    __table_args__ = (
        Index("ix_attention_ledger_person_id_shown_at", "person_id", "shown_at"),
        Index("ix_attention_ledger_account_id_shown_at", "account_id", "shown_at"),
    )


class HeldBack(db.Model):
    """Why something was not shown to a person when it could have been; the last reason, and since when it holds.

    times: in how many hours it was held back for this reason, as far as the person was there to see it."""

    __tablename__ = "attention_held_back"

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    source: Mapped[str] = mapped_column(String(MAX_SOURCE), primary_key=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    reason: Mapped[str] = mapped_column(String(40))
    first_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    last_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, index=True)
    times: Mapped[int] = mapped_column(Integer, default=1)
