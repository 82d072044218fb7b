"""A running stand-in, the official SDK that talks to it, and an endpoint that is told by webhook."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any

import requests
from flask import Flask, Response, request

from plg.sandbox.serving import Served
from plg.sandbox.stripe import create_stripe
from tests.sandbox.stripe.judge import Judge

KEY = "sk_test_of_the_tests"
SECRET = "whsec_of_the_tests"


@dataclass
class Exchange:
    """One request to the API and its answer."""

    method: str
    path: str
    query: str
    body: str
    status: int
    answer: Any


@dataclass
class Shop:
    """An endpoint of ours: keeps each webhook; answers `refusals` of them with 500 first; what happens `meanwhile`
    happens before the answer."""

    bodies: list[bytes] = field(default_factory=list)
    signatures: list[str] = field(default_factory=list)
    refusals: int = 0
    meanwhile: Callable[[], None] = lambda: None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def app(self) -> Flask:
        app = Flask("shop")

        @app.post("/webhook")
        def webhook() -> Response:
            with self._lock:
                self.bodies.append(request.get_data())
                self.signatures.append(request.headers["Stripe-Signature"])
                self.meanwhile()
                if self.refusals:
                    self.refusals -= 1
                    return Response(status=500)
            return Response(status=204)

        return app

    def events(self) -> list[dict[str, Any]]:
        """The webhooks so far, in the order of arrival."""
        return [json.loads(body) for body in self.bodies]


class World:
    """Everything that a test of the stand-in needs; `close()` ends it."""

    def __init__(self, data_dir: Any = None) -> None:
        self.shop = Shop()
        self._shop_server = Served(self.shop.app())
        self.exchanges: list[Exchange] = []
        webhook = f"{self._shop_server.url}/webhook"
        self.app = create_stripe(
            webhook_url=webhook, webhook_secret=SECRET, data_dir=data_dir, public_url="http://127.0.0.1"
        )
        self.app.after_request(self._record)
        self._server = Served(self.app)
        self.url = self._server.url
        self.store = self.app.extensions["stripe_store"]
        self.courier = self.app.extensions["stripe_courier"]
        self.store.public_url = self.url
        self.store.clock = repeat(time.time()).__next__  # moved by `advance` alone
        self.courier.backoff = (0.05, 0.05, 0.05)

    def client(self) -> Any:
        """The official SDK, talking to the stand-in."""
        from stripe import StripeClient

        return StripeClient(KEY, base_addresses={"api": self.url}, max_network_retries=0)

    def post(self, path: str, key: str | None = None, **form: str) -> requests.Response:
        """A form posted to the API as any HTTP client would."""
        headers = {"Authorization": f"Bearer {KEY}"} | ({"Idempotency-Key": key} if key else {})
        return requests.post(f"{self.url}{path}", data=form, headers=headers, timeout=60)

    def get(self, path: str, **query: str) -> requests.Response:
        """A GET of the API."""
        headers = {"Authorization": f"Bearer {KEY}"}
        return requests.get(f"{self.url}{path}", query, headers=headers, timeout=60)

    def switch(self, **values: Any) -> None:
        """Set how webhooks travel."""
        requests.post(f"{self.url}/_sandbox/webhooks", json=values, timeout=60).raise_for_status()

    def advance(self, seconds: int) -> None:
        """Move the stand-in's clock."""
        requests.post(f"{self.url}/_sandbox/clock", json={"advance": seconds}, timeout=60).raise_for_status()

    def told(self) -> list[str]:
        """The names of the events that arrived by webhook, once nothing is on its way any more."""
        assert self.courier.settle()
        return [event["type"] for event in self.shop.events()]

    def faults(self, judge: Judge) -> list[str]:
        """Everything so far that Stripe would not have asked or answered."""
        found = []
        for each in self.exchanges:
            if each.status != 400:  # a request refused on purpose need not be one of Stripe's
                found += judge.faults_of_request(each.method, each.path, each.query, each.body)
            found += judge.faults_of_answer(each.method, each.path, each.status, each.answer)
        for event in self.shop.events():
            found += judge.faults_of_object(event)
            found += judge.faults_of_object(event["data"]["object"])
        return found

    def close(self) -> None:
        """Stop the threads and give the ports back."""
        self.courier.close()
        self._server.close()
        self._shop_server.close()

    def _record(self, response: Response) -> Response:
        if request.path.startswith("/v1/") and request.url_rule is not None:
            self.exchanges.append(
                Exchange(
                    request.method,
                    request.path,
                    request.query_string.decode(),
                    request.get_data(as_text=True),
                    response.status_code,
                    response.get_json(),
                )
            )
        return response
