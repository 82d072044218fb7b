"""What messaging does when something happened."""

from __future__ import annotations

from sqlalchemy import update

from plg.events.stream import Batch
from plg.kit.db import db
from plg.messaging.models import OutgoingMail


def on_people_merged(batch: Batch) -> None:
    """Mails of a merged record become the survivor's."""
    for event in batch.events:
        gone, into = event.properties["from_person_id"], event.properties["into_person_id"]
        mails = update(OutgoingMail).where(OutgoingMail.person_id == gone)
        db.session.execute(mails.values(person_id=into))
