"""The stand-in speaks Stripe's HTTP: keys, forms, refusals, repeated requests, pages and expansion."""

import base64
import threading

import pytest
import requests

from plg.sandbox.stripe.resources import OPERATIONS
from plg.sandbox.stripe.wire import Either, Fields, Many
from tests.sandbox.stripe.world import KEY

#: Stripe has these, but the schemas leave them out.
BESIDE = ("/v1/disputes",)


def test_a_request_without_a_key_is_refused(world):
    answer = requests.get(f"{world.url}/v1/customers", timeout=60)

    assert answer.status_code == 401
    assert answer.json()["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize("key", ["sk_live_abc", "pk_test_abc", "nonsense"])
def test_a_key_that_is_no_secret_test_key_is_refused_without_repeating_it(world, key):
    answer = requests.get(
        f"{world.url}/v1/customers", headers={"Authorization": f"Bearer {key}_rest"}, timeout=10
    )

    assert answer.status_code == 401
    assert "_rest" not in answer.text


def test_the_key_may_come_as_basic_authorization(world):
    basic = base64.b64encode(f"{KEY}:".encode()).decode()
    answer = requests.get(
        f"{world.url}/v1/customers", headers={"Authorization": f"Basic {basic}"}, timeout=10
    )

    assert answer.json() == {"object": "list", "data": [], "has_more": False, "url": "/v1/customers"}


def test_every_answer_carries_a_request_id_and_the_version_of_its_shapes(world):
    answers = [world.post("/v1/customers"), world.get("/v1/customers/cus_nobody")]

    assert [answer.status_code for answer in answers] == [200, 404]
    assert {answer.headers["Stripe-Version"] for answer in answers} == {"2026-08-26.dahlia"}
    assert len({answer.headers["Request-Id"] for answer in answers}) == 2


@pytest.mark.parametrize(
    ("form", "code", "param"),
    [
        ({"nonsense": "x", "name": "Pro"}, "parameter_unknown", "nonsense"),
        ({"name": "Pro", "metadata[a][b]": "x"}, None, "metadata[a]"),
        ({"active": "true"}, "parameter_missing", "name"),
        ({"name": ""}, "parameter_invalid_empty", "name"),
        ({"name": "Pro", "active": "perhaps"}, None, "active"),
        ({"name[x]": "Pro"}, None, "name"),
    ],
)
def test_a_faulty_parameter_is_named(world, form, code, param):
    answer = world.post("/v1/products", **form)

    assert answer.status_code == 400
    assert answer.json()["error"].get("code") == code
    assert answer.json()["error"]["param"] == param


def test_an_unknown_address_is_refused_in_the_envelope(world):
    answer = world.get("/v1/nope")

    assert answer.status_code == 404
    assert answer.json()["error"]["message"] == "Unrecognized request URL (GET: /v1/nope)."


def test_a_json_body_is_refused(world):
    headers = {"Authorization": f"Bearer {KEY}"}
    answer = requests.post(f"{world.url}/v1/customers", json={"email": "a@b.co"}, headers=headers, timeout=60)

    assert answer.status_code == 400
    assert world.get("/v1/customers").json()["data"] == []


def test_the_same_request_with_the_same_key_is_answered_once(world):
    first = world.post("/v1/customers", key="k-1", email="a@b.co")
    again = world.post("/v1/customers", key="k-1", email="a@b.co")

    assert again.json() == first.json()
    assert (first.headers.get("Idempotent-Replayed"), again.headers["Idempotent-Replayed"]) == (None, "true")
    assert len(world.get("/v1/customers").json()["data"]) == 1


def test_another_request_with_the_same_key_is_refused(world):
    world.post("/v1/customers", key="k-1", email="a@b.co")
    answer = world.post("/v1/customers", key="k-1", email="other@b.co")

    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "idempotency_error"


def test_a_request_refused_for_its_form_does_not_use_up_its_key(world):
    world.post("/v1/customers", key="k-1", nonsense="x")

    assert world.post("/v1/customers", key="k-1", email="a@b.co").status_code == 200


def test_a_refusal_of_the_action_is_repeated_with_its_key(world):
    form = {"customer": "cus_nobody", "items[0][price]": "price_1"}
    first = world.post("/v1/subscriptions", key="k-1", **form)
    again = world.post("/v1/subscriptions", key="k-1", **form)

    assert first.status_code == again.status_code == 404
    assert again.headers["Idempotent-Replayed"] == "true"


def test_twenty_requests_at_once_with_one_key_make_one_customer(world):
    threads = [
        threading.Thread(target=world.post, args=("/v1/customers", "k-1"), kwargs={"email": "a@b.co"})
        for _ in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(world.get("/v1/customers").json()["data"]) == 1


def test_lists_are_paged_newest_first(client):
    made = [client.v1.customers.create({"email": f"p{number}@example.com"}).id for number in range(5)]

    page = client.v1.customers.list({"limit": 2})
    everyone = [customer.id for customer in page.auto_paging_iter()]

    assert (len(page.data), page.has_more) == (2, True)
    assert everyone == made[::-1]


def test_a_list_can_be_read_backwards_too(client):
    made = [client.v1.customers.create().id for _ in range(5)]

    page = client.v1.customers.list({"limit": 2, "ending_before": made[1]})

    assert ([each.id for each in page.data], page.has_more) == ([made[3], made[2]], True)


def test_a_page_is_refused_after_a_thing_that_is_not_in_the_list(world):
    answer = world.get("/v1/customers", starting_after="cus_nobody")

    assert (answer.status_code, answer.json()["error"]["param"]) == (404, "starting_after")


def test_ids_are_expanded_where_asked(client, customer, prices):
    wanted = {"customer": customer.id, "items": [{"price": prices["month"].id}]}
    made = client.v1.subscriptions.create({**wanted, "expand": ["latest_invoice"]})
    listed = client.v1.subscriptions.list({"expand": ["data.customer", "data.latest_invoice.customer"]})

    assert made.latest_invoice.status == "paid"
    assert listed.data[0].customer.email == listed.data[0].latest_invoice.customer.email == "ana@example.com"


@pytest.mark.parametrize("path", ["nonsense", "email", "metadata.account", "a.b.c.d.e"])
def test_what_cannot_be_expanded_is_refused(world, customer, path):
    answer = world.get(f"/v1/customers/{customer.id}", **{"expand[]": path})

    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "expand")


def test_metadata_is_set_key_by_key_and_removed_by_an_empty_value(client, customer):
    client.v1.customers.update(customer.id, {"metadata": {"team": "red"}})
    changed = client.v1.customers.update(customer.id, {"metadata": {"account": ""}})

    assert changed.metadata.to_dict() == {"team": "red"}


def test_every_operation_and_parameter_of_the_stand_in_is_one_of_stripe(judge):
    foreign = []
    for operation in OPERATIONS:
        if operation.path.startswith(BESIDE):
            continue
        known = judge.operations.get(f"{operation.method} {operation.path}")
        if known is None:
            foreign.append(f"{operation.method} {operation.path}")
            continue
        properties = {**known["query"], **known["body"]["properties"]}
        foreign += _foreign(operation.params, {"properties": properties}, operation.path)

    assert len(OPERATIONS) > 35
    assert not foreign


def _foreign(shape, schema, where):
    """Parameters that the stand-in takes and Stripe does not."""
    if isinstance(shape, Either):
        choices = [each for each in schema.get("anyOf", []) if each.get("type") == "object"]
        return _foreign(shape.fields, choices[0], where) if choices else []
    if isinstance(shape, Many):
        lists = [schema, *(each for each in schema.get("anyOf", []) if each.get("type") == "array")]
        return _foreign(shape.each, lists[-1].get("items", {}), f"{where}[]")
    if not isinstance(shape, Fields):
        return []
    known = dict(schema.get("properties", {}))
    for choice in schema.get("anyOf", []):
        known |= choice.get("properties", {})
    return [
        fault
        for name, inner in shape.shapes.items()
        for fault in (
            _foreign(inner, known[name], f"{where}[{name}]") if name in known else [f"{where}[{name}]"]
        )
    ]


def test_the_judge_sees_what_stripe_would_not_say_or_ask(judge, client, customer, world):
    answer = world.get(f"/v1/customers/{customer.id}").json()
    path = f"/v1/customers/{customer.id}"

    assert judge.faults_of_answer("GET", path, 200, answer) == []
    assert judge.faults_of_object({**answer, "invented": 1})
    assert judge.faults_of_object({**answer, "created": "yesterday"})
    assert judge.faults_of_object({key: answer[key] for key in answer if key != "livemode"})
    assert judge.faults_of_answer("GET", path, 404, {"error": "no"})
    assert judge.faults_of_request("POST", "/v1/customers", "", "invented=1")
    assert judge.faults_of_request("GET", "/v1/customers", "limit=many", "")
    assert judge.faults_of_request("POST", "/v1/invented", "", "")
