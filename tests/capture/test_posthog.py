"""PostHog's events become messages in version 0 and 1; what is wrong with one is said of that one alone."""

import datetime as dt
import json
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plg.capture import posthog
from plg.capture.decoding import Undecodable
from plg.capture.posthog import MixedKeys
from plg.capture.posthog_events import PROPERTIES_SHAPE, SHAPE
from plg.kit.errors import Refusal
from tests.capture.test_decoding import json_values

NOW = dt.datetime(2026, 5, 4, 12, 0, tzinfo=dt.UTC)
GROUPS = ("company", "organization")


def parse(*events, **envelope):
    body = {"api_key": "pk", "batch": list(events)} | envelope
    return posthog.parse(posthog.read_envelope(body), NOW, GROUPS)


def only(*events, **envelope):
    parsed = parse(*events, **envelope)
    assert parsed.faults == []
    (message,) = parsed.messages
    return message


def event(name, distinct_id="u1", uuid="e1", **properties):
    return {"event": name, "distinct_id": distinct_id, "uuid": uuid, "properties": properties}


def test_an_ordinary_event_carries_everything():
    message = only(
        event("report exported", rows=3, **{"$lib": "posthog-python", "$lib_version": "7"})
        | {"timestamp": "2026-05-04T11:59:00Z"}
    )
    assert (message.kind, message.name, message.id, message.source) == (
        "track",
        "report exported",
        "e1",
        "posthog",
    )
    assert message.distinct_ids == ("u1",)
    assert message.properties["rows"] == 3
    assert message.context["library"] == {"name": "posthog-python", "version": "7"}
    assert message.occurred_at == NOW - dt.timedelta(minutes=1)


def test_a_pageview_is_named_as_segments_and_keeps_its_own_name():
    message = only(event("$pageview", **{"$current_url": "https://a.b/c", "$pathname": "/c"}))
    assert message.name == "Page Viewed"
    assert message.context["original_event"] == "$pageview"
    assert message.properties["url"] == message.properties["$current_url"] == "https://a.b/c"
    assert message.properties["path"] == "/c"


def test_an_id_is_known_to_the_product_once_identify_says_so():
    assert only(event("e")).user_id is None
    assert only(event("$set")).user_id is None
    assert only(event("$identify")).user_id == "u1"


def test_a_browser_that_has_not_signed_in_is_a_person_to_be():
    message = only(event("e", "dev-1", **{"$process_person_profile": False, "$device_id": "dev-1"}))
    assert message.anonymous_id == "dev-1"
    assert not message.existing_only


def test_a_server_that_wants_no_profile_makes_no_person():
    assert only(event("e", str(uuid.uuid4()), **{"$process_person_profile": False})).existing_only


def test_identify_gives_traits_and_the_anonymous_id():
    message = only(
        event("$identify", **{"$anon_distinct_id": "dev-1", "$set": {"a": 1}}) | {"$set": {"a": 0, "b": 2}}
    )
    assert (message.kind, message.user_id, message.anonymous_id) == ("identify", "u1", "dev-1")
    assert message.set_traits == {"a": 1, "b": 2}
    assert message.context["original_event"] == "$identify"


def test_any_event_may_set_and_unset_traits_which_are_not_kept_among_its_properties():
    message = only(
        event("e", x=1, token="secret", **{"$set": {"a": 1}, "$set_once": {"b": 2}, "$unset": ["c"]})
    )
    assert (message.set_traits, message.set_once) == ({"a": 1, "c": None}, {"b": 2})
    assert message.properties == {"x": 1}


@pytest.mark.parametrize("name", ["$create_alias", "$merge_dangerously"])
def test_an_alias_gives_the_same_two_ids_from_either_sdk(name):
    from_python = only(event(name, "anon-1", alias="u1"))
    from_node = only(event(name, "u1", alias="anon-1"))
    assert set(from_python.distinct_ids) == set(from_node.distinct_ids) == {"u1", "anon-1"}
    assert from_python.kind == "alias"
    assert from_python.user_id is None


def test_the_first_group_type_that_means_the_account_wins():
    assert only(event("e", **{"$groups": {"organization": "o", "company": 7, "team": "t"}})).group_id == "7"
    assert only(event("e", **{"$groups": {"team": "t"}})).group_id is None


def test_groupidentify_of_an_account_gives_its_traits_and_makes_no_person_of_a_servers_made_up_id():
    message = only(
        event(
            "$groupidentify",
            "$company_7",
            **{"$group_type": "company", "$group_key": 7, "$group_set": {"n": 1}},
        )
    )
    assert (message.kind, message.group_id, message.group_traits) == ("group", "7", {"n": 1})
    assert message.existing_only


def test_groupidentify_of_another_type_is_an_event_like_any_other():
    message = only(event("$groupidentify", **{"$group_type": "team", "$group_key": "t"}))
    assert (message.kind, message.name) == ("track", "$groupidentify")


def test_the_old_engage_path_sets_traits():
    body = {"token": "pk", "$distinct_id": "u1", "$set": {"a": 1}}
    envelope = posthog.read_envelope(body, engage=True)
    (message,) = posthog.parse(envelope, NOW, GROUPS).messages
    assert (envelope.key, message.kind, message.set_traits) == ("pk", "identify", {"a": 1})


# --- time ---------------------------------------------------------------------------------------


def test_the_clock_is_corrected_unless_the_event_asks_not_to():
    late = {"timestamp": (NOW + dt.timedelta(hours=2)).isoformat()}
    sent_at = (NOW + dt.timedelta(hours=3)).isoformat()
    assert only(event("e") | late, sent_at=sent_at).occurred_at == NOW - dt.timedelta(hours=1)
    assert only(event("e") | late, sentAt=sent_at).occurred_at == NOW - dt.timedelta(hours=1)
    kept = event("e", **{"$ignore_sent_at": True}) | late
    assert only(kept, sent_at=sent_at).occurred_at == NOW + dt.timedelta(hours=2)


