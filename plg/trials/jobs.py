"""What trials do as time passes."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select

from plg.kit.db import db
from plg.trials import trials
from plg.trials.models import Trial

BATCH = 200


def expire_trials(now: dt.datetime) -> int:
    """End a batch of the trials that are due; the index of due trials is all that is read."""
    due = select(Trial).where(Trial.status == "active", Trial.ends_at <= now).order_by(Trial.ends_at)
    batch = db.session.scalars(due.limit(BATCH).with_for_update(skip_locked=True)).all()
    for trial in batch:
        trials.end(trial, now)
    return len(batch)
