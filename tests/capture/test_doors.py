"""Every door, opened as its clients open it: the event is stored once and the answer is of the format's own kind."""

import base64
import gzip
import json
import urllib.parse
import uuid

import pytest

from plg.access import keys
from plg.capture import posthog, segment
from plg.kit.db import db
from tests.capture.reading import events, only_event

TIME = "2026-05-04T11:59:00Z"
CALLS = {
    "track": {"event": "Report Exported"},
    "identify": {"traits": {"name": "Ana"}},
    "page": {"name": "Pricing"},
    "screen": {"name": "Pricing"},
    "group": {"groupId": "acme"},
    "alias": {"previousId": "before"},
}


def basic(text):
    return {"Authorization": "Basic " + base64.b64encode(text.encode()).decode()}


def batch_of(key, *names, **fields):
    return {"api_key": key, "batch": [ph(name) for name in names]} | fields


def ph(name="e", distinct_id="u1", **fields):
    return {"event": name, "distinct_id": distinct_id, "uuid": str(uuid.uuid4()), "properties": {}} | fields


# --- Segment ------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", sorted(segment.PATHS))
def test_each_segment_path_stores_its_call_once_however_often_it_is_sent(app, client, secret_key, path):
    call = segment.PATHS[path]
    event = {"messageId": "m1", "userId": "u1"} | CALLS.get(call, {})
    batch = [{"type": kind, "messageId": kind, "userId": "u1"} | fields for kind, fields in CALLS.items()]
    body = {"batch": batch} if call == "batch" else event

    for _ in range(2):
        answer = client.post(f"/v1/{path}", json=body, headers=basic(f"{secret_key}:"))
        assert (answer.status_code, answer.json) == (200, {"success": True})

    assert len(events(app)) == (len(batch) if call == "batch" else 1)


@pytest.mark.parametrize(
    "form",
    ["basic", "basic without colon", "body", "bearer", "bearer of somebody else and body", "header", "both"],
)
@pytest.mark.parametrize("kind", ["secret", "publishable"])
def test_a_key_opens_in_every_form(app, client, secret_key, publishable_key, form, kind):
    key = {"secret": secret_key, "publishable": publishable_key}[kind]
    headers, body = {
        "basic": (basic(f"{key}:"), {}),
        "basic without colon": (basic(key), {}),
        "body": ({}, {"writeKey": key}),
        "bearer": ({"Authorization": f"Bearer {key}"}, {}),
        "bearer of somebody else and body": ({"Authorization": "Bearer oauth-token"}, {"writeKey": key}),
        "header": ({"X-Plg-Key": key}, {}),
        "both": (basic(f"{key}:"), {"writeKey": key}),
    }[form]

    answer = client.post("/v1/track", json={"userId": "u1", "event": "e"} | body, headers=headers)

    assert answer.status_code == 200
    assert only_event(app).name == "e"


@pytest.mark.parametrize("body", [{}, {"writeKey": "sk_nobody"}, {"writeKey": 7}])
def test_segment_is_refused_without_a_key_in_its_own_form(app, client, body):
    answer = client.post("/v1/track", json={"userId": "u1", "event": "e"} | body)
    assert answer.status_code == 401
    assert set(answer.json) == {"code", "message"}
    assert events(app) == []


def test_a_revoked_key_opens_nothing(app, client, secret_key):
    with app.app_context():
        keys.revoke(keys.all_keys()[0].id, by="tests")
        db.session.commit()
    assert (
        client.post("/v1/track", json={"userId": "u1", "event": "e", "writeKey": secret_key}).status_code
        == 401
    )


def test_the_browsers_preflight_is_answered_with_200_for_its_own_origin_and_headers(client):
    asked = {"Origin": "https://shop.example", "Access-Control-Request-Headers": "authorization,content-type"}
    for path in ("/v1/t", "/v1/b", "/e/", "/batch", "/flags/", "/i/v1/analytics/events", "/array/x/config"):
        answer = client.options(path, headers=asked)
        assert answer.status_code == 200, path
        assert answer.headers["Access-Control-Allow-Origin"] == "https://shop.example"
        assert answer.headers["Access-Control-Allow-Headers"] == "authorization,content-type"


