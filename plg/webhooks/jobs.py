"""What webhooks do as time passes."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import delete, select

from plg.kit.db import db, reading
from plg.webhooks import deliveries, sender
from plg.webhooks.models import WebhookDelivery

BATCH = 1000


def deliver_webhooks(moment: dt.datetime) -> int:
    """Have what is due sent. It is left to threads, each of which commits by itself: so it returns at once, 0."""
    with reading():
        due = deliveries.endpoints_with_work(moment)
        db.session.rollback()
    for endpoint_id in due:
        sender.current().start(endpoint_id, moment)
    return 0


def forget_deliveries(moment: dt.datetime) -> int:
    """Delete a batch of those written more than `deliveries.KEPT` ago. Returns how many."""
    old = select(WebhookDelivery.id).where(WebhookDelivery.created_at < moment - deliveries.KEPT)
    batch = old.order_by(WebhookDelivery.created_at).limit(BATCH)
    gone = delete(WebhookDelivery).where(WebhookDelivery.id.in_(batch.scalar_subquery()))
    return len(db.session.scalars(gone.returning(WebhookDelivery.id)).all())
