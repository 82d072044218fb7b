"""One event as PostHog's SDKs write it, in version 0 and 1 alike, turned into a message."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from plg.capture import messages as m
from plg.capture.messages import EventError, Message
from plg.capture.times import occurred_at
from plg.events import names

SOURCE = "posthog"

SHAPE: m.Shape = {
    "event": m.TEXT,
    "uuid": m.TEXT,
    "distinct_id": m.ID,
    "$distinct_id": m.ID,
    "timestamp": m.TIME,
    "offset": m.NUMBER,
    "properties": m.OBJECT,
    "$set": m.OBJECT,
    "$set_once": m.OBJECT,
}
PROPERTIES_SHAPE: m.Shape = {
    "distinct_id": m.ID,
    "$anon_distinct_id": m.ID,
    "alias": m.ID,
    "$set": m.OBJECT,
    "$set_once": m.OBJECT,
    "$groups": m.OBJECT,
    "$group_set": m.OBJECT,
}

# Traits belong to the person and are kept there; keys are secrets.
_NOT_KEPT = frozenset(
    {"token", "$token", "api_key", "distinct_id", "$set", "$set_once", "$unset", "$group_set"}
)
_RENAMED = {"$pageview": names.PAGE_VIEWED, "$screen": names.SCREEN_VIEWED}
# What Segment calls these properties of a view, so that one rule fits both sources.
_VIEW = {"$current_url": "url", "$pathname": "path", "$referrer": "referrer", "$screen_name": "name"}


class _Event(msgspec.Struct):
    """An event whose fields have the right types; `given` is what every kind of message takes from it.

    A distinct id is one by which the product knows somebody once `$identify` says so, and not before.
    """

    name: str
    distinct_id: str | None
    properties: dict[str, Any]
    account_groups: Sequence[str]
    given: dict[str, Any]

    def needs_somebody(self) -> None:
        if self.distinct_id is None:
            raise EventError(("distinct_id", "means nobody"))


def read_event(
    event: Any, skew: dt.timedelta, received_at: dt.datetime, account_groups: Sequence[str]
) -> Message:
    """One event as a message. Raises EventError naming what is wrong.

    `skew`: how far the client's clock is ahead. `account_groups`: the group types that mean the account; the
    first of them that an event has wins.
    """
    m.check_shape(event, SHAPE)
    properties = event.get("properties") or {}
    m.check_shape(properties, PROPERTIES_SHAPE)
    name = m.check_name(event.get("event"))
    distinct_id = _distinct_id(event, properties)
    seen = _Event(
        name,
        m.as_id(distinct_id),
        properties,
        account_groups,
        {
            "id": _message_id(event, properties, distinct_id),
            "source": SOURCE,
            "occurred_at": _occurred_at(event, properties, skew, received_at),
            "set_traits": _set_traits(event, properties),
            "set_once": _traits(event, properties, "$set_once"),
            "group_id": _group_of(properties, account_groups),
            "context": _context(name, properties),
        },
    )
    return _KINDS.get(name, _track)(seen)


def _distinct_id(event: dict[str, Any], properties: dict[str, Any]) -> Any:
    for given in (event.get("distinct_id"), event.get("$distinct_id"), properties.get("distinct_id")):
        if given is not None and given != "":
            return given[: m.MAX_ID] if type(given) is str else given
    raise EventError(("distinct_id", "is missing"))


def _message_id(event: dict[str, Any], properties: dict[str, Any], distinct_id: str | int | float) -> str:
    given = event.get("uuid") or properties.get("$insert_id")
    return m.message_id(given, event.get("timestamp"), distinct_id, event["event"], properties)


def _occurred_at(
    event: dict[str, Any], properties: dict[str, Any], skew: dt.timedelta, received_at: dt.datetime
) -> dt.datetime:
    offset = event.get("offset")
    if offset is not None:
        return occurred_at(received_at.timestamp() - offset / 1000, dt.timedelta(0), received_at)
    if properties.get("$ignore_sent_at") is True:
        skew = dt.timedelta(0)
    return occurred_at(event.get("timestamp"), skew, received_at)


def _set_traits(event: dict[str, Any], properties: dict[str, Any]) -> dict[str, Any]:
    traits = _traits(event, properties, "$set")
    unset = properties.get("$unset")
    if type(unset) is list:
        traits |= {name: None for name in unset if type(name) is str}
    return traits


def _traits(event: dict[str, Any], properties: dict[str, Any], name: str) -> dict[str, Any]:
    return {**(event.get(name) or {}), **(properties.get(name) or {})}


def _group_of(properties: dict[str, Any], account_groups: Sequence[str]) -> str | None:
    groups = properties.get("$groups")
    if groups:
        for kind in account_groups:
            if type(groups.get(kind)) in m.ID:
                return m.as_id(groups[kind])
    return None


def _context(name: str, properties: dict[str, Any]) -> dict[str, Any]:
    context: dict[str, Any] = {}
    if library := properties.get("$lib"):
        context["library"] = {"name": library, "version": properties.get("$lib_version")}
    if name in _RENAMED or name in _KINDS:
        context["original_event"] = name
    return context


def _kept(properties: dict[str, Any]) -> dict[str, Any]:
    if _NOT_KEPT.isdisjoint(properties):
        return properties
    return {name: value for name, value in properties.items() if name not in _NOT_KEPT}


# --- what each kind of event means --------------------------------------------------------------


def _track(seen: _Event) -> Message:
    properties = seen.properties
    if seen.name in _RENAMED:
        properties = properties | {
            plain: properties[own] for own, plain in _VIEW.items() if own in properties
        }
    # posthog-js says "no profile" of every visitor who has not signed in yet, and must find them again when
    # they do. A server that says so has made the id up for this one event.
    no_person = properties.get("$process_person_profile") is False and "$device_id" not in properties
    return Message(
        kind="track",
        name=_RENAMED.get(seen.name, seen.name),
        existing_only=no_person,
        properties=_kept(properties),
        anonymous_id=seen.distinct_id,
        **seen.given,
    )


def _identify(seen: _Event) -> Message:
    seen.needs_somebody()
    anonymous_id = m.as_id(seen.properties.get("$anon_distinct_id"))
    return Message(
        kind="identify", name=m.IDENTIFIED, user_id=seen.distinct_id, anonymous_id=anonymous_id, **seen.given
    )


def _set(seen: _Event) -> Message:
    seen.needs_somebody()
    return Message(kind="identify", name=m.IDENTIFIED, anonymous_id=seen.distinct_id, **seen.given)


def _alias(seen: _Event) -> Message:
    # Which of the two is the older differs by SDK, so nothing may depend on it.
    seen.needs_somebody()
    other = m.as_id(seen.properties.get("alias"))
    if other is None:
        raise EventError(("alias", "is missing or means nobody"))
    seen.given |= {"anonymous_id": other, "previous_id": seen.distinct_id}
    return Message(kind="alias", name=m.ALIASED, **seen.given)


def _group(seen: _Event) -> Message:
    properties = seen.properties
    if properties.get("$group_type") not in seen.account_groups:
        return _track(seen)
    key = properties.get("$group_key")
    seen.given["group_id"] = m.as_id(key) if type(key) in m.ID else None
    if seen.given["group_id"] is None:
        raise EventError(("$group_key", "is missing"))
    return Message(
        kind="group",
        name=m.GROUPED,
        group_traits=properties.get("$group_set") or {},
        existing_only="$device_id" not in properties,  # a server makes the id up, or sends `$company_42`
        anonymous_id=seen.distinct_id,
        **seen.given,
    )


_KINDS: dict[str, Callable[[_Event], Message]] = {
    "$identify": _identify,
    "$set": _set,
    "$create_alias": _alias,
    "$merge_dangerously": _alias,
    "$groupidentify": _group,
}
