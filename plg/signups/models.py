"""Tables of sign-ups."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from plg.kit.db import BigId, Json, UtcDateTime, db
from plg.kit.ids import new_id
from plg.kit.versions import Versioned


class Case(db.Model):
    """One sign-up and where it stands. decision: the one in force (`allow`, `join`, `verify`, `hold`). waits_for:
    what its trial waits for (`confirmation`, `choice`, `card`, `staff`), None where it waits for nothing.
    granted_at: since when the trial may run. reviewed_at: since when staff's word stands."""

    __tablename__ = "signups"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(40), unique=True, default=lambda: new_id("sgn"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), unique=True)
    way: Mapped[str] = mapped_column(String(40))
    plan: Mapped[str | None] = mapped_column(String(50))
    decision: Mapped[str] = mapped_column(String(10))
    waits_for: Mapped[str | None] = mapped_column(String(20))
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, index=True)
    confirmed_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    granted_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    reviewed_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        Index(
            "ix_signups_waiting",
            "waits_for",
            "id",
            sqlite_where=text("waits_for IS NOT NULL"),
            postgresql_where=text("waits_for IS NOT NULL"),
        ),
    )


class Decision(db.Model):
    """What was decided by rule, when and by which version of the policy (0: the defaults). Never changed: another
    look at the case is another row. cause: `sign-up`, `confirmation`, `card`."""

    __tablename__ = "signup_decisions"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("signups.id"), index=True)
    decision: Mapped[str] = mapped_column(String(10))
    score: Mapped[int] = mapped_column(Integer)
    cause: Mapped[str] = mapped_column(String(20))
    policy: Mapped[int] = mapped_column(Integer)
    decided_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)


class Reason(db.Model):
    """One signal that spoke in a decision: how much it weighed, and the numbers of its sentence."""

    __tablename__ = "signup_reasons"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    decision_id: Mapped[int] = mapped_column(ForeignKey("signup_decisions.id"), index=True)
    signal: Mapped[str] = mapped_column(String(40))
    points: Mapped[int] = mapped_column(Integer)
    detail: Mapped[dict[str, Any]] = mapped_column(Json)


class Overrule(db.Model):
    """What staff decided about a decision, and why: `allow` makes a hold a false positive, `hold` confirms it."""

    __tablename__ = "signup_overrules"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("signups.id"), index=True)
    decision_id: Mapped[int] = mapped_column(ForeignKey("signup_decisions.id"), index=True)
    decision: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(String(500))
    actor: Mapped[str] = mapped_column(String(100))
    decided_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, index=True)


class Trace(db.Model):
    """Something that sign-ups of one origin share (`mailbox`, `company`, `device`, `network`, `card`), as a keyed
    hash: it tells that two are the same, never what they are."""

    __tablename__ = "signup_traces"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    kind: Mapped[str] = mapped_column(String(20))
    value: Mapped[str] = mapped_column(String(32))
    seen_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)

    __table_args__ = (
        UniqueConstraint("account_id", "kind", "value"),
        Index(None, "kind", "value", "seen_at"),
        Index(None, "kind", "seen_at"),
    )


class PolicyVersion(Versioned, db.Model):
    """A published `policy.Policy`, under the one key `signups`."""

    __tablename__ = "signup_policies"
