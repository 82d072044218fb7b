"""What webhooks do when something happened."""

from __future__ import annotations

from sqlalchemy import delete

from plg.events import names
from plg.events.stream import Batch
from plg.kit.db import db
from plg.webhooks import deliveries
from plg.webhooks.models import WebhookDelivery

OWN = "plg"
"""The source of events that plg itself records."""


def on_events(batch: Batch) -> None:
    """Put what plg recorded into the outbox; forget what was to be told of people that were erased."""
    own = [event for event in batch.events if event.source == OWN]
    if own:
        deliveries.put(own)
    erased = {
        id for event in own if event.name == names.PERSON_ERASED for id in event.properties["person_ids"]
    }
    if erased:
        db.session.execute(delete(WebhookDelivery).where(WebhookDelivery.person_id.in_(erased)))
