"""A plg with Stripe's stand-in beside it, both over loopback, each telling the other what happens."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import repeat
from typing import Any

import requests
from flask import Flask
from sqlalchemy import func, select

from plg.billing import checkouts, processing, subscriptions
from plg.billing.models import BillingSubscription, Checkout, StripeEvent
from plg.events.models import Event
from plg.kit.db import db, stop_reading
from plg.plans import assignments, catalogue
from plg.sandbox.stripe import create_stripe
from plg.sandbox.stripe.resources.webhook_endpoints import OWN, register
from plg.trials import trials
from tests.billing.near_stripe import guarded
from tests.support.databases import empty
from tests.support.story import PLANS, make_account, make_person, publish_plans
from tests.support.wires import Loopback, Wire

SECRET = "whsec_of_the_tests"
BACK = {"success_url": "https://shop.example/thanks", "cancel_url": "https://shop.example/plans"}
TWO_PLANS: dict[str, Any] = {
    **PLANS,
    "order": [*PLANS["order"], "team"],
    "plans": {
        **PLANS["plans"],
        "team": {
            "name": {"en": "Team", "es": "Equipo"},
            "prices": [
                {"amount": 9900, "currency": "usd", "interval": "month"},
                {"amount": 99000, "currency": "usd", "interval": "year"},
            ],
            "features": {"invoices": "unlimited", "export": True},
        },
    },
}
CARD_FIRST: dict[str, Any] = TWO_PLANS | {
    "trial": {
        "plan": "trial",
        "days": 14,
        "at_end": "free",
        "card": "first",
        "continues_as": {"plan": "pro", "interval": "month"},
        "reminders": [{"days": 3}],
    }
}


BY_THE_MONTH: dict[str, Any] = {"amount": 1000, "currency": "usd", "interval": "month"}
EXTRA: dict[str, Any] = {
    "name": {"en": "Extra invoices", "es": "Facturas extra"},
    "prices": [BY_THE_MONTH, {"amount": 10000, "currency": "usd", "interval": "year"}],
    "features": {"invoices": 100},
}
PRIORITY: dict[str, Any] = {
    "name": {"en": "Priority", "es": "Prioridad"},
    "prices": [BY_THE_MONTH],
    "features": {"invoices": 1},
}
WITH_ADD_ONS: dict[str, Any] = TWO_PLANS | {"add_ons": {"extra": EXTRA, "priority": PRIORITY}}


def a_price(amount: int, interval: str = "month", **more: Any) -> dict[str, Any]:
    return {"amount": amount, "currency": "usd", "interval": interval, **more}


CREW: dict[str, Any] = {
    "name": {"en": "Crew", "es": "Tripulación"},
    "prices": [
        a_price(4900),
        a_price(900, seat=True, included=3),
        a_price(49000, "year"),
        a_price(9000, "year", seat=True, included=3),
    ],
    "features": {"invoices": "unlimited", "export": True},
}
#: A plan whose price includes three seats, and each further one.
WITH_CREW: dict[str, Any] = WITH_ADD_ONS | {
    "order": [*WITH_ADD_ONS["order"], "crew"],
    "plans": WITH_ADD_ONS["plans"] | {"crew": CREW},
}


class Stripe:
    """The stand-in, as tests use it: its switches, its clock, and what it holds."""

    def __init__(self, webhook_url: str, wire: Wire) -> None:
        self._webhook_url = webhook_url
        self.app = create_stripe(
            webhook_url=webhook_url, webhook_secret=SECRET, data_dir=None, public_url="http://127.0.0.1"
        )
        self.requests: list[str] = []
        self.outage = threading.Event()
        self.app.before_request(self._note)
        self.url = wire.address()
        wire.plug(self.url, self.app)
        self.store = self.app.extensions["stripe_store"]
        self.courier = self.app.extensions["stripe_courier"]
        self.chaos = self.app.extensions["stripe_chaos"]
        self.store.public_url = self.url
        self.store.clock = repeat(time.time()).__next__  # moved by `advance` alone
        self.courier.backoff = (0.05, 0.1, 0.2, 0.4)

    def _note(self) -> Any:
        from flask import request

        if request.path.startswith("/v1/"):
            self.requests.append(f"{request.method} {request.path}")
            if self.outage.is_set():
                return {"error": {"type": "api_error", "message": "outage"}}, 500
        return None

    def all(self, kind: str) -> list[dict[str, Any]]:
        """Everything of a kind, the newest first."""
        with self.store.work() as work:
            return work.newest(kind)

    def press(self, address: str, action: str, thing: str = "", **typed: str) -> requests.Response:
        """Press a button on a page of Stripe's, on which this was typed."""
        form = {"action": action, "id": thing, **typed}
        answer = requests.post(address, form, allow_redirects=False, timeout=20)
        answer.raise_for_status()
        return answer

    def advance(self, days: float) -> None:
        """Move Stripe's clock."""
        answer = requests.post(f"{self.url}/_sandbox/clock", json={"advance": int(days * 86400)}, timeout=20)
        answer.raise_for_status()

    def resend_all(self, *, newest_first: bool = False) -> None:
        """Send every webhook once more."""
        events = self.all("event")
        for event in events if newest_first else reversed(events):
            self.courier.resend(event)
        self.settle()

    def settle(self) -> None:
        """Wait until no webhook is on its way."""
        assert self.courier.settle(30)

    def forget(self) -> None:
        """Hold nothing any more, and be at the time that it is."""
        with self.store.lock:
            self.store._kept.clear()
            with self.store.work() as work:
                register(work, OWN, SECRET, url=self._webhook_url, enabled_events=["*"])


