"""Segment's calls become messages; what is wrong with a call is said of that call alone."""

import base64
import datetime as dt
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plg.capture import segment
from plg.capture.decoding import Undecodable
from plg.capture.segment import EventTooLarge, key_of_header
from plg.kit.errors import Refusal
from tests.capture.test_decoding import json_values

NOW = dt.datetime(2026, 5, 4, 12, 0, tzinfo=dt.UTC)


def parse(*events, received_at=NOW, **envelope):
    return segment.parse(segment.read_envelope({"batch": list(events)} | envelope, "batch"), received_at)


def only(*events, **envelope):
    parsed = parse(*events, **envelope)
    assert parsed.faults == []
    (message,) = parsed.messages
    return message


def call(type_, **fields):
    return {"type": type_, "messageId": "m1", "userId": "u1", "anonymousId": None} | fields


def test_a_track_call_carries_everything():
    message = only(
        call(
            "track",
            event="Report Exported",
            anonymousId="anon-1",
            properties={"rows": 3},
            timestamp="2026-05-04T11:59:00Z",
            context={"groupId": "acme", "library": {"name": "x"}},
        )
    )
    assert (message.kind, message.name, message.id, message.source) == (
        "track",
        "Report Exported",
        "m1",
        "segment",
    )
    assert message.distinct_ids == ("u1", "anon-1")
    assert message.group_id == "acme"
    assert message.properties == {"rows": 3}
    assert message.context["library"] == {"name": "x"}
    assert message.occurred_at == NOW - dt.timedelta(minutes=1)


@pytest.mark.parametrize(("type_", "name"), [("page", "Page Viewed"), ("screen", "Screen Viewed")])
def test_views_have_one_name_and_keep_their_own_as_a_property(type_, name):
    message = only(call(type_, name="Pricing", category="Docs", properties={"url": "/p"}))
    assert message.name == name
    assert message.properties == {"name": "Pricing", "category": "Docs", "url": "/p"}
    assert message.context["original_event"] == type_


def test_an_identify_call_gives_traits():
    message = only(call("identify", traits={"email": "a@b.co", "plan": None}))
    assert (message.kind, message.set_traits) == ("identify", {"email": "a@b.co", "plan": None})


def test_a_group_call_gives_the_account_and_its_traits():
    message = only(call("group", groupId=42, traits={"name": "Acme"}))
    assert (message.kind, message.group_id, message.group_traits) == ("group", "42", {"name": "Acme"})


def test_an_alias_call_gives_both_ids():
    message = only(call("alias", previousId="anon-1"))
    assert (message.kind, message.user_id, message.previous_id) == ("alias", "u1", "anon-1")


@pytest.mark.parametrize("letter", "itpsga")
def test_the_browsers_one_letter_paths_name_the_call(letter):
    body = {"userId": "u1", "event": "e", "groupId": "g", "previousId": "p", "writeKey": " key "}
    envelope = segment.read_envelope(body, segment.PATHS[letter])
    assert envelope.key == "key"
    parsed = segment.parse(envelope, NOW)
    assert parsed.faults == []
    assert len(parsed.messages) == 1


def test_the_batchs_context_is_merged_into_each_event_which_wins():
    message = only(
        call("track", event="e", context={"locale": "es"}), context={"locale": "en", "app": {"name": "Shop"}}
    )
    assert message.context == {"locale": "es", "app": {"name": "Shop"}}


def test_the_skew_is_taken_from_the_batch_or_from_the_event():
    off = dt.timedelta(hours=5)
    event = call("track", event="e", timestamp=(NOW + off - dt.timedelta(minutes=3)).isoformat())
    sent = (NOW + off).isoformat()
    assert only(event, sentAt=sent).occurred_at == NOW - dt.timedelta(minutes=3)
    assert only(event | {"sentAt": sent}).occurred_at == NOW - dt.timedelta(minutes=3)


def test_numbers_are_written_out_as_ids():
    message = only(call("track", event="e", userId=42, anonymousId=7.0))
    assert message.distinct_ids == ("42", "7")


@pytest.mark.parametrize("nobody", ["null", "undefined", "[object Object]", "Anonymous", "0", 0, "NaN"])
def test_an_id_that_means_nobody_identifies_nobody(nobody):
    assert only(call("track", event="e", userId=nobody)).distinct_ids == ()
    (fault,) = parse(call("identify", userId=nobody)).faults
    assert fault.field == "userId"


