"""Endpoints: added, changed, enabled and disabled, their secrets."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from flask import current_app
from sqlalchemy import delete, func, select, update

from plg.access.sealing import seal, unseal
from plg.events import log, names
from plg.kit.clock import now
from plg.kit.db import db, lock
from plg.kit.errors import Conflict, Fault, NotFound, Unprocessable
from plg.settings import Settings
from plg.webhooks import letters, signing, targets
from plg.webhooks.models import FAILED, WebhookDelivery, WebhookEndpoint

MOST = 16
"""Endpoints of one plg, as at Stripe: each may keep a few threads of the worker busy."""
ALL = "*"
OLD_SECRET_LIFE = dt.timedelta(hours=24)
ASKED, GONE, FAILING = "asked", "gone", "failing"


class WebhookEndpointNotFound(NotFound):
    pass


class TooManyWebhookEndpoints(Conflict):
    """There are as many endpoints as plg serves."""


class WebhookEndpointDisabled(Conflict):
    """Nothing is sent to a disabled endpoint."""


class UnknownEvent(Unprocessable):
    """plg records no event of this name."""


def add(url: str, *, events: Sequence[str], description: str = "", by: str) -> tuple[WebhookEndpoint, str]:
    """A new endpoint that hears what is recorded from now on, and its secret, which is shown this once. events:
    names in the log, or "*" for all."""
    lock("webhook_endpoints.add")
    if (db.session.scalar(select(func.count()).select_from(WebhookEndpoint)) or 0) >= MOST:
        raise TooManyWebhookEndpoints(f"There are {MOST} endpoints already; delete one that is not needed.")
    secret = signing.new_secret()
    endpoint = WebhookEndpoint(url=_checked(url), events=_known(events), description=description)
    endpoint.secret, endpoint.enabled, endpoint.created_at, endpoint.created_by = (
        seal(secret),
        True,
        now(),
        by,
    )
    db.session.add(endpoint)
    db.session.flush()
    return endpoint, secret


def _checked(url: str) -> str:
    settings: Settings = current_app.extensions["plg.settings"]
    return targets.check_url(url, private=settings.webhooks_private_addresses)


def _known(events: Sequence[str]) -> list[str]:
    if ALL in events:
        return [ALL]
    heard = list(dict.fromkeys(events))
    faults = [
        Fault("events", f"plg records no event called {name!r}") for name in heard if name not in all_names()
    ]
    if faults or not heard:
        raise UnknownEvent(errors=faults or [Fault("events", 'must name events, or be ["*"]')])
    return heard


def all_names() -> list[str]:
    """The events that can be heard: those that plg and its wings record."""
    wings = current_app.extensions["plg.wings"]
    return [*names.MEANINGS, *(name for wing in wings for name in wing.event_names)]


def find(public_id: str) -> WebhookEndpoint:
    found = db.session.scalar(select(WebhookEndpoint).where(WebhookEndpoint.public_id == public_id))
    if found is None:
        raise WebhookEndpointNotFound("There is no such webhook endpoint.")
    return found


def hold(public_id: str) -> WebhookEndpoint:
    """`find`, and nobody else changes it or many of its deliveries until the transaction ends."""
    own = select(WebhookEndpoint).where(WebhookEndpoint.id == find(public_id).id)
    found = db.session.scalar(own.with_for_update().execution_options(populate_existing=True))
    if found is None:
        raise WebhookEndpointNotFound("There is no such webhook endpoint.")
    return found


def all_endpoints() -> Sequence[WebhookEndpoint]:
    """Newest first."""
    return db.session.scalars(select(WebhookEndpoint).order_by(WebhookEndpoint.id.desc())).all()


def change(
    endpoint: WebhookEndpoint,
    *,
    url: str | None = None,
    events: Sequence[str] | None = None,
    description: str | None = None,
) -> None:
    """Change what is given. What waits goes to the new address, too."""
    if url is not None:
        endpoint.url = _checked(url)
    if events is not None:
        endpoint.events = _known(events)
    if description is not None:
        endpoint.description = description


def enable(endpoint: WebhookEndpoint) -> None:
    """It hears again what happens from now on; what it missed before, `deliveries.recover` sends."""
    endpoint.enabled, endpoint.disabled_reason, endpoint.failing_since = True, None, None


def disable(endpoint: WebhookEndpoint, reason: str) -> None:
    """Send nothing more to a held endpoint; what waits is given up. Unless somebody `asked`, staff is told by mail,
    and the log by an event."""
    if not endpoint.enabled:
        return
    endpoint.enabled, endpoint.disabled_reason = False, reason
    give_up_waiting(endpoint.id)
    if reason != ASKED:
        properties = {"endpoint": endpoint.public_id, "url": endpoint.url, "reason": reason}
        log.record(names.WEBHOOK_ENDPOINT_DISABLED, properties=properties)
        letters.tell_disabled(endpoint, reason)


def give_up_waiting(endpoint_id: int) -> None:
    """Of a disabled endpoint: nothing of it is due any more."""
    own = select(WebhookEndpoint.id).where(WebhookEndpoint.id == endpoint_id)
    db.session.execute(own.with_for_update(key_share=True))
    due = (WebhookDelivery.endpoint_id == endpoint_id, WebhookDelivery.due_at.is_not(None))
    db.session.execute(update(WebhookDelivery).where(*due).values(status=FAILED, due_at=None, lease=None))


def rotate_secret(endpoint: WebhookEndpoint) -> str:
    """A new secret, shown this once; the one before signs along for OLD_SECRET_LIFE."""
    secret = signing.new_secret()
    endpoint.previous_secret, endpoint.previous_until = endpoint.secret, now() + OLD_SECRET_LIFE
    endpoint.secret = seal(secret)
    return secret


def secrets_of(endpoint: WebhookEndpoint) -> list[str]:
    """Those that sign now, the newest first."""
    sealed = [endpoint.secret]
    if endpoint.previous_secret and endpoint.previous_until and endpoint.previous_until > now():
        sealed.append(endpoint.previous_secret)
    return [unseal(each) for each in sealed]


def remove(endpoint: WebhookEndpoint) -> None:
    """Delete a held endpoint and all that is known of its deliveries."""
    db.session.execute(delete(WebhookDelivery).where(WebhookDelivery.endpoint_id == endpoint.id))
    db.session.delete(endpoint)
