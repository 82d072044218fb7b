"""Every change is an event; events travel signed, and as badly as the switches say."""

import pytest

from tests.sandbox.stripe.world import SECRET


def make_customers(client, count):
    return [client.v1.customers.create({"email": f"c{number}@example.com"}).id for number in range(count)]


def arrived(world):
    assert world.courier.settle()
    return [event["data"]["object"]["id"] for event in world.shop.events()]


def test_the_sdk_accepts_the_signature_and_only_with_the_right_secret(world, client):
    from stripe import SignatureVerificationError

    made = make_customers(client, 1)
    world.told()
    body, signature = world.shop.bodies[0], world.shop.signatures[0]

    event = client.construct_event(body, signature, SECRET)
    assert (event.type, event.data.object.id) == ("customer.created", made[0])
    for wrong_body, wrong_secret in ((body + b" ", SECRET), (body, "whsec_other")):
        with pytest.raises(SignatureVerificationError):
            client.construct_event(wrong_body, signature, wrong_secret)


def test_an_event_tells_what_changed_and_which_request_did_it(world, client, customer):
    client.v1.customers.update(customer.id, {"name": "Ana"}, {"idempotency_key": "rename-1"})
    world.told()

    event = world.shop.events()[-1]
    assert event["type"] == "customer.updated"
    assert event["data"]["previous_attributes"] == {"name": None}
    assert event["data"]["object"]["name"] == "Ana"
    assert event["request"]["idempotency_key"] == "rename-1"


def test_an_update_that_changes_nothing_is_no_event(world, client, customer):
    before = len(world.told())
    client.v1.customers.update(customer.id, {"email": "ana@example.com"})

    assert len(world.told()) == before


def test_a_webhook_that_is_not_taken_is_sent_again(world, client):
    world.shop.refusals = 2
    make_customers(client, 1)

    assert len(set(world.told())) == 1
    assert len(world.shop.bodies) == 3
    assert client.v1.events.list().data[0].pending_webhooks == 0


def test_webhooks_can_be_doubled(world, client):
    world.switch(copies=3)
    made = make_customers(client, 2)

    assert arrived(world) == [made[0]] * 3 + [made[1]] * 3
    assert {event.pending_webhooks for event in client.v1.events.list().data} == {0}


def test_webhooks_can_be_lost_and_are_then_listed_as_undelivered(world, client):
    world.switch(drop=2)
    made = make_customers(client, 3)

    assert arrived(world) == made[2:]
    lost = client.v1.events.list({"delivery_success": False}).data
    assert [event.data.object.id for event in lost] == [made[1], made[0]]


def test_what_is_on_the_way_when_everything_is_forgotten_stops_no_later_webhook(world, client):
    world.shop.meanwhile = lambda: world.store._kept.get("event", {}).clear()
    make_customers(client, 1)
    assert world.courier.settle()
    world.shop.meanwhile = lambda: None
    world.shop.bodies.clear()

    made = make_customers(client, 1)
    assert arrived(world) == made


def test_webhooks_can_come_in_the_wrong_order(world, client):
    world.switch(reorder=True)
    made = make_customers(client, 4)

    assert arrived(world) == made[::-1]


def test_webhooks_can_be_held_back_and_let_go(world, client):
    world.switch(hold=True)
    make_customers(client, 2)
    held = len(world.shop.bodies)
    world.switch(hold=False)

    assert held == 0
    assert len(world.told()) == 2


def test_webhooks_can_be_late(world, client):
    world.switch(delay=0.4)
    make_customers(client, 1)
    at_once = len(world.shop.bodies)

    assert (at_once, len(world.told())) == (0, 1)


def test_an_event_can_be_sent_once_more(world, client):
    import requests

    made = make_customers(client, 1)
    event = client.v1.events.list().data[0]
    requests.post(f"{world.url}/_sandbox/events/{event.id}/resend", json={}, timeout=60)

    assert arrived(world) == made * 2


def test_another_endpoint_hears_only_what_it_asked_for_under_its_own_secret(world, client):
    own = world.shop
    endpoint = client.v1.webhook_endpoints.create(
        {"url": client.v1.webhook_endpoints.list().data[0].url, "enabled_events": ["product.created"]}
    )
    make_customers(client, 1)
    client.v1.products.create({"name": "Pro"})

    told = world.told()
    assert sorted(told) == ["customer.created", "product.created", "product.created"]
    secrets = []
    for body, signature in zip(own.bodies, own.signatures, strict=True):
        for secret in (SECRET, endpoint.secret):
            try:
                client.construct_event(body, signature, secret)
            except Exception as fault:
                assert type(fault).__name__ == "SignatureVerificationError"
            else:
                secrets.append(secret)
    assert sorted(secrets) == sorted([SECRET, SECRET, endpoint.secret])


def test_a_deleted_or_disabled_endpoint_hears_nothing(world, client):
    endpoint = client.v1.webhook_endpoints.list().data[0]
    client.v1.webhook_endpoints.update(endpoint.id, {"disabled": True})
    make_customers(client, 1)
    quiet = world.told()
    client.v1.webhook_endpoints.delete(endpoint.id)
    make_customers(client, 1)

    assert (quiet, world.told()) == ([], [])


def test_events_can_be_listed_by_their_names(client, customer):
    listed = client.v1.events.list({"types": ["customer.created", "payment_method.attached"]})

    assert [event.type for event in listed.data] == ["payment_method.attached", "customer.created"]
    assert client.v1.events.retrieve(listed.data[0].id).type == "payment_method.attached"


def test_every_event_name_is_one_that_stripe_knows(world, client, customer, prices, judge):
    wanted = {"customer": customer.id, "items": [{"price": prices["month"].id}], "trial_period_days": 1}
    made = client.v1.subscriptions.create(wanted)
    world.advance(40 * 86400)
    client.v1.subscriptions.cancel(made.id)

    names = judge.operations["POST /v1/webhook_endpoints"]["body"]["properties"]["enabled_events"]["items"]
    assert len(set(world.told())) > 10
    assert set(world.told()) <= set(names["enum"])


@pytest.mark.parametrize("switches", [{"copies": 99}, {"delay": "soon"}, {"drop": -1}])
def test_a_switch_that_cannot_be_is_refused(world, switches):
    import requests

    answer = requests.post(f"{world.url}/_sandbox/webhooks", json=switches, timeout=60)

    assert answer.status_code == 400
    assert vars(world.courier.switches)["copies"] == 1
