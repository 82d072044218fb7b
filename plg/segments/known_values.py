"""What there really is to ask for: plans, roles, states, the traits that people and accounts have, events that came.

Traits and events are those of the newest rows, so that asking costs the same however many there are."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from sqlalchemy import select

from plg.accounts.models import ROLES, Account
from plg.events.models import Event
from plg.kit.db import db
from plg.people.models import Person
from plg.plans import catalogue
from plg.segments import cohorts
from plg.trials import states

NEWEST: Final = 500
NEWEST_EVENTS: Final = 5000
MOST_VALUES: Final = 20
LONGEST: Final = 60
LOCALES: Final = ("es", "en")
_BARE = re.compile(r'[^."\s]+')


def of_fields() -> dict[str, list[Any]]:
    """Field -> values that it has somewhere; every trait that was seen is among the fields."""
    plans = list(catalogue.published().plans)
    known: dict[str, list[Any]] = {
        "account.plan": plans,
        "account.role": list(ROLES),
        "person.locale": list(LOCALES),
        "trial.plan": plans,
        "trial.status": list(states.ALL),
    }
    listed: dict[str, list[Any]] = {f"cohort.{each.public_id}": [True] for each in cohorts.every()}
    return known | listed | _traits("person", Person) | _traits("account", Account)


def _traits(of: str, table: type[Person] | type[Account]) -> dict[str, list[Any]]:
    newest = db.session.scalars(select(table.traits).order_by(table.id.desc()).limit(NEWEST))
    found: dict[str, dict[str, Any]] = {}
    for path, value in (each for traits in newest for each in _leaves(traits)):
        values = found.setdefault(f"{of}.traits.{path}", {})
        if len(values) < MOST_VALUES and value is not None:
            values.setdefault(repr(value), value)
    return {name: list(found[name].values()) for name in sorted(found)}


def _leaves(traits: Mapping[str, Any], start: str = "", depth: int = 0) -> Iterable[tuple[str, Any]]:
    for key, value in traits.items():
        path = start + (key if _BARE.fullmatch(key) else json.dumps(key))
        if isinstance(value, Mapping) and depth < 3:
            yield from _leaves(value, f"{path}.", depth + 1)
        elif isinstance(value, list | Mapping) or (isinstance(value, str) and len(value) > LONGEST):
            yield path, None
        else:
            yield path, value


def event_names() -> list[str]:
    """The names of the newest events, those that came most often first."""
    newest = db.session.scalars(select(Event.name).order_by(Event.position.desc()).limit(NEWEST_EVENTS))
    counts: dict[str, int] = {}
    for name in newest:
        counts[name] = counts.get(name, 0) + 1
    return sorted(counts, key=lambda name: (-counts[name], name))
