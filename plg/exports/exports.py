"""What leaves by schedule."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from typing import Literal

from sqlalchemy import delete, select

from plg.exports import targets
from plg.exports.contents import CONTENTS
from plg.exports.models import Export, ExportRun
from plg.growth import saved_reports
from plg.kit.clock import now
from plg.kit.db import db
from plg.kit.errors import Conflict, Fault, NotFound, Unprocessable

Every = Literal["hour", "day"]
NIGHT = 2
KEPT = dt.timedelta(days=90)
_FOLDER = re.compile(r"[a-z0-9][a-z0-9_-]{0,49}")


class ExportNotFound(NotFound):
    """There is no export of this id."""


class ExportFaulty(Unprocessable):
    """An export that cannot be: every fault by its field."""


class FolderTaken(Conflict):
    """Another export writes to this folder."""


def add(
    content: str, *, format_: str, target: str, folder: str, every: str, report: str = "", by: str
) -> Export:
    """Have something leave from now on, the first time at once. Raises `ExportFaulty`, `FolderTaken`,
    `SavedReportNotFound` or `TargetNotSetUp`."""
    _check(content, format_, target, folder, every, report)
    targets.check(target)
    if content == "report":
        saved_reports.find(report)
    taken = select(Export.id).where(Export.target == target, Export.folder == folder)
    if db.session.scalar(taken) is not None:
        raise FolderTaken(f"Another export writes to {folder!r}.")
    row = Export(content=content, report=report if content == "report" else "", format=format_)
    row.target, row.folder, row.every = target, folder, every
    row.due_at = row.created_at = now()
    row.created_by = by
    db.session.add(row)
    db.session.flush()
    return row


def find(public_id: str) -> Export:
    found = db.session.scalar(select(Export).where(Export.public_id == public_id))
    if found is None:
        raise ExportNotFound("There is no such export.")
    return found


def every_one() -> Sequence[Export]:
    """The newest first."""
    return db.session.scalars(select(Export).order_by(Export.id.desc())).all()


def runs_of(export: Export, limit: int = 50) -> Sequence[ExportRun]:
    """The ledger, the newest first."""
    query = select(ExportRun).where(ExportRun.export_id == export.id).order_by(ExportRun.id.desc())
    return db.session.scalars(query.limit(limit)).all()


def newest_runs() -> dict[int, ExportRun]:
    """The newest run of each export, by the export's number."""
    newest = select(db.func.max(ExportRun.id)).group_by(ExportRun.export_id)
    return {
        run.export_id: run for run in db.session.scalars(select(ExportRun).where(ExportRun.id.in_(newest)))
    }


def run_soon(export: Export, *, anew: bool = False) -> None:
    """Have it run at the worker's next turn. anew: everything leaves again."""
    export.due_at = now()
    if anew:
        export.tx = export.position = 0


def delete_export(export: Export) -> None:
    """It leaves no more; what has left stays where it is."""
    db.session.execute(delete(ExportRun).where(ExportRun.export_id == export.id))
    db.session.delete(export)


def next_due(every: str, moment: dt.datetime) -> dt.datetime:
    """The next full hour, or the next night at two (UTC)."""
    if every == "hour":
        return moment.replace(minute=0, second=0, microsecond=0) + dt.timedelta(hours=1)
    night = moment.replace(hour=NIGHT, minute=0, second=0, microsecond=0)
    return night if night > moment else night + dt.timedelta(days=1)


def _check(content: str, format_: str, target: str, folder: str, every: str, report: str) -> None:
    known = {"content": CONTENTS, "format": ("parquet", "csv"), "target": ("folder", "s3")}
    given = {"content": content, "format": format_, "target": target, "every": every}
    faults = [
        Fault(name, f"must be one of {', '.join(each)}")
        for name, each in {**known, "every": ("hour", "day")}.items()
        if given[name] not in each
    ]
    if not _FOLDER.fullmatch(folder):
        faults.append(Fault("folder", "must be 1 to 50 letters a to z, digits, - or _"))
    if content == "report" and not report:
        faults.append(Fault("report", "which saved report?"))
    if faults:
        raise ExportFaulty(errors=faults)
