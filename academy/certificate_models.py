"""Tables of what follows from an award: how it stands, what is to do for it, what it gave, and what renews it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from academy.models import write_once
from plg.kit.db import BigId, Json, UtcDateTime, db

_WAITS = text("due_at IS NOT NULL")
_IN_FORCE = text("reversed_at IS NULL")


class CertificateStanding(db.Model):
    """What changed about an award after it was made, and why; the rows of one are numbered from 1, and never changed.

    kind: `revocation`, `suspension`, `reinstatement`, or `shortening`, which makes it end at `expires_at`."""

    __tablename__ = "certificate_standings"

    certificate_id: Mapped[int] = mapped_column(ForeignKey("certificates.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(String(500))
    changed_by: Mapped[str] = mapped_column(String(100))
    changed_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)


class CertificateTask(db.Model):
    """Something to do for an award, once: a step of its issuing, or what its calendar asks for. `name` says what.

    due_at: when it is to be tried, None once it is done or needless; error: why it failed the last time.
    """

    __tablename__ = "certificate_tasks"
    __table_args__ = (
        Index("ix_certificate_tasks_due", "due_at", sqlite_where=_WAITS, postgresql_where=_WAITS),
    )

    certificate_id: Mapped[int] = mapped_column(ForeignKey("certificates.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    due_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    done_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    failures: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None] = mapped_column(String(500))


class CertificateRenewal(db.Model):
    """An attempt that renews a certificate, where it passes."""

    __tablename__ = "certificate_renewals"

    attempt_id: Mapped[int] = mapped_column(ForeignKey("quiz_attempts.id"), primary_key=True)
    certificate_id: Mapped[int] = mapped_column(ForeignKey("certificates.id"), index=True)


class CertificateReward(db.Model):
    """What the certificates of a chain gave a workspace, and whether it was taken back. key: `Reward.key`. The core
    knows what was given by this row's number. note: why it was nothing, or less."""

    __tablename__ = "certificate_rewards"
    __table_args__ = (
        Index(
            "uq_certificate_rewards_in_force",
            "chain",
            "key",
            unique=True,
            sqlite_where=_IN_FORCE,
            postgresql_where=_IN_FORCE,
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    chain: Mapped[str] = mapped_column(String(20))
    key: Mapped[str] = mapped_column(String(200))
    reward: Mapped[dict[str, Any]] = mapped_column(Json)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    given_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    reversed_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    note: Mapped[str | None] = mapped_column(String(100))


write_once(CertificateStanding, CertificateRenewal)
