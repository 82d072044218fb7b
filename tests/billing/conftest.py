"""plg and Stripe's stand-in, both real servers on loopback, on either database."""

from collections.abc import Iterator

import pytest

from plg.access import keys
from plg.kit.db import db
from tests.billing.near_stripe import shallow
from tests.billing.shop import WITH_ADD_ONS, Shop, open_shop
from tests.support.story import publish_plans
from tests.support.wires import Loopback, ShortWire, Wire


@pytest.fixture
def wire(database) -> Iterator[Wire]:
    """On SQLite each test speaks to Stripe over real sockets and by the whole of its SDK; on PostgreSQL, where it
    would say the same, both are short."""
    if database.kind == "sqlite":
        yield Loopback()
    else:
        with shallow():
            yield ShortWire()


@pytest.fixture
def shop(make_app, wire) -> Iterator[Shop]:
    """An account of an open shop. No worker runs: tests call `shop.process()`. Nobody may speak to Stripe while a
    transaction is open."""
    with open_shop(make_app, wire) as shop:
        yield shop


@pytest.fixture
def paying(shop):
    """The account pays for Pro, and two add-ons are for sale."""
    publish_plans(shop.app, WITH_ADD_ONS)
    shop.pay("pro")
    return shop


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