def test_an_offset_in_milliseconds_wins():
    given = event("e") | {"timestamp": "2020-01-01T00:00:00Z", "offset": 1500}
    assert only(given).occurred_at == NOW - dt.timedelta(seconds=1.5)


def test_the_querys_sending_time_serves_where_the_body_has_none():
    body = event("e") | {"timestamp": (NOW + dt.timedelta(hours=2)).isoformat()}
    envelope = posthog.read_envelope(body, NOW + dt.timedelta(hours=2))
    assert posthog.parse(envelope, NOW, GROUPS).messages[0].occurred_at == NOW


# --- ids and keys -------------------------------------------------------------------------------


def test_an_old_sdk_without_uuid_is_known_again_when_it_retries():
    plain = event("e", a=1) | {"timestamp": "2026-05-04T11:00:00Z"}
    del plain["uuid"]
    first = only(plain, sentAt="2026-05-04T11:00:01Z").id
    assert only(plain, sentAt="2026-05-04T11:07:00Z").id == first
    assert only(plain | {"distinct_id": "u2"}).id != first
    assert only(plain | {"event": "f"}).id != first


def test_the_insert_id_of_older_browsers_serves_as_id():
    plain = event("e", **{"$insert_id": "once"})
    del plain["uuid"]
    assert only(plain).id == "once"


@pytest.mark.parametrize(
    "body",
    [
        {"api_key": " pk ", "event": "e"},
        {"token": "pk", "batch": [{"event": "e"}]},
        {"batch": [{"event": "e", "properties": {"token": "pk"}}]},
        [{"event": "e", "$token": "pk"}, {"event": "e"}],
        {"event": "e", "properties": {"token": "pk"}},
    ],
)
def test_the_key_is_found_in_every_place(body):
    assert posthog.read_envelope(body).key == "pk"


def test_events_with_different_keys_are_refused():
    with pytest.raises(MixedKeys):
        posthog.read_envelope([{"event": "e", "token": "a"}, {"event": "e", "properties": {"token": "b"}}])


def test_a_long_distinct_id_is_cut_as_posthog_does():
    assert only(event("e", "x" * 300)).distinct_ids == ("x" * 200,)


@pytest.mark.parametrize("nobody", ["null", "undefined", "0", "anonymous"])
def test_an_id_that_means_nobody_is_stored_without_person_and_said(nobody):
    parsed = parse(event("e", nobody))
    assert parsed.messages[0].distinct_ids == ()
    assert [(fault.field, fault.stored) for fault in parsed.faults] == [("distinct_id", True)]


FAULTY = {
    "no name": ({"distinct_id": "u1"}, "event"),
    "a name that is a number": (event(7), "event"),
    "no distinct id": ({"event": "e"}, "distinct_id"),
    "an empty distinct id": (event("e", ""), "distinct_id"),
    "a distinct id that is a list": (event("e", ["u1"]), "distinct_id"),
    "properties that are text": ({"event": "e", "distinct_id": "u1", "properties": "x"}, "properties"),
    "traits that are a list": (event("e", **{"$set": [1]}), "$set"),
    "groups that are text": (event("e", **{"$groups": "acme"}), "$groups"),
    "an alias to nobody": (event("$create_alias", alias="null"), "alias"),
    "an identify of nobody": (event("$identify", "null"), "distinct_id"),
    "an account without key": (event("$groupidentify", **{"$group_type": "company"}), "$group_key"),
    "null": (None, ""),
}


@pytest.mark.parametrize("name", FAULTY)
def test_a_faulty_event_is_named_and_its_neighbours_are_kept(name):
    faulty, field = FAULTY[name]
    parsed = parse(event("before"), faulty, event("after"))
    assert [message.name for message in parsed.messages] == ["before", "after"]
    assert [(fault.index, fault.field, fault.stored) for fault in parsed.faults] == [(1, field, False)]


@pytest.mark.parametrize("body", [None, "x", 1, {"batch": {}}, {"batch": None}])
def test_another_outline_is_refused(body):
    with pytest.raises(Undecodable):
        posthog.read_envelope(body)


FIELDS = {field: json_values for field in SHAPE if field != "event"}
PROPERTIES = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(
        [*PROPERTIES_SHAPE, "token", "$device_id", "$group_type", "$group_key", "$unset", "$lib"], json_values
    ),
)
NAMES = (
    st.sampled_from(["e", "$identify", "$set", "$create_alias", "$groupidentify", "$pageview"]) | json_values
)
events = st.fixed_dictionaries({"event": NAMES}, optional=FIELDS | {"properties": PROPERTIES | json_values})


@given(st.lists(events | json_values, max_size=5), json_values)
def test_no_batch_raises_and_each_event_gives_a_message_or_a_fault(batch, sent_at):
    parsed = parse(*batch, sent_at=sent_at)
    lost = {fault.index for fault in parsed.faults if not fault.stored}
    assert len(parsed.messages) + len(lost) == len(batch)
    for message in parsed.messages:
        assert message.occurred_at.tzinfo is dt.UTC
        json.dumps(
            [message.properties, message.context, message.set_traits, message.set_once, message.group_traits]
        )


@given(json_values, st.booleans())
def test_no_body_raises_anything_but_a_refusal(value, engage):
    try:
        posthog.parse(posthog.read_envelope(value, engage=engage), NOW, GROUPS)
    except Refusal as refusal:
        assert refusal.status in {400, 401}
