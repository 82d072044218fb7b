"""Each test gets a stand-in of its own; whatever was said to it and by it is held against the schemas."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from tests.sandbox.stripe.judge import Judge
from tests.sandbox.stripe.world import World


@cache
def _judge() -> Judge:
    return Judge()


@pytest.fixture
def judge() -> Judge:
    """Skips the test where the schemas are not on this machine."""
    return _judge()


@pytest.fixture
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    """A running stand-in. After the test, every exchange must be one that Stripe would have."""
    world = World()
    yield world
    world.courier.settle(2)
    world.close()
    try:
        found = world.faults(_judge())
    except pytest.skip.Exception:
        return
    assert not found, "\n" + "\n".join(dict.fromkeys(found))


@pytest.fixture
def client(world: World) -> Any:
    """The official SDK."""
    return world.client()


@pytest.fixture
def prices(client: Any) -> dict[str, Any]:
    """Pro at 29 a month and 290 a year, team at 99 a month, in US dollars."""
    pro = client.v1.products.create({"name": "Pro", "metadata": {"plg_plan": "pro"}})
    team = client.v1.products.create({"name": "Team"})

    def price(product: Any, amount: int, interval: str, key: str) -> Any:
        wanted = {"product": product.id, "unit_amount": amount, "currency": "usd", "lookup_key": key}
        return client.v1.prices.create({**wanted, "recurring": {"interval": interval}})

    return {
        "month": price(pro, 2900, "month", "pro:month"),
        "year": price(pro, 29000, "year", "pro:year"),
        "team": price(team, 9900, "month", "team:month"),
    }


@pytest.fixture
def customer(client: Any) -> Any:
    """Ana, who has a card that works."""
    ana = client.v1.customers.create({"email": "ana@example.com", "metadata": {"account": "acct_1"}})
    card = client.v1.payment_methods.attach("pm_card_visa", {"customer": ana.id})
    settings = {"invoice_settings": {"default_payment_method": card.id}}
    return client.v1.customers.update(ana.id, settings)
