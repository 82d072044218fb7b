"""Whatever is sent to a door, the answer is never a failure of ours, and the door goes on working."""

import gzip
import json
import zlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plg.capture import segment
from plg.capture.posthog_events import PROPERTIES_SHAPE
from plg.capture.posthog_events import SHAPE as POSTHOG_SHAPE
from tests.capture.test_decoding import json_values

PATHS = [f"/v1/{path}" for path in segment.PATHS]
PATHS += ["/batch/", "/e/", "/engage", "/capture", "/i/v0/e/", "/track", "/s/", "/flags/", "/decide"]
PATHS += ["/i/v1/analytics/events", "/i/v1/ai/events/"]

anything = json_values | st.text()  # also NUL and what databases do not like
some_id = st.sampled_from(["u1", "u2", "a1", "null", "", 7, None, "x" * 201, "ñ\0"]) | anything
event = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(
            [*segment.SHAPE, *POSTHOG_SHAPE, "sentAt", "writeKey", "options", "session_id"], anything
        ),
        **dict.fromkeys(["userId", "anonymousId", "distinct_id", "previousId", "groupId"], some_id),
        "type": st.sampled_from(sorted(segment.CALLS)),
        "event": st.sampled_from(["e", "$identify", "$create_alias", "$groupidentify", "$set", "$pageview"])
        | anything,
        "uuid": st.uuids().map(str) | anything,
        "timestamp": st.datetimes().map(str) | anything,
        "context": st.fixed_dictionaries({}, optional={"groupId": some_id}) | anything,
        "properties": anything
        | st.fixed_dictionaries(
            {},
            optional={
                **dict.fromkeys(
                    [*PROPERTIES_SHAPE, "$device_id", "$group_type", "$group_key", "$unset"], anything
                ),
                "$set": st.fixed_dictionaries(
                    {}, optional=dict.fromkeys(["email", "name", "locale"], anything)
                ),
                "$anon_distinct_id": some_id,
                "alias": some_id,
                "$group_type": st.sampled_from(["company", "team"]),
                "$groups": st.fixed_dictionaries({}, optional={"company": some_id}),
            },
        ),
        "traits": st.fixed_dictionaries(
            {}, optional=dict.fromkeys(["email", "name", "firstName", "timezone", "locale"], anything)
        )
        | anything,
    },
)
bodies = st.one_of(
    event,
    st.lists(event | anything, max_size=4),
    st.fixed_dictionaries(
        {"batch": st.lists(event | anything, max_size=4) | anything},
        optional=dict.fromkeys(
            ["sentAt", "sent_at", "context", "created_at", "historical_migration"], anything
        ),
    ),
)
wrappings = st.sampled_from([bytes, gzip.compress, zlib.compress])


@pytest.mark.parametrize("kind", ["secret", "publishable"])
def test_no_request_makes_a_door_fail(app, secret_key, publishable_key, kind):
    key = {"secret": secret_key, "publishable": publishable_key}[kind]
    client = app.test_client()

    @settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.sampled_from(PATHS), bodies, wrappings, st.sampled_from(["", "gzip", "deflate", "br"]))
    def knock(path, body, wrap, encoding):
        if type(body) is dict:
            body = body | {"api_key": key, "writeKey": key}
        headers = {"Authorization": f"Bearer {key}", "Content-Encoding": encoding}
        answer = client.post(path, data=wrap(json.dumps(body).encode()), headers=headers)
        assert answer.status_code in {200, 400, 401, 413, 415}, answer.get_data(as_text=True)

    knock()
    good = client.post("/v1/track", json={"userId": "u1", "event": "still works", "writeKey": key})
    assert good.json == {"success": True}


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_no_query_or_header_makes_a_door_fail(app, secret_key):
    client = app.test_client()
    short = st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]), max_size=60)

    @settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        st.sampled_from([*PATHS, "/array/x/config", "/v1/projects/x/settings"]),
        st.dictionaries(st.sampled_from(["data", "compression", "_", "ip", "v", "ver"]), short),
        st.dictionaries(
            st.sampled_from(
                ["Authorization", "Content-Type", "Content-Encoding", "X-Plg-Key", "Origin"]
                + ["PostHog-Sdk-Info", "PostHog-Request-Timestamp", "Access-Control-Request-Headers"]
            ),
            short,
        ),
        st.sampled_from(["GET", "POST", "OPTIONS"]),
    )
    def knock(path, query, headers, method):
        answer = client.open(path, method=method, query_string=query, headers=headers, data=b'{"event": "e"}')
        assert answer.status_code < 500, answer.get_data(as_text=True)

    knock()
