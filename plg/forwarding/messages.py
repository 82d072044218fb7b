"""How an event of the log looks in PostHog: one id for each person for ever, `$groups` for the account.

PostHog's side of it: posthog.com/docs/api/capture (`$set`, `$groupidentify`, `$merge_dangerously`).
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from plg.events import names
from plg.events.stream import LoggedEvent

GROUP_TYPE = "account"
ORIGIN = "plg_event_id"
"""Property of every forwarded event: the id in plg's log. What carries it already came from here."""
RENAMED = {
    names.PAGE_VIEWED: "$pageview",
    names.SCREEN_VIEWED: "$screen",
    "Identified": "$identify",
    names.PEOPLE_MERGED: "$merge_dangerously",
    names.EXPERIMENT_EXPOSED: "$feature_flag_called",
}
# Said by other messages: the account's traits go out with its events, a merge as `People Merged`.
LEFT_OUT = frozenset({"Grouped", "Aliased"})
_NOT_SENT = frozenset({"$groups", "$set", "$set_once", "$lib", "$lib_version"})


@dataclass(frozen=True)
class Known:
    """What PostHog shall know of a person or an account: its id there, and its properties."""

    key: str
    properties: Mapping[str, Any]


@dataclass(frozen=True)
class Message:
    """The arguments of one `capture` call."""

    event: str
    distinct_id: str
    timestamp: dt.datetime
    uuid: str
    properties: dict[str, Any]
    groups: dict[str, str] = field(default_factory=dict)


def messages(
    events: Iterable[LoggedEvent], people: Mapping[int, Known], accounts: Mapping[int, Known]
) -> list[Message]:
    """One message for each event, in order; each person and account is described with its first one.

    people, accounts: by record id; an event whose person and account are both unknown is left out.
    """
    found: list[Message] = []
    described: set[tuple[str, int]] = set()
    for event in events:
        person = people.get(event.person_id or 0)
        account = accounts.get(event.account_id or 0)
        if account and ("account", event.account_id) not in described:
            described.add(("account", event.account_id or 0))
            found.append(_group(event, account))
        if (person or account) and event.name not in LEFT_OUT:
            first = ("person", event.person_id or 0) not in described
            described.add(("person", event.person_id or 0))
            found.append(_message(event, person, account, people, describe=first))
    return found


def _message(
    event: LoggedEvent,
    person: Known | None,
    account: Known | None,
    people: Mapping[int, Known],
    *,
    describe: bool,
) -> Message:
    properties = {key: value for key, value in event.properties.items() if key not in _NOT_SENT}
    properties[ORIGIN] = event.id
    if person is None:
        properties["$process_person_profile"] = False
    elif describe:
        properties["$set"] = dict(person.properties)
    if event.name == names.PEOPLE_MERGED:
        merged = people.get(event.properties.get("from_person_id", 0))
        properties["alias"] = merged.key if merged else event.properties.get("from_person")
    elif event.name == names.EXPERIMENT_EXPOSED:
        properties["$feature_flag"] = event.properties.get("experiment")
        properties["$feature_flag_response"] = event.properties.get("variant")
    elif event.name == names.PAGE_VIEWED and "url" in properties:
        properties["$current_url"] = properties["url"]
    groups = {GROUP_TYPE: account.key} if account else {}
    distinct_id = person.key if person else f"account:{account.key if account else ''}"
    name = RENAMED.get(event.name, event.name)
    return Message(name, distinct_id, event.occurred_at, as_uuid(event.id), properties, groups)


def _group(event: LoggedEvent, account: Known) -> Message:
    about: dict[str, Any] = {
        "$group_type": GROUP_TYPE,
        "$group_key": account.key,
        "$group_set": dict(account.properties),
    }
    about |= {ORIGIN: event.id, "$process_person_profile": False}
    distinct_id = f"${GROUP_TYPE}_{account.key}"
    moment, id = event.occurred_at, as_uuid(f"group of {event.id}")
    return Message("$groupidentify", distinct_id, moment, id, about)


def as_uuid(event_id: str) -> str:
    """PostHog knows a repeated event by its uuid: the id itself where it is one, else one made from it."""
    try:
        return str(uuid.UUID(event_id))
    except ValueError:
        return str(uuid.uuid5(uuid.NAMESPACE_OID, event_id))


def came_from_here(event: LoggedEvent) -> bool:
    """Whether PostHog sent back what it was sent."""
    return ORIGIN in event.properties


def ids_of(events: Sequence[LoggedEvent]) -> tuple[set[int], set[int]]:
    """The records of people (those merged away too) and of accounts that these events speak of."""
    people = {event.person_id for event in events if event.person_id is not None}
    for event in events:
        if event.name == names.PEOPLE_MERGED:
            people |= {event.properties.get("from_person_id", 0), event.properties.get("into_person_id", 0)}
    return people, {event.account_id for event in events if event.account_id is not None}