def test_answers_and_refusals_carry_cors_headers(client, publishable_key):
    origin = {"Origin": "https://shop.example"}
    body = {"userId": "u1", "event": "e", "writeKey": publishable_key}
    for answer in (
        client.post("/v1/t", json=body, headers=origin),
        client.post("/v1/t", json={}, headers=origin),
    ):
        assert answer.headers["Access-Control-Allow-Origin"] == "https://shop.example"


def test_text_plain_from_a_browser_is_json_all_the_same(app, client, publishable_key):
    body = json.dumps({"userId": "u1", "event": "e", "writeKey": publishable_key})
    assert client.post("/v1/t", data=body, content_type="text/plain").status_code == 200
    assert only_event(app).name == "e"


def test_events_that_say_too_little_are_named_in_a_200_and_the_others_are_kept(app, client, secret_key):
    batch = [{"type": "track", "userId": "u1"}, {"type": "track", "userId": None, "event": "e"}, None]
    batch.append({"type": "track", "userId": "u1", "event": "kept"})
    answer = client.post("/v1/batch", json={"batch": batch, "writeKey": secret_key})
    assert answer.status_code == 200
    assert [(fault["index"], fault["field"]) for fault in answer.json["faults"]] == [
        (0, "event"),
        (1, "userId"),
        (2, ""),
    ]
    assert only_event(app).name == "kept"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("track", {"userId": "u1", "event": "e", "properties": {"x": "y" * segment.MAX_EVENT}}),
        (
            "batch",
            {"batch": [{"type": "track", "userId": "u", "event": "e", "properties": {"x": "y" * 40_000}}]},
        ),
        ("batch", {"batch": [], "x": "y" * segment.MAX_BATCH}),
        ("batch", {"batch": "x"}),
    ],
)
def test_what_segment_calls_too_large_or_wrong_is_a_400_and_stores_nothing(
    app, client, secret_key, path, body
):
    answer = client.post(f"/v1/{path}", json=body, headers=basic(secret_key))
    assert answer.status_code == 400
    assert set(answer.json) == {"code", "message"}
    assert events(app) == []


def test_the_settings_of_a_browser_point_back_here(client):
    answer = client.get("/v1/projects/pk_1/settings")
    assert answer.json["integrations"]["Segment.io"]["apiHost"] == "localhost/v1"


# --- PostHog, version 0 -------------------------------------------------------------------------


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize(
    "path", ["/capture", "/e", "/i/v0/e", "/track", "/engage", "/batch", "/i/v0/ai/batch"]
)
def test_each_posthog_path_stores_an_event_once(app, client, publishable_key, path, slash):
    body = ph("e", timestamp=TIME) | {"api_key": publishable_key}
    for _ in range(2):
        answer = client.post(path + slash, json=body)
        assert (answer.status_code, answer.json) == (200, {"status": "Ok"})
    assert only_event(app).id == body["uuid"]


def test_a_get_with_data_is_an_event(app, client, publishable_key):
    data = base64.b64encode(json.dumps(ph("e") | {"api_key": publishable_key}).encode()).decode()
    assert client.get("/e/?" + urllib.parse.urlencode({"data": data})).status_code == 200
    assert only_event(app).name == "e"
    assert client.get("/e/").status_code == 400


def test_gzip_that_nobody_announced_is_understood(app, client, publishable_key):
    body = gzip.compress(json.dumps(batch_of(publishable_key, "a", "b")).encode())
    assert (
        client.post("/e/?ip=0&_=1700000000000&ver=1.449.2", data=body, content_type="text/plain").status_code
        == 200
    )
    assert [event.name for event in events(app)] == ["a", "b"]


def test_a_form_with_base64_is_understood(app, client, publishable_key):
    data = base64.b64encode(json.dumps(ph("e") | {"token": publishable_key}).encode())
    assert client.post("/e/?compression=base64", data={"data": data}).status_code == 200
    assert only_event(app).name == "e"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"event": "e", "distinct_id": "u1"}, 401),
        ({"api_key": "phc_unknown", "batch": [{"event": "e", "distinct_id": "u1"}]}, 401),
        ([{"event": "e", "token": "a"}, {"event": "e", "token": "b"}], 401),
        ({"batch": []}, 400),
        ([], 400),
        ("text", 400),
        (None, 400),
    ],
)
def test_posthog_is_refused_in_plain_text(client, body, status):
    answer = client.post("/batch/", data=json.dumps(body))
    assert (answer.status_code, answer.mimetype) == (status, "text/plain")


