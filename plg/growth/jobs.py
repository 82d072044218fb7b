"""What growth does as time passes."""

from __future__ import annotations

import datetime as dt

from plg.growth import cohorts
from plg.kit.db import db, reading

BATCH = 20


def refresh_cohorts(moment: dt.datetime) -> int:
    """Count dynamic cohorts that are due, each in a transaction of its own. Returns how many."""
    with reading():
        due = cohorts.due(moment, BATCH)
        db.session.rollback()
    return sum(cohorts.refresh(each, moment) for each in due)
