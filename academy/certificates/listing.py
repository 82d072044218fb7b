"""Certificates listed for the staff."""

from __future__ import annotations

from typing import Final

from sqlalchemy import func, select

from academy.certificate_models import CertificateTask
from academy.certificate_standing import is_newest
from academy.models import Certificate
from plg.kit.db import db

PAGE: Final = 50


def newest(before: int | None = None) -> tuple[list[Certificate], int | None]:
    """The newest award of each chain, some at a time; and the id before which to go on, where there are more."""
    query = select(Certificate).where(is_newest()).order_by(Certificate.id.desc()).limit(PAGE + 1)
    if before is not None:
        query = query.where(Certificate.id < before)
    rows = list(db.session.scalars(query))
    return rows[:PAGE], rows[PAGE - 1].id if len(rows) > PAGE else None


def stuck() -> int:
    """How many tasks failed and wait to be tried again."""
    waiting = CertificateTask.due_at.is_not(None), CertificateTask.failures > 0
    return db.session.scalar(select(func.count()).select_from(CertificateTask).where(*waiting)) or 0
