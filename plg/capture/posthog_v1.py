"""PostHog's capture API, version 1: `/i/v1/analytics/events`, whose answer says what became of each event.

Source: PostHog's public `rust/capture/src/v1` (analytics, constants, error).
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

from plg.capture import messages as m
from plg.capture.decoding import Undecodable
from plg.capture.messages import EventError, EventFault, Parsed
from plg.capture.posthog import Envelope
from plg.capture.posthog_events import read_event
from plg.capture.times import parse_time, skew_of
from plg.kit.errors import BadRequest, Fault

SHAPE: m.Shape = {
    "event": m.TEXT,
    "uuid": m.TEXT,
    "distinct_id": m.TEXT,
    "timestamp": m.TEXT,
    "session_id": m.TEXT,
    "window_id": m.TEXT,
    "options": m.OBJECT,
    "properties": m.OBJECT,
}
_REQUIRED = ("event", "distinct_id", "timestamp")
_TRUE = {"true": True, "1": True, "false": False, "0": False}
# The field of `options` and the property that says the same in version 0.
_OPTIONS = {
    "disable_skew_correction": "$ignore_sent_at",
    "process_person_profile": "$process_person_profile",
    "cookieless_mode": "$cookieless_mode",
}


class MissingEventUuid(BadRequest):
    title = "Every event needs a uuid"


class EmptyBatch(BadRequest):
    title = "The batch is empty"


def key_of_header(authorization: str) -> str | None:
    scheme, _, key = authorization.partition(" ")
    return key.strip() or None if scheme.lower() == "bearer" else None


def read_envelope(value: Any, *, sdk_info: str = "", sent_at: str | None = None) -> Envelope:
    """`value` is the decoded body; `sdk_info` and `sent_at` are the headers PostHog-Sdk-Info (`name/version`)
    and PostHog-Request-Timestamp. Its key stands in the Authorization header.
    Raises Undecodable, EmptyBatch, and MissingEventUuid where the answer could not name an event."""
    if type(value) is not dict or type(value.get("batch")) is not list:
        raise Undecodable("The body must be an object with a list `batch`.")
    events = value["batch"]
    if not events:
        raise EmptyBatch
    faults = [
        Fault(f"batch.{i}.uuid", "is missing or no UUID") for i, e in enumerate(events) if not _has_uuid(e)
    ]
    if faults:
        raise MissingEventUuid(MissingEventUuid.title + ".", errors=faults)
    name, _, version = sdk_info[:200].partition("/")
    library = {"$lib": name, "$lib_version": version} if name else {}
    return Envelope(None, events, parse_time(sent_at), library=library)


def _has_uuid(event: Any) -> bool:
    try:
        uuid.UUID(event["uuid"].strip())
    except (TypeError, KeyError, AttributeError, ValueError):
        return False
    return True


def parse(envelope: Envelope, received_at: dt.datetime, account_groups: Sequence[str]) -> Parsed:
    """The messages of a request, and for each event that gives none every reason why."""
    parsed = Parsed()
    skew = skew_of(envelope.sent_at, received_at)
    for index, event in enumerate(envelope.events):
        try:
            message = read_event(_as_version_0(event, envelope.library), skew, received_at, account_groups)
        except EventError as bad:
            parsed.faults += [EventFault(index, event["uuid"], *fault) for fault in bad.faults]
            continue
        parsed.messages.append(message)
        if message.user_id is None and message.anonymous_id is None:
            parsed.faults.append(EventFault(index, event["uuid"], "distinct_id", "means nobody", stored=True))
    return parsed


def _as_version_0(event: dict[str, Any], library: dict[str, str]) -> dict[str, Any]:
    m.check_shape(event, SHAPE)
    missing = [field for field in _REQUIRED if not event.get(field)]
    if missing:
        raise EventError(*((field, "is missing") for field in missing))
    if parse_time(event["timestamp"]) is None:
        raise EventError(("timestamp", "is no RFC 3339 time"))
    properties = library | (event.get("properties") or {}) | _options(event.get("options") or {})
    for field in ("session_id", "window_id"):
        if event.get(field):
            properties[f"${field}"] = event[field]
    return {
        "event": event["event"],
        "uuid": event["uuid"].strip(),
        "distinct_id": event["distinct_id"].strip(),
        "timestamp": event["timestamp"],
        "properties": properties,
    }


def _options(options: dict[str, Any]) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    for field, name in _OPTIONS.items():
        value = options.get(field)
        if value is not None:
            properties[name] = _as_bool(value, f"options.{field}")
    if type(options.get("product_tour_id")) in {str, int}:
        properties["$product_tour_id"] = str(options["product_tour_id"])
    return properties


def _as_bool(value: Any, field: str) -> bool:
    if type(value) is str and value.strip().lower() in _TRUE:
        return _TRUE[value.strip().lower()]
    if type(value) in (bool, int, float):
        return bool(value)
    raise EventError((field, "must be true or false"))


def results(envelope: Envelope, parsed: Parsed) -> dict[str, dict[str, str]]:
    """What became of each event, by its uuid: `ok`, `warning` (stored without a person) or `drop`."""
    outcome = {event["uuid"]: {"result": "ok"} for event in envelope.events}
    for fault in parsed.faults:
        details = f"{fault.field} {fault.message}"
        outcome[str(fault.id)] = {"result": "warning" if fault.stored else "drop", "details": details}
    return outcome
