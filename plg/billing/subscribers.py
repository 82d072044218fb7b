"""What billing does when something happened."""

from __future__ import annotations

from sqlalchemy import update

from plg.billing.models import Checkout
from plg.events.stream import Batch
from plg.kit.db import db


def on_people_merged(batch: Batch) -> None:
    """Checkouts that a merged record opened become the survivor's."""
    for event in batch.events:
        gone, into = event.properties["from_person_id"], event.properties["into_person_id"]
        mine = update(Checkout).where(Checkout.person_id == gone)
        db.session.execute(mine.values(person_id=into))
