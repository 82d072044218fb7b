"""Tables of exports."""

from __future__ import annotations

import datetime as dt
from typing import Final

from sqlalchemy import BigInteger, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from plg.kit.db import BigId, Json, UtcDateTime, db
from plg.kit.ids import new_id

RUNNING: Final = "running"
DONE: Final = "done"
FAILED: Final = "failed"


class Export(db.Model):
    """What leaves, in which form, where to and how often.

    content: a key of `contents.CONTENTS`; report: the saved report's public id, where it is one. folder: below the
    target's root. tx, position: the place of the log up to which events have left. due_at: of the next run; while one
    is at work, when it is given up for dead."""

    __tablename__ = "exports"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(40), unique=True, default=lambda: new_id("exp"))
    content: Mapped[str] = mapped_column(String(20))
    report: Mapped[str] = mapped_column(String(40), default="")
    format: Mapped[str] = mapped_column(String(10))
    target: Mapped[str] = mapped_column(String(10))
    folder: Mapped[str] = mapped_column(String(100))
    every: Mapped[str] = mapped_column(String(10))
    tx: Mapped[int] = mapped_column(BigInteger, default=0)
    position: Mapped[int] = mapped_column(BigInteger, default=0)
    due_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, index=True)
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(String(100))


class ExportRun(db.Model):
    """One line of the ledger. pending: the parts that have not left yet; done: those that have. whole: they are all
    that there is, and what is there besides is deleted. error: why it stopped; it goes on from there."""

    __tablename__ = "export_runs"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    export_id: Mapped[int] = mapped_column(ForeignKey("exports.id", ondelete="CASCADE"), index=True)
    status: Mapped[str] = mapped_column(String(10), default=RUNNING)
    pending: Mapped[list[str]] = mapped_column(Json)
    done: Mapped[list[str]] = mapped_column(Json, default=list)
    whole: Mapped[bool] = mapped_column(default=False)
    tx: Mapped[int] = mapped_column(BigInteger, default=0)
    position: Mapped[int] = mapped_column(BigInteger, default=0)
    files: Mapped[int] = mapped_column(default=0)
    rows: Mapped[int] = mapped_column(BigInteger, default=0)
    bytes: Mapped[int] = mapped_column(BigInteger, default=0)
    attempts: Mapped[int] = mapped_column(default=1)
    error: Mapped[str] = mapped_column(String(500), default="")
    started_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
