"""Tables of trials."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKey, Index, Integer, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from plg.kit.db import BigId, Json, UtcDateTime, db
from plg.trials import states

_OPEN = text("closed_at IS NULL")


class Trial(db.Model):
    """A trial of an account: of several over time the newest counts, and at most one is open.

    status: see states.py. rule_id: the version of the catalogue (or of a plan) that holds its rule. started_at: when
    the clock began; None while it waits. ends_at: what the rows of the ledger come to, kept so that it can be
    shown and searched; None while it waits or is paused. due_at: when its state is over by itself. remind_at: when
    a mail is to leave next; reminded: which left, and for which end. stays: whether an account with a card goes on
    as a paying one."""

    __tablename__ = "trials"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    plan_key: Mapped[str] = mapped_column(String(50))
    rule_id: Mapped[int] = mapped_column(ForeignKey("plan_versions.id"))
    status: Mapped[str] = mapped_column(String(20))
    requested_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    started_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    ends_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    due_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    remind_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    reminded: Mapped[dict[str, str]] = mapped_column(Json, default=dict)
    card: Mapped[str | None] = mapped_column(String(40))
    stays: Mapped[bool] = mapped_column(default=True)
    closed_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        Index("uq_trials_open", "account_id", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_trials_due_at", "due_at"),
        Index("ix_trials_remind_at", "remind_at"),
        Index("ix_trials_status", "status", "id"),
    )

    @property
    def is_open(self) -> bool:
        return self.status in states.OPEN

    def days_left(self, moment: dt.datetime, calendar: dt.tzinfo) -> int:
        """How many days after today the trial ends, by the account's calendar: 1 is tomorrow, 0 today (or the
        trial does not run)."""
        if self.status != states.ACTIVE or self.ends_at is None:
            return 0
        left = self.ends_at.astimezone(calendar).date() - moment.astimezone(calendar).date()
        return max(left.days, 0)


class TrialGrant(db.Model):
    """One row of a trial's ledger, never changed: the answer to "why does it end then?". kind: see ledger.py.

    days: given or (below 0) taken. at: when it counts from. rule and cause: which rule gave the days for what, so
    that the same thing gives them once. event_id: the event behind it. reverses_id: the row that it takes back."""

    __tablename__ = "trial_grants"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    trial_id: Mapped[int] = mapped_column(ForeignKey("trials.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    days: Mapped[int] = mapped_column(Integer)
    at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(String(200))
    actor: Mapped[str] = mapped_column(String(100))
    rule: Mapped[int | None] = mapped_column(Integer)
    cause: Mapped[str | None] = mapped_column(String(250))
    event_id: Mapped[str | None] = mapped_column(String(200))
    reverses_id: Mapped[int | None] = mapped_column(ForeignKey("trial_grants.id"), unique=True)

    __table_args__ = (UniqueConstraint("trial_id", "cause"),)
