"""The PostHog stand-in takes what the official SDK sends, and fails when told to."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from plg.sandbox.posthog import create_posthog
from plg.sandbox.posthog_store import PosthogStore
from plg.sandbox.serving import Served


@pytest.fixture
def store() -> PosthogStore:
    return PosthogStore()


@pytest.fixture
def host(store: PosthogStore) -> Iterator[str]:
    with Served(create_posthog(store)) as served:
        yield served.url


@pytest.fixture
def sdk(host: str) -> Iterator[Any]:
    from posthog import Posthog

    client = Posthog("phc_demo", host=host, gzip=True, max_retries=2)
    yield client
    client.shutdown()


def an_event(**changes: Any) -> dict[str, Any]:
    return {"event": "Signed Up", "distinct_id": "ana", "properties": {}} | changes


def test_events_of_the_official_sdk_arrive_with_their_person_and_groups(
    sdk: Any, store: PosthogStore
) -> None:
    sdk.set(distinct_id="ana", properties={"email": "ana@example.com"})
    sdk.group_identify("account", "acme", {"plan": "pro"})
    sdk.capture("Invoice Sent", distinct_id="ana", properties={"total": 1200}, groups={"account": "acme"})
    sdk.flush()

    (event,) = store.events("ana", "Invoice Sent")
    assert event["properties"]["total"] == 1200
    assert event["properties"]["$groups"] == {"account": "acme"}
    assert store.person("ana").properties == {"email": "ana@example.com"}
    assert store.groups == {("account", "acme"): {"plan": "pro"}}


def test_an_alias_of_the_official_sdk_makes_one_person_of_two_ids(sdk: Any, store: PosthogStore) -> None:
    sdk.capture("Page Viewed", distinct_id="anonymous-1")
    sdk.capture("Signed Up", distinct_id="ana")
    sdk.alias("anonymous-1", "ana")
    sdk.flush()

    assert [person.distinct_ids for person in store.people()] == [["anonymous-1", "ana"]]
    assert {event["event"] for event in store.events("ana")} == {"Page Viewed", "Signed Up", "$create_alias"}


def test_an_event_without_a_person_profile_makes_no_person(sdk: Any, store: PosthogStore) -> None:
    sdk.capture("Trial Ended", distinct_id="account:acme", properties={"$process_person_profile": False})
    sdk.flush()

    assert store.people() == [] and len(store.events("account:acme")) == 1


def test_feature_flags_of_the_official_sdk_are_answered(sdk: Any) -> None:
    assert sdk.get_all_flags("ana") == {}


def test_the_same_uuid_counts_once(store: PosthogStore) -> None:
    client = create_posthog(store).test_client()
    for _ in range(3):
        sent = client.post(
            "/batch/", json={"api_key": "k", "batch": [an_event(uuid="5c5ef3b8-0000-4000-8000-000000000001")]}
        )
        assert sent.status_code == 200

    assert len(store.events()) == 1


def test_an_outage_is_retried_by_the_sdk_and_loses_nothing(sdk: Any, host: str, store: PosthogStore) -> None:
    requests.post(f"{host}/_sandbox/outage", json={"status": 503, "count": 2}, timeout=60)

    sdk.capture("Signed Up", distinct_id="ana")
    sdk.flush()

    assert [event["event"] for event in store.events()] == ["Signed Up"]


def test_an_outage_without_an_end_lasts_until_it_is_ended(store: PosthogStore) -> None:
    client = create_posthog(store).test_client()
    body = {"api_key": "k", **an_event()}
    client.post("/_sandbox/outage", json={"status": 429})

    refused = client.post("/capture/", json=body)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "1")
    assert "answers 429" in client.get("/").text
    client.delete("/_sandbox/outage")
    assert client.post("/capture/", json=body).status_code == 200


@pytest.mark.parametrize(
    "path", ["/batch", "/batch/", "/capture", "/e/", "/i/v0/e", "/i/v0/e/", "/track", "/engage/"]
)
def test_every_capture_path_takes_gzip_without_a_header(path: str, store: PosthogStore) -> None:
    packed = gzip.compress(json.dumps([{"token": "k", **an_event()}]).encode())

    answer = create_posthog(store).test_client().post(path, data=packed, content_type="text/plain")

    assert (answer.status_code, answer.json) == (200, {"status": "Ok"})
    assert len(store.events("ana")) == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b'"text"', 400),
        (b'{"api_key": "k", "batch": []}', 400),
        (b'{"api_key": "k", "batch": [1]}', 400),
        (b'{"api_key": "k", "batch": [{"event": "x"}]}', 400),
        (b'{"api_key": "k", "batch": [{"distinct_id": "x"}]}', 400),
        (b'{"batch": [{"event": "x", "distinct_id": "x"}]}', 401),
        pytest.param(gzip.compress(b"{}", mtime=0)[:-9], 400, id="gzip cut short"),
        pytest.param(gzip.compress(b" " * 30_000_000, mtime=0), 400, id="bomb"),
    ],
)
def test_what_cannot_be_read_is_refused_and_nothing_of_it_is_kept(
    body: bytes, status: int, store: PosthogStore
) -> None:
    answer = create_posthog(store).test_client().post("/batch/", data=body)

    assert answer.status_code == status and answer.text
    assert store.events() == []


def test_a_second_start_still_has_the_events_of_the_first(tmp_path: Path) -> None:
    PosthogStore(tmp_path).add([an_event(**{"$set": {"name": "Ana"}})])

    again = PosthogStore(tmp_path)
    assert [event["event"] for event in again.events("ana")] == ["Signed Up"]
    assert again.person("ana").name == "Ana"


def test_the_pages_list_people_and_their_events_as_text(store: PosthogStore) -> None:
    store.add([an_event(event="<script>alert(1)</script>", **{"$set": {"name": "<b>Ana</b>"}})])
    client = create_posthog(store).test_client()

    for page in (client.get("/?lang=es").text, client.get("/persons/ana").text):
        assert "&lt;script&gt;" in page and "&lt;b&gt;Ana" in page
        assert "<script>alert" not in page and "<b>" not in page
    assert client.get("/persons/nobody").status_code == 404
    assert client.get("/api/events?distinct_id=ana").json["count"] == 1
