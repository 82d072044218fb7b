"""plg and Stripe's stand-in, both real servers on loopback, on either database."""

from collections.abc import Iterator

import pytest

from plg.access import keys
from plg.kit.db import db, stop_reading
from tests.billing.shop import SECRET, Shop, Stripe
from tests.support.live_server import live_server, loopback_socket, url_of


@pytest.fixture
def shop(make_app) -> Iterator[Shop]:
    """An account of an open shop. No worker runs: tests call `shop.process()`."""
    listener = loopback_socket()
    url = url_of(listener)
    stripe = Stripe(f"{url}/v1/webhooks/stripe")
    app = make_app(
        public_url=url,
        stripe_api_key="sk_test_of_the_tests",
        stripe_api_base=stripe.url,
        stripe_webhook_secret=SECRET,
    )
    stop_reading()  # an earlier test's GET may have left this thread's transactions reading only
    with live_server(app, listener):
        yield Shop.open(app, url, stripe)
        stripe.close()


@pytest.fixture
def worker_of():
    """`worker_of(app)`: the worker, run by hand, of an app that a test has made."""
    from tests.support.turns import Turns

    return Turns


@pytest.fixture
def secret(shop):
    with shop.app.app_context():
        _, plain = keys.create("secret", "tests", by="tests")
        db.session.commit()
    return {"Authorization": f"Bearer {plain}"}
