"""What exports do as time passes."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import delete, select

from plg.exports import exports, running
from plg.exports.models import RUNNING, ExportRun
from plg.kit.db import db, reading

AT_ONCE = 5
BATCH = 1000


def run_due(moment: dt.datetime) -> int:
    """Run exports that are due, each in transactions of its own. Returns how many."""
    with reading():
        due = running.due(moment, AT_ONCE)
        db.session.rollback()
    return sum(running.run(each, moment) for each in due)


def forget_runs(moment: dt.datetime) -> int:
    """Delete a batch of old lines of the ledger. Returns how many."""
    over = (ExportRun.started_at < moment - exports.KEPT) & (ExportRun.status != RUNNING)
    old = select(ExportRun.id).where(over).limit(BATCH)
    gone = delete(ExportRun).where(ExportRun.id.in_(old.scalar_subquery()))
    return len(db.session.scalars(gone.returning(ExportRun.id)).all())
