"""PostHog's capture API, version 0: `/batch/`, `/e/`, `/capture/` and kin; version 1 is `posthog_v1`.

Source: PostHog's public `rust/capture/src` (router, payload, v0_request, token) and `rust/common/types`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from plg.capture.decoding import Undecodable
from plg.capture.messages import EventError, EventFault, Parsed
from plg.capture.posthog_events import read_event
from plg.capture.times import parse_time, skew_of
from plg.kit.errors import Unauthorized

MAX_EVENT = 2 * 1024 * 1024
MAX_BATCH = 20 * 1024 * 1024
MAX_REPLAY = 25 * 1024 * 1024


class MixedKeys(Unauthorized):
    title = "One request has one key"


class Envelope(msgspec.Struct):
    """What a request says about all of its events. `alone`: it is one event, not a batch.
    `library`: properties that name the SDK."""

    key: str | None
    events: list[Any]
    sent_at: dt.datetime | None
    alone: bool = False
    library: dict[str, str] = {}


def read_envelope(value: Any, sent_at: dt.datetime | None = None, *, engage: bool = False) -> Envelope:
    """`value` is the decoded body: one event, a list of events, or an object with a `batch`.

    `sent_at` is the query's; the body's own wins. `engage`: the old path whose event is always `$identify`.
    Raises Undecodable for another outline, MixedKeys where events name different keys.
    """
    if type(value) is list:
        return Envelope(_key_of(value), value, sent_at)
    if type(value) is not dict:
        raise Undecodable("The body must be an event, a list of events or an object with a `batch`.")
    sent_at = parse_time(value.get("sent_at") or value.get("sentAt")) or sent_at
    if "batch" not in value:
        event = {"event": "$identify"} | value if engage else value
        return Envelope(_key_of([event]), [event], sent_at, alone=True)
    if type(value["batch"]) is not list:
        raise Undecodable("`batch` must be a list of events.")
    return Envelope(_text(value, "api_key", "token") or _key_of(value["batch"]), value["batch"], sent_at)


def _key_of(events: list[Any]) -> str | None:
    keys = {key for event in events if type(event) is dict for key in _keys_in(event)}
    if len(keys) > 1:
        raise MixedKeys("The events of this request name different keys.")
    return keys.pop() if keys else None


def _keys_in(event: dict[str, Any]) -> Iterator[str]:
    properties = event.get("properties")
    key = _text(event, "token", "$token", "api_key")
    if key is None and type(properties) is dict:
        key = _text(properties, "token")
    if key is not None:
        yield key


def _text(value: dict[str, Any], *names: str) -> str | None:
    for name in names:
        text = value.get(name)
        if type(text) is str and (text := text.strip()):
            return text
    return None


def parse(envelope: Envelope, received_at: dt.datetime, account_groups: Sequence[str]) -> Parsed:
    """The messages of a request, and for each event that gives none every reason why.

    `account_groups`: the group types that mean the account, the first that an event has wins.
    """
    parsed = Parsed()
    skew = skew_of(envelope.sent_at, received_at)
    for index, event in enumerate(envelope.events):
        try:
            message = read_event(event, skew, received_at, account_groups)
        except EventError as bad:
            parsed.faults += [EventFault(index, given_uuid(event), *fault) for fault in bad.faults]
            continue
        parsed.messages.append(message)
        if message.user_id is None and message.anonymous_id is None:
            parsed.faults.append(EventFault(index, message.id, "distinct_id", "means nobody", stored=True))
    return parsed


def given_uuid(event: Any) -> str | None:
    uuid = event.get("uuid") if type(event) is dict else None
    return uuid if type(uuid) is str else None
