"""Segment's HTTP tracking API: `/v1/track` and its sisters, `/v1/batch`, and the browser's one-letter paths.

Source: Segment's public documentation, `connections/sources/catalog/libraries/server/http-api` and
`connections/spec/common`. An event that says too little is still answered with 200, as there.
"""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Callable
from typing import Any

import msgspec

from plg.capture import messages as m
from plg.capture.decoding import Undecodable
from plg.capture.messages import EventError, EventFault, Message, Parsed
from plg.capture.times import occurred_at, parse_time, skew_of
from plg.events import names
from plg.kit.errors import Fault, TooLarge

SOURCE = "segment"
MAX_EVENT = 32 * 1024
MAX_BATCH = 500 * 1024

PATHS = {
    "identify": "identify",
    "track": "track",
    "page": "page",
    "screen": "screen",
    "group": "group",
    "alias": "alias",
    "batch": "batch",
    "import": "batch",
    "i": "identify",
    "t": "track",
    "p": "page",
    "s": "screen",
    "g": "group",
    "a": "alias",
    "b": "batch",
}

SHAPE: m.Shape = {
    "type": m.TEXT,
    "messageId": frozenset({str, int}),
    "userId": m.ID,
    "anonymousId": m.ID,
    "previousId": m.ID,
    "groupId": m.ID,
    "timestamp": m.TIME,
    "event": m.TEXT,
    "name": m.TEXT,
    "category": m.TEXT,
    "properties": m.OBJECT,
    "traits": m.OBJECT,
    "context": m.OBJECT,
}

_encode = msgspec.json.Encoder().encode


class EventTooLarge(TooLarge):
    title = "An event is too large"


class Envelope(msgspec.Struct):
    """What a request says about all of its events: its key, when it was sent, the shared context."""

    key: str | None
    events: list[Any]
    sent_at: dt.datetime | None
    context: dict[str, Any] = {}


def read_envelope(value: Any, call: str) -> Envelope:
    """`value` is the decoded body, `call` one of the values of PATHS. Raises Undecodable."""
    if type(value) is not dict:
        raise Undecodable("The body must be a JSON object.")
    key = value.get("writeKey")
    key = key.strip() if type(key) is str else None
    sent_at = parse_time(value.get("sentAt"))
    if call != "batch":
        return Envelope(key, [value | {"type": call}], sent_at)
    events, context = value.get("batch"), value.get("context")
    if type(events) is not list:
        raise Undecodable("`batch` must be a list of calls.")
    return Envelope(key, events, sent_at, context if type(context) is dict else {})


def check_event_sizes(events: list[Any]) -> None:
    """Raise EventTooLarge naming every event over 32 KB."""
    sizes = [len(_encode(event)) for event in events]
    faults = [
        Fault(f"batch.{index}", f"has {size} bytes, more than {MAX_EVENT}")
        for index, size in enumerate(sizes)
        if size > MAX_EVENT
    ]
    if faults:
        raise EventTooLarge(f"An event has at most {MAX_EVENT} bytes.", errors=faults)


def parse(envelope: Envelope, received_at: dt.datetime) -> Parsed:
    """The messages of a request, and for each event that gives none every reason why."""
    parsed = Parsed()
    shared = skew_of(envelope.sent_at, received_at)
    for index, event in enumerate(envelope.events):
        try:
            skew = shared
            if envelope.sent_at is None and type(event) is dict and "sentAt" in event:
                skew = skew_of(parse_time(event["sentAt"]), received_at)
            parsed.messages.append(read_call(event, skew, received_at, envelope.context))
        except EventError as bad:
            given = event.get("messageId") if type(event) is dict else None
            number = given if type(given) is str else None
            parsed.faults += [EventFault(index, number, field, reason) for field, reason in bad.faults]
    return parsed


def read_call(
    event: Any, skew: dt.timedelta, received_at: dt.datetime, shared_context: dict[str, Any] | None = None
) -> Message:
    """One call as a message; `skew`: how far the client's clock is ahead. Raises EventError naming what is wrong."""
    m.check_shape(event, SHAPE)
    get = event.get
    user_id, anonymous_id = get("userId"), get("anonymousId")
    if user_id in (None, "") and anonymous_id in (None, ""):
        raise EventError(("userId", "one of userId and anonymousId is needed"))
    call = get("type")
    if call not in CALLS:
        raise EventError(("type", f"must be one of {', '.join(CALLS)}"))
    context = get("context") or {}
    if shared_context:
        context = shared_context | context
    timestamp = get("timestamp")
    sent = (
        {key: value for key, value in event.items() if key not in _PER_ATTEMPT}
        if not get("messageId")
        else None
    )
    return CALLS[call](
        event,
        {
            "id": m.message_id(get("messageId"), timestamp, sent),
            "user_id": m.as_id(user_id),
            "anonymous_id": m.as_id(anonymous_id),
            "group_id": _group_of(context),
            "occurred_at": occurred_at(timestamp, skew, received_at),
            "context": context,
            "source": SOURCE,
        },
    )


_PER_ATTEMPT = frozenset({"sentAt", "writeKey"})


def _group_of(context: dict[str, Any]) -> str | None:
    group = context.get("groupId")
    return m.as_id(group) if type(group) in m.ID else None


def _track(event: dict[str, Any], given: dict[str, Any]) -> Message:
    name = m.check_name(event.get("event"))
    return Message(kind="track", name=name, properties=event.get("properties") or {}, **given)


def _view(name: str) -> Callable[[dict[str, Any], dict[str, Any]], Message]:
    def view(event: dict[str, Any], given: dict[str, Any]) -> Message:
        named = {key: event[key] for key in ("name", "category") if event.get(key)}
        given["context"] = given["context"] | {"original_event": event["type"]}
        return Message(kind="track", name=name, properties=named | (event.get("properties") or {}), **given)

    return view


def _identify(event: dict[str, Any], given: dict[str, Any]) -> Message:
    _someone(given)
    return Message(kind="identify", name=m.IDENTIFIED, set_traits=event.get("traits") or {}, **given)


def _group(event: dict[str, Any], given: dict[str, Any]) -> Message:
    _someone(given)
    given["group_id"] = m.as_id(event.get("groupId"))
    if given["group_id"] is None:
        raise EventError(("groupId", "is missing"))
    return Message(kind="group", name=m.GROUPED, group_traits=event.get("traits") or {}, **given)


def _alias(event: dict[str, Any], given: dict[str, Any]) -> Message:
    previous_id = m.as_id(event.get("previousId"))
    _someone(given)
    if previous_id is None:
        raise EventError(("previousId", "is missing"))
    return Message(kind="alias", name=m.ALIASED, previous_id=previous_id, **given)


def _someone(given: dict[str, Any]) -> None:
    if given["user_id"] is None and given["anonymous_id"] is None:
        raise EventError(("userId", "is an id that means nobody"))


CALLS: dict[str, Callable[[dict[str, Any], dict[str, Any]], Message]] = {
    "track": _track,
    "page": _view(names.PAGE_VIEWED),
    "screen": _view(names.SCREEN_VIEWED),
    "identify": _identify,
    "group": _group,
    "alias": _alias,
}


def key_of_header(authorization: str) -> str | None:
    """The key in `Basic base64("key:")`, with or without the colon; None for a missing or other header."""
    scheme, _, content = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        text = base64.b64decode(content.strip(), validate=True).decode()
    except ValueError:
        return None
    return text.partition(":")[0].strip() or None
