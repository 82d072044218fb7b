"""Tables that belong to no room."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from plg.kit.db import UtcDateTime, db


class RateCount(db.Model):
    """How often one limit was used by one caller, in a window that ends at `ends_at`.

    key: a keyed hash, because what it is made of may be somebody's address."""

    __tablename__ = "rate_counts"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    hits: Mapped[int]
    ends_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, index=True)
