"""Deliveries: put into the outbox, claimed, settled, and asked for again."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select, update

from plg.events.stream import LoggedEvent
from plg.kit.clock import now
from plg.kit.db import db
from plg.kit.db_bulk import insert_new
from plg.kit.errors import NotFound
from plg.kit.ids import new_id
from plg.webhooks import payloads, webhook_endpoints
from plg.webhooks.models import DELIVERED, FAILED, WAITING, WebhookDelivery, WebhookEndpoint
from plg.webhooks.transport import Answer
from plg.webhooks.webhook_endpoints import ALL, WebhookEndpointDisabled

LEASE = dt.timedelta(minutes=2)
KEPT = dt.timedelta(days=30)
PATIENCE = dt.timedelta(days=5)
"""An endpoint that did nothing but fail for so long is disabled."""
LONGEST_PAUSE = dt.timedelta(days=1)
SECONDS_BEFORE_RETRY = (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""By Standard Webhooks; a delivery whose tenth try fails is given up."""
JITTER = 0.2
BUSY = frozenset({429, 503})
GONE = 410


class WebhookDeliveryNotFound(NotFound):
    pass


def put(events: Sequence[LoggedEvent]) -> None:
    """One delivery for each event and each endpoint that hears it, in a constant number of queries. An event that an
    endpoint has a delivery of is left out, and so is what happened before the endpoint was there."""
    # Nobody deletes an endpoint meanwhile; whoever changes it need not wait.
    enabled = select(WebhookEndpoint).where(WebhookEndpoint.enabled)
    endpoints = db.session.scalars(enabled.with_for_update(read=True, key_share=True)).all()
    oldest = now() - KEPT
    pairs = [
        (e, event) for event in events if event.received_at > oldest for e in endpoints if _hears(e, event)
    ]
    if not pairs:
        return
    bodies = payloads.bodies(list({event.id: event for _, event in pairs}.values()))
    moment = now()
    rows = [
        _row(endpoint.id, event.id, payloads.type_of(event.name), bodies[event.id], moment)
        | {"person_id": event.person_id}
        for endpoint, event in pairs
    ]
    insert_new(WebhookDelivery.__table__, rows)


def _hears(endpoint: WebhookEndpoint, event: LoggedEvent) -> bool:
    heard = ALL in endpoint.events or event.name in endpoint.events
    return heard and event.received_at >= endpoint.created_at


def _row(endpoint_id: int, event_id: str, type: str, body: str, moment: dt.datetime) -> dict[str, Any]:
    return {
        "public_id": new_id("msg"),
        "endpoint_id": endpoint_id,
        "event_id": event_id,
        "type": type,
        "body": body,
        "person_id": None,
        "created_at": moment,
        "status": WAITING,
        "due_at": moment,
        "lease": None,
        "attempts": 0,
    }


def begin_test(endpoint: WebhookEndpoint) -> WebhookDelivery:
    """A `webhook.test`, claimed by the caller, who sends it once."""
    moment, id = now(), new_id("test")
    row = _row(endpoint.id, id, payloads.TEST, payloads.test_body(id, moment), moment)
    row |= {"due_at": moment + LEASE, "lease": new_id("lease"), "attempts": 1}
    delivery = WebhookDelivery(**row)
    db.session.add(delivery)
    db.session.flush()
    return delivery


def endpoints_with_work(moment: dt.datetime) -> Sequence[int]:
    """The endpoints that have a delivery due."""
    due = select(WebhookDelivery.id).where(
        WebhookDelivery.endpoint_id == WebhookEndpoint.id, WebhookDelivery.due_at <= moment
    )
    return db.session.scalars(select(WebhookEndpoint.id).where(due.exists())).all()


def claim(endpoint_id: int, moment: dt.datetime) -> WebhookDelivery | None:
    """The endpoint's delivery that has been due for longest, for LEASE. Commits. Should this process die, it falls
    due again: the same `webhook-id` goes out a second time."""
    enabled = db.session.scalar(select(WebhookEndpoint.enabled).where(WebhookEndpoint.id == endpoint_id))
    if not enabled:
        webhook_endpoints.give_up_waiting(endpoint_id)
        db.session.commit()
        return None
    due = select(WebhookDelivery).where(
        WebhookDelivery.endpoint_id == endpoint_id, WebhookDelivery.due_at <= moment
    )
    due = due.order_by(WebhookDelivery.due_at, WebhookDelivery.id).limit(1)
    row = db.session.scalar(due.with_for_update(skip_locked=True).execution_options(populate_existing=True))
    if row is not None:
        row.lease, row.due_at, row.attempts = new_id("lease"), moment + LEASE, row.attempts + 1
    db.session.commit()
    if row is not None:
        db.session.expunge(row)  # what is known of it here is what this process has claimed
    return row


