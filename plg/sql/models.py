"""Tables of SQL."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from plg.kit.db import BigId, UtcDateTime, db


class SqlQuery(db.Model):
    """Who asked what. outcome: `ok`, or the code of the refusal."""

    __tablename__ = "sql_queries"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    actor: Mapped[str] = mapped_column(String(100), index=True)
    sql: Mapped[str] = mapped_column(Text)
    asked_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, index=True)
    milliseconds: Mapped[int]
    rows: Mapped[int] = mapped_column(default=0)
    outcome: Mapped[str] = mapped_column(String(40))
