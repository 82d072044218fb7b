"""What every format in is turned into: one list of messages, and what was wrong with the rest."""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid
from typing import Any, Literal

import msgspec

from plg.events.models import MAX_ID, MAX_NAME

Kind = Literal["track", "identify", "group", "alias"]

IDENTIFIED = "Identified"
GROUPED = "Grouped"
ALIASED = "Aliased"

# Ids that a broken client sends for everybody: taken at their word they would make strangers one person.
# From PostHog's list (rust/capture/src/v1/analytics/constants.rs); compared in lower case, trimmed.
NOBODY = frozenset(
    {"", "0", "00000000-0000-0000-0000-000000000000", "[object object]", "anonymous", "anonymous-user"}
    | {"backend", "distinct_id", "distinctid", "email", "false", "guest", "id", "nan", "none"}
    | {"not_authenticated", "null", "system", "true", "undefined", "user"}
)


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a client said, whatever its format.

    `user_id` is an id by which the product says it knows the person, `anonymous_id` any other; with neither, the
    event belongs to nobody in particular. `previous_id` is the other half of an alias.
    `group_id` is the product's key for the account. `existing_only`: record it, but make no person of the id.
    In `set_traits` a value of None takes the trait away; `set_once` gives only what is not there yet.
    """

    kind: Kind
    id: str
    name: str
    occurred_at: dt.datetime
    source: str
    user_id: str | None = None
    anonymous_id: str | None = None
    previous_id: str | None = None
    group_id: str | None = None
    existing_only: bool = False
    set_traits: dict[str, Any] = {}
    set_once: dict[str, Any] = {}
    group_traits: dict[str, Any] = {}
    properties: dict[str, Any] = {}
    context: dict[str, Any] = {}

    @property
    def distinct_ids(self) -> tuple[str, ...]:
        """Every id that this message gives for one person, the one known to the product first."""
        return tuple([i for i in (self.user_id, self.previous_id, self.anonymous_id) if i is not None])


class EventFault(msgspec.Struct, frozen=True):
    """Why the event at `index` of a request was not stored (or, `stored`, was stored without its person)."""

    index: int | None
    id: str | None
    field: str
    message: str
    stored: bool = False


class Parsed(msgspec.Struct):
    """The messages of a request and the faults of those events that gave none."""

    messages: list[Message] = []
    faults: list[EventFault] = []


class EventError(Exception):
    """An event that cannot be taken: `faults` are pairs of field and reason."""

    def __init__(self, *faults: tuple[str, str]) -> None:
        super().__init__("; ".join(f"{field}: {reason}" for field, reason in faults))
        self.faults = faults


Shape = dict[str, frozenset[type]]

TEXT = frozenset({str})
OBJECT = frozenset({dict})
ID = frozenset({str, int, float})
TIME = frozenset({str, int, float})
NUMBER = frozenset({int, float})

_NAMES = {str: "text", dict: "an object", int: "a number", float: "a number"}


def check_shape(event: Any, shape: Shape) -> None:
    """Raise EventError naming each field of `event` of another type than `shape` says (null is absent)."""
    if type(event) is not dict:
        raise EventError(("", "must be an object"))
    wrong = [
        name
        for name, value in event.items()
        if value is not None and name in shape and type(value) not in shape[name]
    ]
    if wrong:
        raise EventError(*((name, f"must be {_one_of(shape[name])}") for name in wrong))


def _one_of(kinds: frozenset[type]) -> str:
    return " or ".join(sorted({_NAMES[kind] for kind in kinds}))


def as_id(value: str | int | float | None) -> str | None:
    """An id as text (numbers written out), or None where it is absent or one of NOBODY."""
    if value is None:
        return None
    if type(value) is str:
        text = value.strip()
    else:
        text = str(int(value) if type(value) is float and value.is_integer() else value)
    if len(text) > MAX_ID:
        raise EventError(("id", f"an id has at most {MAX_ID} characters"))
    return None if text.lower() in NOBODY else text


def check_name(value: Any, field: str = "event") -> str:
    """An event's name: text, not blank, at most MAX_NAME characters."""
    name = value.strip() if type(value) is str else ""
    if not name:
        raise EventError((field, "is missing"))
    if len(name) > MAX_NAME:
        raise EventError((field, f"has more than {MAX_NAME} characters"))
    return name


def message_id(given: Any, timestamp: Any, *parts: Any) -> str:
    """The id by which a retry is known: the client's own, else a hash of the event where it carries its time.

    Without id and time two equal events cannot be told from a retry, and counting both is the lesser harm.
    """
    if type(given) is str and (given := given.strip()):
        # plg's own stable ids have a colon: nobody outside may take one of them beforehand.
        return given if len(given) <= MAX_ID and ":" not in given else _hashed(given)
    if type(given) is int:
        return str(given)
    return str(uuid.uuid4()) if timestamp is None else _hashed(timestamp, *parts)


def _hashed(*parts: Any) -> str:
    content = msgspec.json.encode(parts, order="sorted")
    return str(uuid.UUID(bytes=hashlib.blake2b(content, digest_size=16).digest()))
