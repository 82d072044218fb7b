"""Tables of segments."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from plg.kit.db import BigId, UtcDateTime, db
from plg.kit.ids import new_id
from plg.kit.versions import Versioned


class SegmentVersion(Versioned, db.Model):
    """A published segment (definition: `named.Definition`), under its name."""

    __tablename__ = "segment_versions"


class Cohort(db.Model):
    """People, or accounts, who are listed one by one. dynamic: a room above counts them anew from time to time.

    counted_at: when they were listed last; size: how many there were then."""

    __tablename__ = "cohorts"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(40), unique=True, default=lambda: new_id("coh"))
    title: Mapped[str] = mapped_column(String(200))
    actor: Mapped[str] = mapped_column(String(10))
    dynamic: Mapped[bool] = mapped_column(default=False)
    size: Mapped[int] = mapped_column(default=0)
    counted_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(String(100))


class CohortMember(db.Model):
    """Who is in a cohort: a person or an account, as its `actor` says."""

    __tablename__ = "cohort_members"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohorts.id", ondelete="CASCADE"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"), index=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"), index=True)

    __table_args__ = (
        Index("ix_cohort_members_cohort_id_person_id", "cohort_id", "person_id", unique=True),
        Index("ix_cohort_members_cohort_id_account_id", "cohort_id", "account_id", unique=True),
    )
