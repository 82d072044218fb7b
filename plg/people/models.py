"""Tables of people."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from plg.kit.db import BigId, Json, UtcDateTime, db
from plg.kit.ids import new_id


class Person(db.Model):
    """A human being. merged_into_id: set where this record turned out to be somebody else's too; it always
    points at the survivor itself, never at another merged record."""

    __tablename__ = "people"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(40), unique=True, default=lambda: new_id("per"))
    email: Mapped[str | None] = mapped_column(String(320), index=True)
    name: Mapped[str] = mapped_column(String(200), default="")
    locale: Mapped[str | None] = mapped_column(String(10))
    traits: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    identified: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"), index=True)


class Identity(db.Model):
    """An id that a person is known by. A row never changes its person: merges set `people.merged_into_id`,
    so what a process remembers of this table stays true."""

    __tablename__ = "identities"

    distinct_id: Mapped[str] = mapped_column(String(200), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)


class Merge(db.Model):
    """Audit: which record went into which, when, why, by whom, and what its traits were."""

    __tablename__ = "person_merges"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    from_person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    into_person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    reason: Mapped[str] = mapped_column(String(40))
    actor: Mapped[str] = mapped_column(String(100))
    traits: Mapped[dict[str, Any]] = mapped_column(Json)
    merged_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