FAULTY = {
    "no type": (call(None), "type"),
    "an unknown type": (call("shout"), "type"),
    "no id at all": (call("track", event="e", userId=None), "userId"),
    "empty ids": (call("track", event="e", userId="", anonymousId=""), "userId"),
    "no event name": (call("track"), "event"),
    "a blank event name": (call("track", event="  "), "event"),
    "an event name of 201 letters": (call("track", event="x" * 201), "event"),
    "properties that are a list": (call("track", event="e", properties=[1]), "properties"),
    "an id that is an object": (call("track", event="e", userId={"id": 1}), "userId"),
    "an id that is true": (call("track", event="e", userId=True), "userId"),
    "an id of 201 letters": (call("track", event="e", userId="x" * 201), "id"),
    "traits that are text": (call("identify", traits="x"), "traits"),
    "a group without an id": (call("group"), "groupId"),
    "an alias without the other id": (call("alias"), "previousId"),
    "text": ("hello", ""),
    "null": (None, ""),
}


@pytest.mark.parametrize("name", FAULTY)
def test_a_faulty_call_is_named_and_its_neighbours_are_kept(name):
    event, field = FAULTY[name]
    parsed = parse(call("track", event="before"), event, call("track", event="after"))
    assert [message.name for message in parsed.messages] == ["before", "after"]
    assert [(fault.index, fault.field) for fault in parsed.faults] == [(1, field)]


def test_every_wrong_field_of_a_call_is_named():
    parsed = parse(call("track", event=1, properties=[], context="x"))
    assert {fault.field for fault in parsed.faults} == {"event", "properties", "context"}
    assert {fault.id for fault in parsed.faults} == {"m1"}


def test_a_retry_without_id_is_known_by_its_content_and_time():
    event = {"type": "track", "userId": "u1", "event": "e", "timestamp": "2026-05-04T11:00:00Z"}
    first = only(event, sentAt="2026-05-04T12:00:00Z").id
    assert only(dict(reversed(event.items())), sentAt="2026-05-04T12:05:00Z").id == first
    assert only(event | {"properties": {"a": 1}}).id != first


def test_equal_events_without_id_and_time_are_two():
    event = {"type": "track", "userId": "u1", "event": "e"}
    assert only(event).id != only(event).id


@pytest.mark.parametrize("body", [None, [], "x", 1, {"batch": {}}, {"batch": "x"}, {}])
def test_another_outline_is_refused(body):
    with pytest.raises(Undecodable):
        segment.read_envelope(body, "batch")


def test_every_event_over_32_kb_is_named():
    big = call("track", event="e", properties={"x": "y" * segment.MAX_EVENT})
    with pytest.raises(EventTooLarge) as refused:
        segment.check_event_sizes([call("track"), big, call("track"), big])
    assert [fault.field for fault in refused.value.errors] == ["batch.1", "batch.3"]


def test_an_event_of_32_kb_passes():
    segment.check_event_sizes([{"x": "y" * (segment.MAX_EVENT - len('{"x":""}'))}])


@pytest.mark.parametrize(
    ("header", "key"),
    [
        ("Basic " + base64.b64encode(b"pk_1:").decode(), "pk_1"),
        ("basic " + base64.b64encode(b"pk_1").decode(), "pk_1"),
        ("Basic " + base64.b64encode(b":").decode(), None),
        ("Basic ñ%%", None),
        ("Basic", None),
        ("Bearer pk_1", None),
        ("", None),
    ],
)
def test_the_key_is_read_from_basic_credentials_with_or_without_colon(header, key):
    assert key_of_header(header) == key


FIELDS = [*segment.SHAPE, "sentAt", "writeKey"]
calls = st.fixed_dictionaries(
    {"type": st.sampled_from(["track", "identify", "group", "alias", "page", "screen"]) | json_values},
    optional={field: json_values for field in FIELDS if field != "type"},
)


@given(st.lists(calls | json_values, max_size=5), json_values, json_values)
def test_no_batch_raises_and_each_event_gives_a_message_or_a_fault(events, sent_at, context):
    parsed = parse(*events, sentAt=sent_at, context=context)
    assert len(parsed.messages) + len({fault.index for fault in parsed.faults}) == len(events)
    for message in parsed.messages:
        assert message.id
        assert message.name
        assert message.occurred_at.tzinfo is dt.UTC
        json.dumps([message.properties, message.context, message.set_traits, message.group_traits])


@given(json_values, st.sampled_from(sorted(segment.PATHS)))
def test_no_body_raises_anything_but_a_refusal(value, path):
    try:
        segment.parse(segment.read_envelope(value, segment.PATHS[path]), NOW)
    except Refusal as refusal:
        assert refusal.status == 400
