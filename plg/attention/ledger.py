"""The ledger: what came up on whose screen and when."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

from sqlalchemy import delete, exists, select

from plg.attention.models import Appearance, HeldBack
from plg.kit.db import db

KEPT: Final = dt.timedelta(days=35)
BATCH: Final = 1000


def note(source: str, *, person_id: int, account_id: int | None, at: dt.datetime) -> None:
    """It came up and counts. The caller has made sure that this showing was not noted before."""
    db.session.add(Appearance(source=source, person_id=person_id, account_id=account_id, shown_at=at))
    db.session.flush()


def was_shown(source: str, *, person_id: int) -> bool:
    """Whether the person has seen it, as far back as the ledger goes."""
    theirs = exists().where(Appearance.person_id == person_id, Appearance.source == source)
    return bool(db.session.scalar(select(theirs)))


def of_person(person_id: int, limit: int) -> Sequence[Appearance]:
    """What came up for a person, the newest first."""
    rows = select(Appearance).where(Appearance.person_id == person_id)
    return db.session.scalars(
        rows.order_by(Appearance.shown_at.desc(), Appearance.id.desc()).limit(limit)
    ).all()


def forget(moment: dt.datetime) -> int:
    """Delete a batch of what is older than KEPT; returns how many rows."""
    old = select(Appearance.id).where(Appearance.shown_at <= moment - KEPT).limit(BATCH)
    gone = delete(Appearance).where(Appearance.id.in_(list(db.session.scalars(old))))
    held = delete(HeldBack).where(HeldBack.last_at <= moment - KEPT)
    return len(db.session.execute(gone.returning(Appearance.id)).all()) + len(
        db.session.execute(held.returning(HeldBack.source)).all()
    )
