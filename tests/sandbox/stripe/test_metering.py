"""Meters and metered prices of the stand-in: told once, summed by period, and paid by tiers when it is over."""

import pytest
import stripe

DAY = 86400


@pytest.fixture
def meter(client):
    return client.v1.billing.meters.create(
        {"display_name": "Calls", "event_name": "calls", "default_aggregation": {"formula": "sum"}}
    )


@pytest.fixture
def metered(client, meter, prices):
    """`metered(**how)`: a price for calls, by the month."""

    def make(**how):
        wanted = {"product": prices["month"].product, "currency": "usd", **how}
        recurring = {"interval": "month", "usage_type": "metered", "meter": meter.id}
        return client.v1.prices.create({**wanted, "recurring": recurring})

    return make


def tell(client, customer, value, identifier, **more):
    payload = {"stripe_customer_id": customer.id, "value": str(value)}
    wanted = {"event_name": "calls", "payload": payload, "identifier": identifier}
    return client.v1.billing.meter_events.create({**wanted, **more})


def total(client, meter, customer, now, days=40):
    window = {"start_time": (now - days * DAY) // 60 * 60, "end_time": now // 60 * 60 + 120}
    found = client.v1.billing.meters.event_summaries.list(meter.id, {"customer": customer.id, **window})
    return sum(each.aggregated_value for each in found.data)


def test_an_event_counts_once_and_can_be_cancelled_for_a_day(client, world, meter, customer):
    now = world.store.now()
    tell(client, customer, 3, "a")
    tell(client, customer, "4.5", "b")
    with pytest.raises(stripe.InvalidRequestError, match="already exists"):
        tell(client, customer, 3, "a")
    assert total(client, meter, customer, now) == 7.5
    wanted = {"event_name": "calls", "type": "cancel"}
    client.v1.billing.meter_event_adjustments.create({**wanted, "cancel": {"identifier": "a"}})
    assert total(client, meter, customer, now) == 4.5
    world.advance(DAY + 1)
    with pytest.raises(stripe.InvalidRequestError, match="24 hours"):
        client.v1.billing.meter_event_adjustments.create({**wanted, "cancel": {"identifier": "b"}})


@pytest.mark.parametrize("days", [36, -1])
def test_an_event_of_long_ago_or_of_the_future_is_refused(client, world, meter, customer, days):
    with pytest.raises(stripe.InvalidRequestError) as refused:
        tell(client, customer, 1, "x", timestamp=world.store.now() - days * DAY)

    assert refused.value.code == "timestamp_invalid"


TIERS = [
    {"up_to": 100, "unit_amount_decimal": "10", "flat_amount_decimal": "500"},
    {"up_to": "inf", "unit_amount_decimal": "2.5"},
]


@pytest.mark.parametrize(
    ("how", "quantity", "costs"),
    [
        ({"billing_scheme": "tiered", "tiers_mode": "graduated", "tiers": TIERS}, 60, 500 + 600),
        ({"billing_scheme": "tiered", "tiers_mode": "graduated", "tiers": TIERS}, 121, 500 + 1000 + 53),
        ({"billing_scheme": "tiered", "tiers_mode": "volume", "tiers": TIERS}, 121, 303),
        (
            {"unit_amount_decimal": "250", "transform_quantity": {"divide_by": 50, "round": "up"}},
            121,
            3 * 250,
        ),
        ({"unit_amount_decimal": "0.05"}, 121, 6),
    ],
)
def test_use_is_paid_when_its_period_is_over(client, world, metered, prices, customer, how, quantity, costs):
    price = metered(**how)
    items = [{"price": prices["month"].id}, {"price": price.id}]
    subscription = client.v1.subscriptions.create({"customer": customer.id, "items": items})
    assert client.v1.invoices.retrieve(subscription.latest_invoice).amount_paid == 2900
    tell(client, customer, quantity, "use")
    world.advance(32 * DAY)
    tell(client, customer, 1000, "later", timestamp=world.store.now())

    newest = client.v1.invoices.list({"subscription": subscription.id}).data[0]
    assert sorted(line.amount for line in newest.lines.data) == sorted([2900, costs])
    found = client.v1.prices.retrieve(price.id, {"expand": ["tiers"]})
    assert len(found.tiers or []) == len(how.get("tiers", []))


def test_an_item_that_is_taken_away_is_paid_up_to_then(client, world, metered, prices, customer):
    price = metered(unit_amount_decimal="10")
    items = [{"price": prices["month"].id}, {"price": price.id}]
    subscription = client.v1.subscriptions.create({"customer": customer.id, "items": items})
    tell(client, customer, 7, "use")
    world.advance(60)
    gone = [{"id": subscription["items"].data[1].id, "deleted": True}]
    wanted = {"items": gone, "proration_behavior": "always_invoice"}
    changed = client.v1.subscriptions.update(subscription.id, wanted)

    assert client.v1.invoices.retrieve(changed.latest_invoice).amount_paid == 70
    assert len(changed["items"].data) == 1
