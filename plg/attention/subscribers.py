"""What attention does when something happened."""

from __future__ import annotations

from sqlalchemy import delete, select, update

from plg.attention.models import Appearance, HeldBack
from plg.events.stream import Batch
from plg.kit.db import db


def on_people_merged(batch: Batch) -> None:
    """What came up for a merged record came up for the survivor; of two reasons for one thing theirs is kept."""
    for event in batch.events:
        gone, into = event.properties["from_person_id"], event.properties["into_person_id"]
        db.session.execute(update(Appearance).where(Appearance.person_id == gone).values(person_id=into))
        theirs = select(HeldBack.source).where(HeldBack.person_id == into).scalar_subquery()
        db.session.execute(delete(HeldBack).where(HeldBack.person_id == gone, HeldBack.source.in_(theirs)))
        db.session.execute(update(HeldBack).where(HeldBack.person_id == gone).values(person_id=into))
