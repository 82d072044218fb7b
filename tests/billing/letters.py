"""Webhooks as Stripe, or somebody who pretends to be Stripe, would post them."""

import json
import time

import requests
from sqlalchemy import update

from plg.billing.models import StripeEvent
from plg.kit.clock import now
from plg.kit.db import db
from tests.billing.shop import SECRET


def signature(body: bytes, secret: str = SECRET, ago: int = 0) -> str:
    from stripe import WebhookSignature

    return WebhookSignature.generate_signature_header(body.decode(), secret, int(time.time()) - ago)


def post(shop, body: bytes, header: str | None):
    headers = {"Stripe-Signature": header} if header is not None else {}
    headers["Content-Type"] = "application/json"
    return requests.post(f"{shop.url}/v1/webhooks/stripe", data=body, headers=headers, timeout=20)


def a_webhook(shop) -> bytes:
    """The body of a webhook about a real subscription, which plg has not been told of."""
    shop.stripe.courier.adjust(drop=1000)
    shop.stripe.press(shop.checkout(), "pay")
    events = shop.stripe.all("event")
    return json.dumps(next(e for e in events if e["type"] == "customer.subscription.created")).encode()


def make_due(shop):
    with shop.app.app_context():
        waiting = update(StripeEvent).where(StripeEvent.due_at.is_not(None))
        db.session.execute(waiting.values(due_at=now()))
        db.session.commit()
