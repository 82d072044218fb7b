"""Sends what is due, each endpoint in threads of its own: a slow one holds up nobody else."""

from __future__ import annotations

import datetime as dt
import threading
from collections import Counter

import structlog
from cryptography.fernet import InvalidToken
from flask import Flask, current_app

from plg.kit.clock import now
from plg.kit.db import db
from plg.settings import Settings
from plg.webhooks import deliveries, signing, webhook_endpoints
from plg.webhooks.models import WebhookDelivery, WebhookEndpoint
from plg.webhooks.transport import Answer, WebhookGateway

log = structlog.get_logger()

LANES = 4
"""Deliveries to one endpoint at a time, in one process."""


class Sender:
    """`start(endpoint_id, moment)` returns at once. A lane ends when its endpoint has nothing due; each start while
    there is work opens one more, up to LANES."""

    def __init__(self, app: Flask, gateway: WebhookGateway) -> None:
        self.app = app
        self.gateway = gateway
        self._lanes: Counter[int] = Counter()
        self._threads: set[threading.Thread] = set()
        self._lock = threading.Lock()

    def start(self, endpoint_id: int, moment: dt.datetime) -> None:
        with self._lock:
            if self._lanes[endpoint_id] >= LANES:
                return
            self._lanes[endpoint_id] += 1
            thread = threading.Thread(target=self._run, args=(endpoint_id, moment), daemon=True)
            self._threads.add(thread)
        thread.start()

    def wait(self) -> None:
        """Until every lane has ended."""
        while threads := list(self._threads):
            for thread in threads:
                thread.join()

    def send(self, delivery: WebhookDelivery, endpoint: WebhookEndpoint) -> Answer:
        """One try. No transaction may be open."""
        try:
            keys = webhook_endpoints.secrets_of(endpoint)
        except InvalidToken:
            return Answer(None, "", 0, "PLG_SECRET_KEY is another one now: rotate the endpoint's secret")
        headers = signing.headers(delivery.public_id, now(), delivery.body, keys)
        headers |= {"Content-Type": "application/json", "User-Agent": "plg-webhooks/1", "Connection": "close"}
        return self.gateway.post(endpoint.url, delivery.body, headers)

    def _run(self, endpoint_id: int, moment: dt.datetime) -> None:
        try:
            with self.app.app_context():
                while self._deliver_one(endpoint_id, max(moment, now())):
                    pass
        except Exception:
            log.exception("webhooks wait", endpoint=endpoint_id)
        finally:
            with self._lock:
                self._lanes[endpoint_id] -= 1
                self._threads.discard(threading.current_thread())

    def _deliver_one(self, endpoint_id: int, moment: dt.datetime) -> bool:
        """Whether there was something to deliver."""
        delivery = deliveries.claim(endpoint_id, moment)
        if delivery is None:
            return False
        endpoint = db.session.get(WebhookEndpoint, endpoint_id, populate_existing=True)
        db.session.commit()
        if endpoint is None:
            return False
        answer = self.send(delivery, endpoint)
        deliveries.settle(delivery, answer, max(moment, now()))
        db.session.commit()
        db.session.expunge_all()
        return True


def send_test(endpoint: WebhookEndpoint) -> WebhookDelivery:
    """Send a `webhook.test` now, once. Commits, so that no transaction is open meanwhile."""
    delivery = deliveries.begin_test(endpoint)
    db.session.commit()
    answer = current().send(delivery, endpoint)
    deliveries.settle(delivery, answer, now())
    db.session.commit()
    db.session.refresh(delivery)
    return delivery


def connect(app: Flask, settings: Settings) -> Sender:
    """The sender of these settings; it starts no thread before there is something to send."""
    return Sender(app, WebhookGateway(private=settings.webhooks_private_addresses))


def current() -> Sender:
    found: Sender = current_app.extensions["plg.webhooks"]
    return found
