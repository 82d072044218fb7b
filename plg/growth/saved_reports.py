"""Reports and dashboards that are kept, each under a link that can be shared."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from plg.growth import answers
from plg.growth.models import Dashboard, SavedReport
from plg.growth.reports.definition import Definition
from plg.growth.reports.periods import midnight
from plg.kit.clock import now
from plg.kit.db import db
from plg.kit.errors import Fault, NotFound


class SavedReportNotFound(NotFound):
    """Nobody saved a report under this id, or it was deleted."""


class DashboardNotFound(NotFound):
    """There is no dashboard of this id."""


def save(
    name: str, kind: str, definition: dict[str, Any], days: int | None = None, *, by: str
) -> SavedReport:
    """Keep a report. Raises `NoSuchReport` or `ReportFaulty`."""
    told = answers.parse(kind, definition).model_dump(mode="json", by_alias=True, exclude_defaults=True)
    row = SavedReport(name=name, kind=kind, definition=told, days=days, created_at=now(), created_by=by)
    db.session.add(row)
    db.session.flush()
    return row


def change(report: SavedReport, name: str, definition: dict[str, Any], days: int | None) -> SavedReport:
    """The same question put otherwise, under the same link. Raises `ReportFaulty`."""
    asked = answers.parse(report.kind, definition)
    report.name, report.days = name, days
    report.definition = asked.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return report


def find(public_id: str) -> SavedReport:
    found = db.session.scalar(select(SavedReport).where(SavedReport.public_id == public_id))
    if found is None:
        raise SavedReportNotFound("There is no such saved report.")
    return found


def all_reports() -> Sequence[SavedReport]:
    """By name."""
    return db.session.scalars(select(SavedReport).order_by(SavedReport.name, SavedReport.id)).all()


def delete(report: SavedReport) -> None:
    db.session.delete(report)


def definition_of(
    report: SavedReport,
    timezone: str,
    days: tuple[dt.date, dt.date] | None = None,
    segment: str | None = None,
) -> Definition:
    """What it asks, from one of these days to the other (included, in this zone) and of this segment where they are
    given, else of its own; what has not happened by now stays open."""
    told = report.definition | ({"segment": segment} if segment else {})
    return ranged(report.kind, told, timezone, report.days, days)


def ranged(
    kind: str,
    definition: dict[str, Any],
    timezone: str,
    last: int | None,
    days: tuple[dt.date, dt.date] | None = None,
) -> Definition:
    """A definition of these days (included), or of so many up to today, or of its own. Raises `NoSuchReport` or
    `ReportFaulty`."""
    told = dict(definition)
    today = now().astimezone(ZoneInfo(timezone)).date()
    if last and not days:
        days = today - dt.timedelta(days=last - 1), today
    if days:
        end = midnight(days[1] + dt.timedelta(days=1), timezone)
        start = midnight(days[0], timezone)
        if "compare_to" in told:  # stays as far before as it was
            told["compare_to"] = _moved(told["compare_to"], start - dt.datetime.fromisoformat(told["from"]))
        told |= {"from": start, "to": end}
    if "as_of" in answers.report_of(kind).definition.model_fields:
        told.setdefault("as_of", now())
    return answers.parse(kind, told)


def _moved(range_: dict[str, Any], by: dt.timedelta) -> dict[str, Any]:
    return {name: dt.datetime.fromisoformat(range_[name]) + by for name in ("from", "to")}


def add_dashboard(name: str, report_ids: Sequence[str], *, by: str) -> Dashboard:
    """Saved reports side by side. Raises `ReportFaulty` for one that there is not."""
    known = {report.public_id for report in all_reports()}
    unknown = [
        Fault(f"reports.{n}", "there is no such saved report")
        for n, each in enumerate(report_ids)
        if each not in known
    ]
    if unknown:
        raise answers.ReportFaulty(errors=unknown)
    row = Dashboard(name=name, reports=list(report_ids), created_at=now(), created_by=by)
    db.session.add(row)
    db.session.flush()
    return row


def find_dashboard(public_id: str) -> Dashboard:
    found = db.session.scalar(select(Dashboard).where(Dashboard.public_id == public_id))
    if found is None:
        raise DashboardNotFound("There is no such dashboard.")
    return found


def all_dashboards() -> Sequence[Dashboard]:
    """By name."""
    return db.session.scalars(select(Dashboard).order_by(Dashboard.name, Dashboard.id)).all()


def reports_of(dashboard: Dashboard) -> list[SavedReport]:
    """In the dashboard's order; one that was deleted is left out."""
    query = select(SavedReport).where(SavedReport.public_id.in_(dashboard.reports))
    known = {report.public_id: report for report in db.session.scalars(query)}
    return [known[each] for each in dashboard.reports if each in known]


def delete_dashboard(dashboard: Dashboard) -> None:
    db.session.delete(dashboard)