@dataclass
class Shop:
    """plg, Stripe, and an account whose owner wants to pay."""

    app: Flask
    url: str
    stripe: Stripe
    owner: int
    account: int

    def open_anew(self) -> None:
        """The same shop with other people in it, and nothing that happened before."""
        self.stripe.forget()
        with self.app.app_context():
            empty(db.engine)
            catalogue.forget_cache()
        opened = Shop.open(self.app, self.url, self.stripe)
        self.owner, self.account = opened.owner, opened.account

    @classmethod
    def open(cls, app: Flask, url: str, stripe: Stripe) -> Shop:
        publish_plans(app, TWO_PLANS)
        owner = make_person(app)
        return cls(app, url, stripe, owner, make_account(app, (owner, "owner"), key="acme"))

    def checkout(self, plan: str = "pro", **more: Any) -> str:
        """Where to pay, as the upgrade page is told."""
        with self.app.app_context():
            address = checkouts.open_for(self.account, plan, by=self.owner, **{**BACK, **more})
            db.session.commit()
            return address

    def pay(self, plan: str = "pro") -> None:
        """Pay for a plan, and wait until plg was told."""
        self.stripe.press(self.checkout(plan), "pay")
        self.stripe.settle()

    def setup(self, **more: Any) -> str:
        """Where to store a card, as the upgrade page is told."""
        with self.app.app_context():
            address = checkouts.open_setup(self.account, by=self.owner, **{**BACK, **more})
            db.session.commit()
            return address

    def start_trial(self, plans: dict[str, Any] = CARD_FIRST) -> None:
        """A trial that waits for a card."""
        publish_plans(self.app, plans)
        with self.app.app_context():
            trials.start(self.account, by="tests")
            db.session.commit()

    def store_card(self, number: str = "4242424242424242") -> None:
        """Store a card, confirm it where the bank asks, and wait until plg was told."""
        self.type_card(self.setup(), number)
        self.stripe.settle()

    def type_card(self, address: str, number: str = "4242424242424242") -> None:
        form = {"action": "save", "number": number, "expires": "12 / 40", "cvc": "123"}
        answer = requests.post(address, form, allow_redirects=False, timeout=20)
        if answer.status_code == 200:
            answer = requests.post(address, {"action": "confirm"}, allow_redirects=False, timeout=20)
        assert answer.status_code == 303, answer.text

    def paying_card(self) -> str | None:
        """The last four digits of the card that Stripe would charge."""
        customer = self.stripe.all("customer")[0]
        method = customer["invoice_settings"]["default_payment_method"]
        cards = {each["id"]: each["card"]["last4"] for each in self.stripe.all("payment_method")}
        return cards.get(method)

    def cancel(self) -> None:
        """Cancel now, in the portal."""
        from plg.billing import portal

        with self.app.app_context():
            address = portal.open_for(self.account, by=self.owner, return_url=BACK["cancel_url"])
        self.stripe.press(address, "cancel_now", self.stripe.all("subscription")[0]["id"])
        self.stripe.settle()

    def process(self) -> int:
        """What the worker's job does."""
        with self.app.app_context():
            return processing.process()

    def plan(self) -> tuple[str, str]:
        """The account's plan, and why it has it."""
        with self.app.app_context():
            found = assignments.current(self.account)
            return found.plan.key, found.source

    def status(self) -> str | None:
        """The status of the subscription that gives access."""
        with self.app.app_context():
            found = subscriptions.live_of(self.account)
            return found.status if found else None

    def happened(self, name: str) -> list[dict[str, Any]]:
        """The properties of the log's events of this name, oldest first."""
        with self.app.app_context():
            rows = select(Event.properties).where(Event.name == name).order_by(Event.position)
            return list(db.session.scalars(rows))

    def count(self, model: type[Any], **wanted: Any) -> int:
        """How many rows a table has."""
        with self.app.app_context():
            query = select(func.count()).select_from(model).filter_by(**wanted)
            return db.session.scalar(query) or 0

    def state(self) -> dict[str, Any]:
        """Everything that webhooks have led to."""
        with self.app.app_context():
            mirrored = select(BillingSubscription).order_by(BillingSubscription.id)
            fields = ("stripe_subscription_id", "status", "amount", "interval", "cancel_at", "starts")
            logged = select(Event.id, Event.name).where(Event.name.not_in(["Checkout Started"]))
            return {
                "plan": assignments.current(self.account).plan.key,
                "mirror": [{f: getattr(row, f) for f in fields} for row in db.session.scalars(mirrored)],
                "checkouts": list(db.session.scalars(select(Checkout.status).order_by(Checkout.id))),
                "log": sorted(
                    (n, i if ":sub_" in i else "")
                    for i, n in db.session.execute(logged)
                    if n.startswith(("Subscription", "Plan", "Payment"))
                ),
            }

    def inbox(self) -> list[tuple[str, str]]:
        """(type, outcome) of every webhook that was kept, oldest first."""
        with self.app.app_context():
            rows = select(StripeEvent.type, StripeEvent.outcome).order_by(StripeEvent.id)
            return [(kind, outcome) for kind, outcome in db.session.execute(rows)]


@contextmanager
def open_shop(make_app: Callable[..., Flask], wire: Wire | None = None) -> Iterator[Shop]:
    """A shop whose plg and Stripe answer for the block, over a wire (None: loopback). make_app: makes a plg with
    these settings changed."""
    with wire or Loopback() as wire:
        url = wire.address()
        stripe = Stripe(f"{url}/v1/webhooks/stripe", wire)
        app = make_app(
            public_url=url,
            stripe_api_key="sk_test_of_the_tests",
            stripe_api_base=stripe.url,
            stripe_webhook_secret=SECRET,
        )
        stop_reading()  # an earlier test's GET may have left this thread's transactions reading only
        wire.plug(url, app)
        with guarded():
            yield Shop.open(app, url, stripe)
            stripe.courier.close()


def session_of(address: str) -> str:
    """The id of the checkout session that an address leads to."""
    found = re.search(r"cs_test_\w+", address)
    assert found, address
    return found.group()
