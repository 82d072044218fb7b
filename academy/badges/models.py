"""Tables of the badges. Private keys are kept encrypted."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from plg.kit.db import BigId, UtcDateTime, db


class BadgeKey(db.Model):
    """A key that signs credentials. Next (activated_at empty), current, then retired: it signs no new award, and the
    world is shown its public part for ever, by which the awards that it signed are checked. A withdrawn one is shown
    no more: what it signed is refused, and signed anew by the current one when it is asked for."""

    __tablename__ = "badge_keys"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    multikey: Mapped[str] = mapped_column(String(60), unique=True)
    private: Mapped[str] = mapped_column(Text)
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    activated_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    retired_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    withdrawn_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)


class Badge(db.Model):
    """What the credential of a certificate says beyond the certificate, decided once for all editions of it: its
    language, the key that signs it, its place in the status lists, and whom it names: `recipient` is a hash with this
    salt."""

    __tablename__ = "badges"
    __table_args__ = (UniqueConstraint("status_list", "status_place"),)

    code: Mapped[str] = mapped_column(String(20), primary_key=True)
    key_id: Mapped[int] = mapped_column(ForeignKey("badge_keys.id"), index=True)
    locale: Mapped[str] = mapped_column(String(2))
    recipient_kind: Mapped[str] = mapped_column(String(20))
    recipient: Mapped[str] = mapped_column(String(64))
    salt: Mapped[str] = mapped_column(String(32))
    status_list: Mapped[int]
    status_place: Mapped[int]
    key: Mapped[BadgeKey] = relationship(lazy="joined")
