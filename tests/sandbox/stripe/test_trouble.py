"""The trouble that the stand-in's API can be told to have."""

import time

import pytest
import requests
import stripe


def trouble(world, **values):
    answer = requests.post(f"{world.url}/_sandbox/trouble", json=values, timeout=60)
    return answer.status_code, answer.json() if answer.ok else None


def test_so_many_requests_fail_and_are_not_carried_out(world, client):
    assert trouble(world, fail=1, busy=1)[1] == {"slow": 0.0, "fail": 1, "busy": 1, "lose": 0}
    with pytest.raises(stripe.APIError):
        client.v1.customers.create({"name": "Ana"})
    with pytest.raises(stripe.RateLimitError):
        client.v1.customers.create({"name": "Ana"})

    assert client.v1.customers.list().data == []
    world.exchanges.clear()  # the trouble is none of Stripe's own answers


def test_a_lost_answer_is_of_a_change_that_was_made_and_is_found_again_by_its_key(world, client):
    trouble(world, lose=1)
    with pytest.raises(stripe.APIError):
        client.v1.customers.create({"name": "Ana"}, {"idempotency_key": "once"})
    made = client.v1.customers.create({"name": "Ana"}, {"idempotency_key": "once"})

    assert [each.id for each in client.v1.customers.list().data] == [made.id]


def test_answers_can_be_slow(world, client):
    trouble(world, slow=0.2)
    began = time.monotonic()
    client.v1.customers.list()

    assert time.monotonic() - began > 0.2


@pytest.mark.parametrize("values", [{"slow": 31}, {"fail": -1}, {"busy": "many"}])
def test_a_trouble_out_of_bounds_is_refused(world, values):
    assert trouble(world, **values)[0] == 400


def test_the_switches_are_on_the_page(world):
    page = requests.get(f"{world.url}/", timeout=60).text
    assert 'action="/_sandbox/trouble"' in page
    requests.post(f"{world.url}/_sandbox/trouble", {"fail": "2"}, timeout=60)
    assert (
        'name="fail" type="number" min="0" max="1000" value="2"' in requests.get(world.url, timeout=60).text
    )
