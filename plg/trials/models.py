"""Tables of trials."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKey, Index, Integer, String, text
from sqlalchemy.orm import Mapped, mapped_column

from plg.kit.db import BigId, UtcDateTime, db


class Trial(db.Model):
    """An account's trial. ends_at: started_at and all granted days; the clock looks at it while the status is
    `active` (then `converted` or `ended`)."""

    __tablename__ = "trials"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), unique=True)
    plan_key: Mapped[str] = mapped_column(String(50))
    status: Mapped[str] = mapped_column(String(20))
    started_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    closed_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        Index(
            "ix_trials_due",
            "ends_at",
            sqlite_where=text("status = 'active'"),
            postgresql_where=text("status = 'active'"),
        ),
    )

    def days_left(self, moment: dt.datetime, calendar: dt.tzinfo) -> int:
        """How many days after today the trial ends, by the account's calendar: 1 is tomorrow, 0 today (or the
        trial does not run)."""
        if self.status != "active":
            return 0
        left = self.ends_at.astimezone(calendar).date() - moment.astimezone(calendar).date()
        return max(left.days, 0)


class TrialGrant(db.Model):
    """Days given to a trial, and why: the answer to "why does it end then?"."""

    __tablename__ = "trial_grants"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    trial_id: Mapped[int] = mapped_column(ForeignKey("trials.id"), index=True)
    days: Mapped[int] = mapped_column(Integer)
    reason: Mapped[str] = mapped_column(String(200))
    actor: Mapped[str] = mapped_column(String(100))
    granted_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