def test_a_faulty_single_event_is_a_400_and_a_faulty_one_in_a_batch_a_warning(app, client, secret_key):
    assert client.post("/e/", json={"event": "e", "api_key": secret_key}).status_code == 400
    answer = client.post("/batch/", json={"api_key": secret_key, "batch": [{"event": "e"}, ph("kept")]})
    assert answer.status_code == 200
    assert [warning["field"] for warning in answer.json["warnings"]] == ["distinct_id"]
    assert only_event(app).name == "kept"


def test_a_retry_of_an_old_sdk_without_uuid_is_stored_once(app, client, secret_key):
    event = {"event": "e", "distinct_id": "u1", "timestamp": TIME, "properties": {"a": 1}}
    for sent_at in ("2026-05-04T12:00:00Z", "2026-05-04T12:09:00Z"):
        body = {"api_key": secret_key, "batch": [event], "sentAt": sent_at}
        assert client.post("/batch/", json=body).status_code == 200
    assert len(events(app)) == 1


def test_recordings_are_taken_and_dropped(app, client):
    assert client.post("/s/", data=b"x" * 1_000_000).json == {"status": "Ok"}
    assert events(app) == []


@pytest.mark.parametrize("path", ["/flags/?v=2", "/flags/?v=4", "/decide/?v=3", "/decide?v=4"])
def test_flags_are_answered_with_none(client, path):
    answer = client.post(path, json={"api_key": "x", "distinct_id": "u1"}).json
    assert answer["flags"] == answer["featureFlags"] == {}
    assert answer["errorsWhileComputingFlags"] is False
    assert answer["requestId"]


def test_the_config_of_a_browser_says_gzip_and_no_recording(client):
    config = client.get("/array/pk_1/config").json
    assert "gzip" in config["supportedCompression"]
    assert config["sessionRecording"] is config["hasFeatureFlags"] is False
    script = client.get("/array/pk_1/config.js")
    assert script.mimetype == "application/javascript"
    assert '"pk_1":{"config":' in script.get_data(as_text=True)


def test_a_token_in_the_config_script_cannot_become_code(client):
    script = client.get("/array/" + urllib.parse.quote('"};alert(1)+"') + "/config.js").get_data(as_text=True)
    assert '\\"};alert(1)+\\"' in script


# --- PostHog, version 1 -------------------------------------------------------------------------


def v1(key, *batch):
    headers = {"Authorization": f"Bearer {key}", "PostHog-Request-Timestamp": "2026-05-04T12:00:00Z"}
    return {"json": {"created_at": TIME, "batch": list(batch)}, "headers": headers}


def v1_event(distinct_id="u1"):
    return ph("e", distinct_id, timestamp=TIME, options={})


def test_version_1_answers_for_each_event(app, client, secret_key):
    good, bad = v1_event(), v1_event("")
    for _ in range(2):
        answer = client.post("/i/v1/analytics/events", **v1(secret_key, good, bad))
        assert answer.status_code == 200
        assert answer.json["results"][good["uuid"]] == {"result": "ok"}
        assert answer.json["results"][bad["uuid"]]["result"] == "drop"
    assert only_event(app).id == good["uuid"]


def test_version_1_refuses_in_its_own_form(client, secret_key):
    for status, request in {
        401: v1("unknown", v1_event()),
        400: v1(secret_key),
        415: v1(secret_key, v1_event()) | {"json": None, "data": b"x"},
        413: v1(secret_key) | {"json": None, "data": b" " * (posthog.MAX_BATCH + 1)},
    }.items():
        if status == 415:
            request["headers"]["Content-Encoding"] = "snappy"
        answer = client.post("/i/v1/analytics/events", **request)
        assert answer.status_code == status
        assert set(answer.json) == {"error", "error_description", "error_uri"}
