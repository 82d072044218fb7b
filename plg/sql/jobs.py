"""What SQL does as time passes."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import delete, select

from plg.kit.db import db
from plg.sql import copy
from plg.sql.models import SqlQuery

KEPT = dt.timedelta(days=90)
BATCH = 1000


def keep_copy(moment: dt.datetime) -> int:
    """Bring the copy up to date, or delete one that nobody asks."""
    copy.keep_up(moment)
    return 0


def forget_queries(moment: dt.datetime) -> int:
    """Delete a batch of the record's old lines. Returns how many."""
    old = select(SqlQuery.id).where(SqlQuery.asked_at < moment - KEPT).limit(BATCH)
    gone = delete(SqlQuery).where(SqlQuery.id.in_(old.scalar_subquery()))
    return len(db.session.scalars(gone.returning(SqlQuery.id)).all())
