"""Editing what is sold without a folder: the text of `plans.toml`, what it changes, and publishing that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

from plg.kit.db import lock
from plg.kit.errors import Conflict, Fault, FolderFaults
from plg.kit.versions import digest
from plg.plans import folder
from plg.plans.catalogue import CATALOGUE

MAX_TEXT: Final = 200_000
Definitions = dict[str, dict[str, Any]]


class PlansChanged(Conflict):
    """Somebody published other plans while these were edited."""


@dataclass(frozen=True)
class Change:
    """key: of a plan, or `catalogue` for everything that the plans share."""

    key: str
    what: Literal["new", "changed", "gone"]


def text_of(definitions: Definitions) -> str:
    """The text of what is published, or of what shall be; empty where nothing is."""
    return folder.written(definitions) if CATALOGUE in definitions else ""


def read(text: str) -> Definitions:
    """What a text says. Raises FolderFaults with every fault and, where the text is no TOML, its line."""
    if len(text) > MAX_TEXT:
        raise FolderFaults(errors=[Fault(folder.FILE, f"has more than {MAX_TEXT} characters")])
    return folder.parsed(text)


def mark(definitions: Definitions) -> str:
    """What tells whether somebody published something else meanwhile."""
    return digest(definitions)


def changes(wanted: Definitions) -> list[Change]:
    """What publishing would change, in the order of the text."""
    live = folder.live()
    found = [
        Change(key, "changed" if key in live else "new") for key in wanted if wanted[key] != live.get(key)
    ]
    return [*found, *(Change(key, "gone") for key in live if key not in wanted)]


def publish(text: str, seen: str, *, by: str) -> list[Change]:
    """Publish what differs as new versions; who is on an old one stays there. seen: the mark of what was edited.
    Raises FolderFaults, or PlansChanged where that is no longer what is published."""
    lock("product_folder.apply")
    wanted = read(text)
    if mark(folder.live()) != seen:
        raise PlansChanged("Other plans were published meanwhile. Nothing was changed.")
    made = changes(wanted)
    for change in made:
        if change.what == "gone":
            folder.retire(change.key, by)
        else:
            folder.publish(change.key, wanted[change.key], by)
    return made
