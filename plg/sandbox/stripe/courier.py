"""Webhooks: signed as Stripe signs them, sent by one background thread, tried again until taken.

Switches make the trouble that real delivery makes: late, doubled, lost, and in the wrong order.
"""

from __future__ import annotations

import hashlib
import heapq
import hmac
import json
import threading
import time
from dataclasses import dataclass, field

import requests

from plg.sandbox.stripe.store import Object, Store

TIMEOUT = 20  # seconds that an endpoint may take
#: Seconds until the next try of a delivery that was not answered with 2xx; Stripe waits for hours.
BACKOFF = (0.5, 1, 2, 5, 10, 30, 60)
GATHERING = 0.3  # seconds during which events are gathered before they go out in the wrong order


def sign(payload: str, secret: str, moment: int) -> str:
    """The `Stripe-Signature` header: HMAC-SHA256 of `<time>.<payload>`, in hexadecimal."""
    digest = hmac.new(secret.encode(), f"{moment}.{payload}".encode(), hashlib.sha256).hexdigest()
    return f"t={moment},v1={digest}"


@dataclass
class Switches:
    """How badly webhooks travel: seconds late, how many copies, how many of the next are lost."""

    delay: float = 0.0
    copies: int = 1
    drop: int = 0
    reorder: bool = False
    hold: bool = False


@dataclass(order=True)
class Parcel:
    """One delivery on its way; the one with the earliest `due`, then lowest `rank`, goes first."""

    due: float
    rank: int
    event_id: str = field(compare=False)
    endpoint_id: str = field(compare=False)
    attempt: int = field(default=0, compare=False)


class Courier:
    """The thread that carries events to the webhook endpoints."""

    def __init__(self, store: Store, backoff: tuple[float, ...] = BACKOFF) -> None:
        self.switches = Switches()
        self.backoff = backoff
        self._store = store
        self._waiting: list[Parcel] = []
        self._travelling = False
        self._closed = False
        self._rank = 0
        self._gathering_until = 0.0
        self._changed = threading.Condition()
        self._session = requests.Session()
        self._session.trust_env = False
        self._thread = threading.Thread(target=self._run, name="stripe-webhooks", daemon=True)
        self._thread.start()

    def send(self, events: list[Object]) -> None:
        """Queue events for every endpoint that listens, as the switches say."""
        with self._changed:
            for event in events:
                if self.switches.drop > 0:
                    self.switches.drop -= 1
                    continue
                self._queue(event)
            self._changed.notify_all()

    def resend(self, event: Object) -> None:
        """Send one event again, past the switches that lose it."""
        with self._changed:
            self._queue(event)
            self._changed.notify_all()

    def adjust(self, **values: float | bool) -> None:
        """Set switches by name."""
        with self._changed:
            for name, value in values.items():
                setattr(self.switches, name, value)
            self._changed.notify_all()

    @property
    def waiting(self) -> int:
        """How many deliveries are still to be made."""
        with self._changed:
            return len(self._waiting) + self._travelling

    def settle(self, timeout: float = 10.0) -> bool:
        """Wait until nothing is on its way; False when that takes too long."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._waiting and not self._travelling, timeout)

    def close(self) -> None:
        """Stop the thread; what was not delivered stays marked as pending."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._thread.join(timeout=TIMEOUT)

    def _queue(self, event: Object) -> None:
        with self._store.work() as work:
            endpoints = [endpoint["id"] for endpoint in work.listeners(event["type"])]
        for endpoint_id in endpoints:
            for _ in range(self.switches.copies):
                self._rank += 1
                due, rank = time.monotonic() + self.switches.delay, self._rank
                if self.switches.reorder:
                    due, rank = self._gathered(due), -rank
                heapq.heappush(self._waiting, Parcel(due, rank, event["id"], endpoint_id))

    def _gathered(self, due: float) -> float:
        if self._gathering_until < time.monotonic():
            self._gathering_until = due + GATHERING
        return self._gathering_until

    def _run(self) -> None:
        while (parcel := self._next()) is not None:
            taken = self._deliver(parcel)
            with self._changed:
                if not taken and parcel.attempt < len(self.backoff):
                    parcel.due = time.monotonic() + self.backoff[parcel.attempt]
                    parcel.attempt += 1
                    heapq.heappush(self._waiting, parcel)
                self._travelling = False
                self._changed.notify_all()

    def _next(self) -> Parcel | None:
        with self._changed:
            while not self._closed:
                rest = self._waiting[0].due - time.monotonic() if self._waiting else None
                if rest is not None and rest <= 0 and not self.switches.hold:
                    self._travelling = True
                    return heapq.heappop(self._waiting)
                self._changed.wait(None if self.switches.hold else rest)
        return None

    def _deliver(self, parcel: Parcel) -> bool:
        """One attempt. True when the endpoint took it, or when there is nothing left to deliver."""
        with self._store.work() as work:
            event = work.find("event", parcel.event_id)
            endpoint = work.find("webhook_endpoint", parcel.endpoint_id)
            secret = work.note(parcel.endpoint_id).get("secret", "")
        if event is None or endpoint is None:
            return True
        status = self._post(endpoint["url"], json.dumps(event), secret)
        taken = 200 <= status < 300
        with self._store.work() as work:
            takers = set(work.note(parcel.event_id).get("takers", []))
            current = work.find("event", parcel.event_id)
            if current is None:
                return True
            if taken and parcel.endpoint_id not in takers:
                work.put({**current, "pending_webhooks": max(current["pending_webhooks"] - 1, 0)})
                takers.add(parcel.endpoint_id)
            work.annotate(parcel.event_id, takers=sorted(takers), status=status)
        return taken

    def _post(self, url: str, payload: str, secret: str) -> int:
        """The HTTP status of a POST, or 0 when there was no answer."""
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Stripe-Signature": sign(payload, secret, int(time.time())),
            "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        }
        try:
            answer = self._session.post(
                url, data=payload.encode(), headers=headers, timeout=TIMEOUT, allow_redirects=False
            )
        except requests.RequestException:
            return 0
        return answer.status_code
