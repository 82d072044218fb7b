"""What the PostHog stand-in knows: events, the persons behind their distinct ids, and groups."""

from __future__ import annotations

import json
import threading
import uuid
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

MOST_EVENTS = 20_000
MERGES = {"$identify": "$anon_distinct_id", "$create_alias": "alias", "$merge_dangerously": "alias"}


@dataclass
class Person:
    """Everyone who turned out to be the same: all distinct ids, and the properties set on any of them."""

    distinct_ids: list[str]
    properties: dict[str, Any] = field(default_factory=dict)
    events: int = 0

    @property
    def name(self) -> str:
        """The best name there is for people to read."""
        return str(self.properties.get("name") or self.properties.get("email") or self.distinct_ids[0])


class PosthogStore:
    """Thread-safe; keeps the newest `MOST_EVENTS` events and, in `folder`, a file of all of them."""

    def __init__(self, folder: Path | None = None) -> None:
        self._lock = threading.Lock()
        self._file = folder / "events.jsonl" if folder else None
        self._events: deque[dict[str, Any]] = deque(maxlen=MOST_EVENTS)
        self._seen: set[str] = set()
        self._people: dict[str, Person] = {}
        self.groups: dict[tuple[str, str], dict[str, Any]] = {}
        if folder:
            folder.mkdir(parents=True, exist_ok=True)
        if self._file and self._file.exists():
            for line in self._file.read_text().splitlines():
                self._take_in(json.loads(line))

    def add(self, events: list[dict[str, Any]]) -> None:
        """Take in events as they came (each with `event` and `distinct_id`); a known uuid is left out."""
        received_at = datetime.now(UTC).isoformat()
        with self._lock:
            new = [self._stamped(event, received_at) for event in events]
            kept = [event for event in new if self._take_in(event)]
            if self._file and kept:
                with self._file.open("a") as file:
                    file.writelines(json.dumps(event) + "\n" for event in kept)

    def events(self, distinct_id: str | None = None, name: str | None = None) -> list[dict[str, Any]]:
        """Newest first; `distinct_id` gives all events of the person whom it belongs to."""
        with self._lock:
            ids = set(self._ids_of(distinct_id)) if distinct_id else None
            return [
                event
                for event in reversed(self._events)
                if (ids is None or event["distinct_id"] in ids) and name in (None, event["event"])
            ]

    def people(self) -> list[Person]:
        """Each person once, the latest to appear first."""
        with self._lock:
            return list(reversed({id(person): person for person in self._people.values()}.values()))

    def person(self, distinct_id: str) -> Person | None:
        """Who has this distinct id, or None."""
        return self._people.get(distinct_id)

    def _ids_of(self, distinct_id: str) -> list[str]:
        person = self._people.get(distinct_id)
        return person.distinct_ids if person else [distinct_id]

    def _stamped(self, event: dict[str, Any], received_at: str) -> dict[str, Any]:
        defaults = {"uuid": str(uuid.uuid4()), "timestamp": received_at, "properties": {}}
        sent = {key: value for key, value in event.items() if value is not None}
        return {**defaults, **sent, "distinct_id": str(event["distinct_id"]), "received_at": received_at}

    def _take_in(self, event: dict[str, Any]) -> bool:
        if event["uuid"] in self._seen:
            return False
        self._seen.add(event["uuid"])
        self._events.append(event)
        properties = event["properties"]
        if properties.get("$process_person_profile") is not False:
            self._tell_person(event, properties)
        if event["event"] == "$groupidentify":
            group = (str(properties.get("$group_type")), str(properties.get("$group_key")))
            self.groups.setdefault(group, {}).update(properties.get("$group_set", {}))
        return True

    def _tell_person(self, event: dict[str, Any], properties: dict[str, Any]) -> None:
        other = properties.get(MERGES.get(event["event"], ""))
        person = self._merged(event["distinct_id"], str(other) if other else event["distinct_id"])
        person.events += 1
        for source in (event, properties):
            person.properties = {**source.get("$set_once", {}), **person.properties, **source.get("$set", {})}

    def _merged(self, distinct_id: str, other: str) -> Person:
        person = self._people.setdefault(distinct_id, Person([distinct_id]))
        absorbed = self._people.setdefault(other, Person([other]))
        if absorbed is not person:
            person.distinct_ids += absorbed.distinct_ids
            person.properties = absorbed.properties | person.properties
            person.events += absorbed.events
            self._people |= dict.fromkeys(absorbed.distinct_ids, person)
        return person