def settle(delivery: WebhookDelivery, answer: Answer, moment: dt.datetime) -> None:
    """Keep what came of a claimed delivery, unless another process has taken it over; disable an endpoint that is
    gone or failed for too long. Does not commit."""
    endpoint = db.session.scalar(
        select(WebhookEndpoint)
        .where(WebhookEndpoint.id == delivery.endpoint_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if endpoint is None:
        return
    mine = update(WebhookDelivery).where(
        WebhookDelivery.id == delivery.id, WebhookDelivery.lease == delivery.lease
    )
    values = _outcome(delivery, answer, moment)
    if db.session.execute(mine.values(values).returning(WebhookDelivery.id)).first() is None:
        return
    if delivery.type != payloads.TEST:
        _judge(endpoint, answer, moment)


def _judge(endpoint: WebhookEndpoint, answer: Answer, moment: dt.datetime) -> None:
    if answer.is_success:
        endpoint.last_success_at, endpoint.failing_since = moment, None
        return
    endpoint.failing_since = endpoint.failing_since or moment
    if answer.status == GONE:
        webhook_endpoints.disable(endpoint, webhook_endpoints.GONE)
    elif moment - endpoint.failing_since >= PATIENCE:
        webhook_endpoints.disable(endpoint, webhook_endpoints.FAILING)


def _outcome(delivery: WebhookDelivery, answer: Answer, moment: dt.datetime) -> dict[str, Any]:
    due_at = None if answer.is_success else _next_try(delivery, answer, moment)
    status = DELIVERED if answer.is_success else WAITING if due_at else FAILED
    return {
        "status": status,
        "due_at": due_at,
        "lease": None,
        "last_attempt_at": moment,
        "response_status": answer.status,
        "response_body": answer.body or None,
        "duration_ms": answer.duration_ms,
        "error": answer.error,
    }


def _next_try(delivery: WebhookDelivery, answer: Answer, moment: dt.datetime) -> dt.datetime | None:
    tries = delivery.attempts
    if delivery.type == payloads.TEST or answer.status == GONE or tries > len(SECONDS_BEFORE_RETRY):
        return None
    pause = dt.timedelta(seconds=SECONDS_BEFORE_RETRY[tries - 1] * (1 + random.uniform(0, JITTER)))
    if answer.status in BUSY and answer.retry_after is not None:
        pause = max(pause, min(answer.retry_after, LONGEST_PAUSE))
    return moment + pause


# --- asked for ------------------------------------------------------------------------------------


def find(endpoint: WebhookEndpoint, public_id: str) -> WebhookDelivery:
    """A delivery of this endpoint."""
    query = select(WebhookDelivery).where(WebhookDelivery.public_id == public_id)
    found = db.session.scalar(query.where(WebhookDelivery.endpoint_id == endpoint.id))
    if found is None:
        raise WebhookDeliveryNotFound("This endpoint has no such delivery.")
    return found


def page(
    endpoint: WebhookEndpoint, *, status: str | None = None, before: int | None = None, limit: int
) -> Sequence[WebhookDelivery]:
    """Newest first. before: `id` of the last row of the page before."""
    query = select(WebhookDelivery).where(WebhookDelivery.endpoint_id == endpoint.id)
    if status is not None:
        query = query.where(WebhookDelivery.status == status)
    if before is not None:
        query = query.where(WebhookDelivery.id < before)
    return db.session.scalars(query.order_by(WebhookDelivery.id.desc()).limit(limit)).all()


def waiting() -> dict[int, int]:
    """How many deliveries wait, by endpoint."""
    query = select(WebhookDelivery.endpoint_id, func.count()).where(WebhookDelivery.due_at.is_not(None))
    return dict(db.session.execute(query.group_by(WebhookDelivery.endpoint_id)).all())


def redeliver(endpoint: WebhookEndpoint, delivery: WebhookDelivery) -> None:
    """Send a delivery of a held endpoint again, whatever became of it; the worker does it at once."""
    if _again(endpoint, WebhookDelivery.id == delivery.id):
        db.session.refresh(delivery)


def recover(endpoint: WebhookEndpoint, since: dt.datetime) -> int:
    """Send again all that a held endpoint failed to take of what was written since then. Returns how many."""
    begin = max(since, now() - KEPT)
    return _again(endpoint, WebhookDelivery.status == FAILED, WebhookDelivery.created_at >= begin)


def _again(endpoint: WebhookEndpoint, *which: Any) -> int:
    if not endpoint.enabled:
        raise WebhookEndpointDisabled("The endpoint is disabled. Enable it first.")
    own = update(WebhookDelivery).where(WebhookDelivery.endpoint_id == endpoint.id, *which)
    own = own.where(WebhookDelivery.type != payloads.TEST)
    again = own.values(status=WAITING, due_at=now(), lease=None, attempts=0)
    return len(db.session.scalars(again.returning(WebhookDelivery.id)).all())
