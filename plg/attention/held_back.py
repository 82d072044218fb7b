"""What was held back, and why: kept so that staff can be told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import structlog
from sqlalchemy import case, select
from sqlalchemy.exc import OperationalError

from plg.attention.models import HeldBack
from plg.kit.db import db, insert, writing

log = structlog.get_logger()

AGAIN: Final = dt.timedelta(hours=1)


class Kept(NamedTuple):
    """What is kept of a source already."""

    reason: str
    last_at: dt.datetime


def keep(
    reasons: Mapping[str, str],
    kept: Mapping[str, Kept],
    *,
    person_id: int,
    account_id: int | None,
    at: dt.datetime,
) -> bool:
    """Keep why these sources are held back from a person now. Written, and committed, only where a reason is new, or
    was kept more than an hour ago, because people who only read call this. Returns whether anything was written.

    reasons: source -> reason. kept: what the caller has read of these."""
    new = {s: reason for s, reason in reasons.items() if _is_news(reason, kept.get(s), at)}
    if not new:
        return False
    common = {"person_id": person_id, "account_id": account_id, "first_at": at, "last_at": at, "times": 1}
    rows = [common | {"source": source, "reason": reason} for source, reason in sorted(new.items())]
    try:
        with writing():
            db.session.execute(_upsert(), rows)
            db.session.commit()
    except OperationalError as error:  # nobody is kept from reading by a database that cannot take it now
        db.session.rollback()
        log.warning("what was held back is not kept", error=str(error.orig))
        return False
    return True


def note(source: str, reason: str, *, person_id: int, account_id: int | None, at: dt.datetime) -> None:
    """The same of one source, in the caller's transaction."""
    row = {"person_id": person_id, "account_id": account_id, "first_at": at, "last_at": at, "times": 1}
    db.session.execute(_upsert(), [row | {"source": source, "reason": reason}])


def _is_news(reason: str, kept: Kept | None, at: dt.datetime) -> bool:
    return kept is None or kept.reason != reason or at - kept.last_at >= AGAIN


def _upsert() -> Any:
    new = insert(HeldBack)
    same = HeldBack.reason == new.excluded.reason
    return new.on_conflict_do_update(
        index_elements=["person_id", "source"],
        set_={
            "reason": new.excluded.reason,
            "account_id": new.excluded.account_id,
            "last_at": new.excluded.last_at,
            "first_at": case((same, HeldBack.first_at), else_=new.excluded.first_at),
            "times": case((same, HeldBack.times + 1), else_=1),
        },
    )


def of_person(person_id: int, limit: int) -> Sequence[HeldBack]:
    """What was held back from a person, the last first."""
    rows = select(HeldBack).where(HeldBack.person_id == person_id)
    return db.session.scalars(rows.order_by(HeldBack.last_at.desc(), HeldBack.source).limit(limit)).all()


def find(source: str, person_id: int) -> HeldBack | None:
    return db.session.get(HeldBack, (person_id, source))
