"""What billing does when something happened."""

from __future__ import annotations

from sqlalchemy import update

from plg.billing import closing, gateway
from plg.billing.models import Checkout, PlanChange
from plg.events import names
from plg.events.stream import Batch
from plg.kit.db import db


def on_people_merged(batch: Batch) -> None:
    """Checkouts and changes of a merged record become the survivor's."""
    for event in batch.events:
        gone, into = event.properties["from_person_id"], event.properties["into_person_id"]
        for table in (Checkout, PlanChange):
            db.session.execute(update(table).where(table.person_id == gone).values(person_id=into))


FATES = {
    names.ACCOUNT_DELETION_REQUESTED: closing.end_with_period,
    names.ACCOUNT_DELETION_CANCELLED: closing.go_on,
    names.ACCOUNT_DELETED: closing.end_now,
}


def on_account_closing(batch: Batch) -> None:
    """A workspace is to be deleted, is kept, or is gone: so is what it pays for. Where Stripe cannot be reached
    the same events come again."""
    if not gateway.is_set_up():
        return
    for event in batch.events:
        if event.account_id is not None and event.source == "plg":
            FATES[event.name](event.account_id)
