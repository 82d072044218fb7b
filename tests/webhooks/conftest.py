"""A house that may send to loopback, a host product that listens, and short words for what happens between them."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytest
from flask import Flask
from sqlalchemy import select

from plg.events import log
from plg.kit.clock import now
from plg.kit.db import db
from plg.webhooks import jobs, webhook_endpoints
from plg.webhooks.models import WebhookDelivery, WebhookEndpoint
from plg.webhooks.sender import Sender
from tests.webhooks.receiver import Receiver, receiving


@pytest.fixture
def app(make_app) -> Flask:
    return make_app(webhooks_private_addresses=True)


@pytest.fixture
def receiver():
    with receiving() as found:
        yield found


@pytest.fixture
def other_receiver():
    with receiving() as found:
        yield found


@dataclass
class House:
    """plg, as these tests speak of it."""

    app: Flask
    read_log: Callable[[], int]

    @property
    def sender(self) -> Sender:
        return self.app.extensions["plg.webhooks"]

    def add(self, receiver: Receiver, events: Sequence[str] = ("*",)) -> tuple[int, str]:
        """The id of a new endpoint, and its secret."""
        with self.app.app_context():
            endpoint, secret = webhook_endpoints.add(receiver.url, events=events, by="tests")
            db.session.commit()
            return endpoint.id, secret

    def record(self, *names: str, **values: object) -> None:
        """What plg records, and its outbox after it."""
        with self.app.app_context():
            for name in names:
                log.record(name, **values)
            db.session.commit()
        self.read_log()

    def start(self, after: dt.timedelta = dt.timedelta(0)) -> None:
        with self.app.app_context():
            jobs.deliver_webhooks(now() + after)

    def deliver(self, after: dt.timedelta = dt.timedelta(0)) -> None:
        """Send what is due so long from now."""
        self.start(after)
        self.sender.wait()

    def endpoint(self, id: int) -> WebhookEndpoint:
        with self.app.app_context():
            return db.session.get_one(WebhookEndpoint, id)

    def deliveries(self) -> list[WebhookDelivery]:
        """Oldest first."""
        with self.app.app_context():
            return list(db.session.scalars(select(WebhookDelivery).order_by(WebhookDelivery.id)))


@pytest.fixture
def house(app, worker) -> House:
    worker()
    return House(app, worker)
