"""Tables of growth."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from plg.kit.db import BigId, Json, UtcDateTime, db
from plg.kit.ids import new_id
from plg.kit.versions import Versioned


class GrowthVersion(Versioned, db.Model):
    """A published `config.GrowthConfig`, under the one key `growth`."""

    __tablename__ = "growth_versions"


class SavedReport(db.Model):
    """A question that is asked again: a kind of `reports.REPORTS` and its definition. days: where given, its range is
    not the definition's, but so many days up to today."""

    __tablename__ = "growth_saved_reports"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(40), unique=True, default=lambda: new_id("rep"))
    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(40))
    definition: Mapped[dict[str, Any]] = mapped_column(Json)
    days: Mapped[int | None]
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(String(100))


class Dashboard(db.Model):
    """Saved reports side by side. reports: their public ids in order; of one that was deleted nothing is shown."""

    __tablename__ = "growth_dashboards"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(40), unique=True, default=lambda: new_id("dash"))
    name: Mapped[str] = mapped_column(String(200))
    reports: Mapped[list[str]] = mapped_column(Json)
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(String(100))


class CohortSource(db.Model):
    """Who is in a dynamic cohort: those behind a number of a report, of its last `days` where they are given. fault:
    why it could not be counted last time."""

    __tablename__ = "growth_cohort_sources"

    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohorts.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    definition: Mapped[dict[str, Any]] = mapped_column(Json)
    days: Mapped[int | None]
    number: Mapped[dict[str, Any]] = mapped_column(Json)
    due_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, index=True)
    fault: Mapped[str] = mapped_column(String(500), default="")
