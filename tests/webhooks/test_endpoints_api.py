"""The host product looks after its webhook endpoints by the API."""

import datetime as dt

import pytest
from standardwebhooks.webhooks import Webhook

from plg.events import names
from plg.kit.clock import now
from plg.webhooks import webhook_endpoints
from tests.webhooks.receiver import status

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

PATH = "/v1/webhook-endpoints"


@pytest.fixture
def call(client, secret_key):
    """`call("POST", "/we_…/test")`: (status, JSON)."""

    def call(method, path="", **body):
        headers = {"Authorization": f"Bearer {secret_key}"}
        json = body if method in ("POST", "PATCH") else None
        answer = client.open(PATH + path, method=method, headers=headers, json=json)
        return answer.status_code, answer.get_json(silent=True)

    return call


@pytest.fixture
def added(call, receiver):
    code, endpoint = call("POST", url=receiver.url, events=[names.TRIAL_STARTED], description="Ours")
    assert code == 201
    return endpoint


def test_an_endpoint_is_added_shown_changed_and_deleted(call, added, receiver):
    assert (added["events"], added["description"], added["enabled"]) == ([names.TRIAL_STARTED], "Ours", True)
    path = "/" + added["id"]
    shown = {key: value for key, value in added.items() if key != "secret"}
    assert call("GET", path) == (200, shown)
    assert call("GET") == (200, {"data": [shown]})

    _, changed = call("PATCH", path, events=["*"], enabled=False)
    assert (changed["events"], changed["url"], changed["disabled_reason"]) == (["*"], receiver.url, "asked")
    assert call("PATCH", path, enabled=True)[1]["disabled_reason"] is None
    assert call("DELETE", path)[0] == 204
    assert call("GET", path)[1]["code"] == "webhook_endpoint_not_found"


def test_a_test_is_sent_at_once_and_signed(call, added, receiver):
    receiver.replies.append(status(500, "not yet"))
    path = f"/{added['id']}/test"
    failed, taken = (call("POST", path)[1] for _ in range(2))

    assert (failed["status"], failed["response_status"], failed["response_body"]) == (
        "failed",
        500,
        "not yet",
    )
    assert (taken["status"], taken["attempts"], taken["type"]) == ("delivered", 1, "webhook.test")
    told = [Webhook(added["secret"]).verify(each.body, each.headers) for each in receiver.received]
    assert [each["type"] for each in told] == ["webhook.test"] * 2
    assert call("GET", "/" + added["id"])[1]["failing_since"] is None


def test_a_rotated_secret_is_shown_and_signs(call, added, receiver):
    _, rotated = call("POST", f"/{added['id']}/rotate-secret")
    call("POST", f"/{added['id']}/test")

    (got,) = receiver.received
    assert rotated["secret"].startswith("whsec_") and rotated["secret"] != added["secret"]
    Webhook(rotated["secret"]).verify(got.body, got.headers)
    Webhook(added["secret"]).verify(got.body, got.headers)


def test_deliveries_come_in_pages_and_are_asked_for_again(house, call, added, receiver):
    path = f"/{added['id']}"
    house.record(*[names.TRIAL_STARTED] * 3)
    call("PATCH", path, enabled=False)
    call("PATCH", path, enabled=True)
    _, first = call("GET", f"{path}/deliveries?limit=2&status=failed")
    _, second = call("GET", f"{path}/deliveries?limit=2&status=failed&before={first['next']}")
    ids = [row["id"] for row in first["data"] + second["data"]]
    assert (len(set(ids)), first["has_more"], second["has_more"]) == (3, True, False)

    _, again = call("POST", f"{path}/deliveries/{ids[0]}/redeliver")
    assert (again["status"], again["attempts"]) == ("waiting", 0)
    house.deliver()
    since = (now() - dt.timedelta(hours=1)).isoformat()
    assert call("POST", f"{path}/recover", since=since) == (200, {"recovered": 2})
    house.deliver()
    assert len(call("GET", f"{path}/deliveries?status=delivered")[1]["data"]) == 3

    call("PATCH", path, enabled=False)
    refused = [
        call("POST", f"{path}/recover", since=since),
        call("POST", f"{path}/deliveries/{ids[0]}/redeliver"),
    ]
    assert [(code, body["code"]) for code, body in refused] == [(409, "webhook_endpoint_disabled")] * 2


def test_what_is_of_another_endpoint_or_of_none_is_not_found(call, added, other_receiver):
    _, other = call("POST", url=other_receiver.url)
    _, delivery = call("POST", f"/{other['id']}/test")
    moment = now().isoformat()

    for path in (f"/{added['id']}/deliveries/{delivery['id']}", f"/{added['id']}/deliveries/msg_none"):
        assert call("POST", f"{path}/redeliver")[0] == 404
    assert call("GET", f"/{added['id']}/deliveries?before={delivery['id']}")[0] == 404
    asked = [("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/test"), ("POST", "/rotate-secret")]
    for method, rest in [*asked, ("GET", "/deliveries")]:
        assert call(method, f"/we_none{rest}")[0] == 404
    assert call("POST", "/we_none/recover", since=moment)[0] == 404
    assert call("POST", f"/{added['id']}/recover", since="0001-01-01T00:00:00+14:00")[0] == 200


def test_an_event_that_nobody_records_and_an_address_that_is_none_are_refused_by_name(call, receiver):
    code, problem = call("POST", url=receiver.url, events=["Trial Startd"])
    assert (code, problem["code"], problem["errors"][0]["field"]) == (422, "unknown_event", "events")
    code, problem = call("POST", url="ftp://example.com")
    assert (code, problem["code"], problem["errors"][0]["field"]) == (422, "url_refused", "url")
    assert call("POST", url=receiver.url, events=["Certificate Issued"])[0] == 201


def test_there_is_a_last_endpoint(call, receiver):
    codes = [call("POST", url=receiver.url)[0] for _ in range(webhook_endpoints.MOST + 1)]

    assert codes == [201] * webhook_endpoints.MOST + [409]
