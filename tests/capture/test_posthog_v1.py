"""PostHog's version 1: the answer says of each event what became of it."""

import datetime as dt
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plg.capture import posthog_v1
from tests.capture.test_decoding import json_values
from tests.capture.test_posthog import GROUPS, NAMES, NOW, PROPERTIES

U1, U2 = str(uuid.uuid4()), str(uuid.uuid4())
HEADERS = {"sdk_info": "posthog-python/7.91", "sent_at": "2026-05-04T13:00:00Z"}


def v1_event(**fields):
    return {
        "event": "e",
        "uuid": U1,
        "distinct_id": "u1",
        "timestamp": "2026-05-04T12:59:00Z",
        "options": {},
        "properties": {"a": 1},
    } | fields


def v1(*batch):
    envelope = posthog_v1.read_envelope({"created_at": "x", "batch": list(batch)}, **HEADERS)
    parsed = posthog_v1.parse(envelope, NOW, GROUPS)
    return envelope, parsed, posthog_v1.results(envelope, parsed)


def test_version_1_reads_the_clock_and_the_library_from_its_headers():
    _, parsed, results = v1(v1_event(session_id="s1"))
    (message,) = parsed.messages
    assert message.occurred_at == NOW - dt.timedelta(minutes=1)
    assert message.context["library"] == {"name": "posthog-python", "version": "7.91"}
    assert message.properties["$session_id"] == "s1"
    assert (message.id, results) == (U1, {U1: {"result": "ok"}})


def test_version_1_says_of_each_event_what_became_of_it():
    *_, results = v1(
        v1_event(), v1_event(uuid=U2, distinct_id=""), v1_event(uuid=U1.upper(), distinct_id="null")
    )
    assert [results[u]["result"] for u in (U1, U2, U1.upper())] == ["ok", "drop", "warning"]
    assert "distinct_id" in results[U2]["details"]


@pytest.mark.parametrize(
    "fault",
    [
        {"timestamp": "soon"},
        {"timestamp": None},
        {"event": ""},
        {"distinct_id": 7},
        {"properties": []},
        {"options": {"process_person_profile": "maybe"}},
        {"options": []},
    ],
)
def test_version_1_drops_what_its_types_forbid(fault):
    _, parsed, results = v1(v1_event(**fault), v1_event(uuid=U2))
    assert len(parsed.messages) == 1
    assert [results[u]["result"] for u in (U1, U2)] == ["drop", "ok"]


def test_version_1_options_say_what_properties_did():
    _, parsed, _ = v1(v1_event(options={"disable_skew_correction": "true", "process_person_profile": 0}))
    (message,) = parsed.messages
    assert message.occurred_at == dt.datetime(2026, 5, 4, 12, 59, tzinfo=dt.UTC)
    assert message.existing_only


@pytest.mark.parametrize("bad", [None, "x", {}, {"uuid": 1}, {"uuid": "x"}])
def test_version_1_refuses_a_batch_with_an_event_that_the_answer_could_not_name(bad):
    with pytest.raises(posthog_v1.MissingEventUuid) as refused:
        v1(v1_event(), bad)
    assert [fault.field for fault in refused.value.errors] == ["batch.1.uuid"]


@given(
    st.lists(
        st.fixed_dictionaries(
            {"uuid": st.uuids().map(str)},
            optional={"event": NAMES, "options": json_values, "properties": PROPERTIES | json_values}
            | dict.fromkeys(("distinct_id", "timestamp", "session_id", "window_id"), json_values),
        ),
        min_size=1,
        max_size=4,
    )
)
def test_version_1_never_raises_and_answers_for_each_uuid(batch):
    _, parsed, results = v1(*batch)
    assert set(results) == {entry["uuid"] for entry in batch}
    assert len(parsed.messages) == sum(result["result"] != "drop" for result in results.values())
