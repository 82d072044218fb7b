"""What a wing (or a room) brings to the house, as one plain object."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from flask import Blueprint

from plg.kit.caller import Caller


@dataclass(frozen=True)
class Job:
    """Work that falls due. `run(now)` handles one batch and returns how many rows it handled; the worker
    commits after each call and calls again while there is work. An `outside` job talks to the outside world
    and commits by itself, so that no transaction is open meanwhile."""

    name: str
    run: Callable[[dt.datetime], int]
    every: dt.timedelta
    outside: bool = False


@dataclass(frozen=True)
class Section:
    """One part of the product folder (`plg plan|apply|export`).

    read(folder) -> definitions by key, or `FolderFaults` naming every fault; live() -> what is published;
    publish(key, definition, by) makes a new version; retire(key, by) ends one; write(folder, definitions)
    is read's inverse. bring(folder, keys) keeps what these definitions only name, before they are published."""

    name: str
    read: Callable[[Path], dict[str, dict[str, Any]]]
    live: Callable[[], dict[str, dict[str, Any]]]
    publish: Callable[[str, dict[str, Any], str], None]
    retire: Callable[[str, str], None]
    write: Callable[[Path, dict[str, dict[str, Any]]], None]
    bring: Callable[[Path, Collection[str]], None] | None = None


@dataclass(frozen=True)
class PersonalData:
    """A table that holds data of a person: `columns` point at the person (or hold an address of theirs)."""

    table: str
    columns: tuple[str, ...]
    meaning: str


@dataclass(frozen=True)
class PersonalCopy:
    """What a subscriber or an `outside` job keeps of declared tables outside of the database. The subscriber erases
    there when it hears `Person Erased`, the job at its next run after that."""

    kept_by: str
    tables: tuple[str, ...]
    meaning: str


@dataclass(frozen=True)
class NavItem:
    """A link of the staff or hosted pages; `label` is a msgid, `endpoint` a Flask endpoint. area: `staff`,
    `workspace`, or `staff_person`: on the page of one person, whose id the endpoint takes as `any_id`."""

    label: str
    endpoint: str
    area: str = "staff"


@dataclass(frozen=True)
class Learned:
    """Something that people of an account learned: its title by language, and by how many of them."""

    title: Mapping[str, str]
    people: int
    certified: bool


@dataclass(frozen=True)
class Learning:
    """What a wing that teaches tells the rest of the house. address(course) -> the path of its page, None where there
    is no such course. learned(account_id, since) -> what its people finished since then, the most people first.
    certificates(person_ids) -> by person the titles of what they are certified in now, by language."""

    address: Callable[[str], str | None]
    learned: Callable[[int, dt.datetime], Sequence[Learned]]
    certificates: Callable[[Collection[int]], Mapping[int, Sequence[Mapping[str, str]]]]


@dataclass(frozen=True)
class Wing:
    """`widget_state(caller, locale)` adds keys to the one state request of the widget. cli: command -> (module, what
    it does); `plg NAME` calls the module's `NAME_command`."""

    name: str
    blueprints: Sequence[Blueprint] = ()
    subscriptions: Sequence[Any] = ()
    jobs: Sequence[Job] = ()
    sections: Sequence[Section] = ()
    personal_data: Sequence[PersonalData] = ()
    nav: Sequence[NavItem] = ()
    event_names: dict[str, str] = field(default_factory=dict)
    widget_state: Callable[[Caller, str], dict[str, Any]] | None = None
    translations: Path | None = None
    learning: Learning | None = None
    cli: dict[str, tuple[str, str]] = field(default_factory=dict)


def installed_wings() -> list[Wing]:
    """The wings that installed packages offer under the entry point `plg.wings`."""
    return [entry.load() for entry in sorted(entry_points(group="plg.wings"), key=lambda e: e.name)]
