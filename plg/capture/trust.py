"""How far a sender is believed. A secret key speaks for the product. A publishable one stands in every browser,
so whoever reads a page can send with it: it may tell what happened, but not who belongs to whom."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from flask import current_app

from plg.capture.messages import EventFault, Message, Parsed
from plg.events import names
from plg.events.stream import LoggedEvent
from plg.people.people import NAMES

# Segment's B2B SaaS events and views: the product's own, whoever sends them.
_OPEN = frozenset(
    {names.SIGNED_UP, names.SIGNED_IN, names.ACCOUNT_CREATED, names.ACCOUNT_ADDED_USER}
    | {names.ACCOUNT_REMOVED_USER, names.INVITE_SENT, names.TRIAL_STARTED, names.TRIAL_ENDED}
    | {names.PAGE_VIEWED, names.SCREEN_VIEWED}
)
_NOBODYS = frozenset({names.PEOPLE_MERGED})
# A stranger who could change an address would get somebody else's mail, and with a name they would write in it.
_ONLY_ONCE = frozenset({"email", "$email"}) | NAMES

# A UUID, or posthog-js's longer ids of before.
_DRAWN = re.compile(r"(?:[0-9a-fA-F]-?){32,}")

_HEARD = "plg_heard_only"

Traits = dict[str, Any]


def is_believed(event: LoggedEvent) -> bool:
    """Whether plg recorded it or the product's server told it: not a browser, and not the history of a file."""
    return event.source != "import" and not event.context.get(_HEARD)


@dataclass(frozen=True)
class Sender:
    """Who sends: `by` for the audit; `trusted` with a secret key."""

    by: str
    trusted: bool

    def filter(self, parsed: Parsed) -> Parsed:
        """Without the events that are not this sender's to tell: those that plg records itself."""
        refused = self.refused_names()
        if refused.isdisjoint(message.name for message in parsed.messages):
            return parsed
        kept: list[Message] = []
        faults = list(parsed.faults)
        for message in parsed.messages:
            if message.name in refused:
                faults.append(EventFault(None, message.id, "event", "is recorded by plg itself"))
            else:
                kept.append(message)
        return Parsed(kept, faults)

    def refused_names(self) -> frozenset[str]:
        return _NOBODYS if self.trusted else _own_names()

    def may_bring(self, distinct_id: str) -> bool:
        """Whether the sender may say that this id is theirs, too. A browser brings what its SDK drew at random; an
        id that could be guessed may be tomorrow's customer, as whom the sender would then be known."""
        return self.trusted or _DRAWN.fullmatch(distinct_id) is not None

    def mark(self, context: dict[str, Any]) -> dict[str, Any]:
        """The context of an event, with a mark where its sender is heard and not believed."""
        return context if self.trusted else {**context, _HEARD: True}

    def believed(self, traits: Traits, once: Traits) -> tuple[Traits, Traits]:
        """The traits to set, and those to set only where there are none yet."""
        if self.trusted or _ONLY_ONCE.isdisjoint(traits):
            return traits, once
        kept = {name: value for name, value in traits.items() if name not in _ONLY_ONCE}
        return kept, once | {name: traits[name] for name in _ONLY_ONCE & traits.keys()}


def _own_names() -> frozenset[str]:
    """Names of the events that plg and its wings record."""
    found: frozenset[str] | None = current_app.extensions.get("plg.capture.own_names")
    if found is None:
        wings = current_app.extensions["plg.wings"]
        found = frozenset(names.MEANINGS).union(*(wing.event_names for wing in wings)) - _OPEN
        current_app.extensions["plg.capture.own_names"] = found
    return found
