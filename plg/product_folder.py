"""Config as code: what a product folder would change, publishing it, writing it back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from flask import Flask

from plg import wiring
from plg.kit.db import lock
from plg.kit.errors import Fault, FolderFaults
from plg.kit.versions import digest
from plg.kit.wing import Section


@dataclass(frozen=True)
class Change:
    section: str
    key: str
    what: Literal["new", "changed", "gone", "same"]
    definition: dict[str, Any] | None = None


def plan(app: Flask, folder: Path) -> list[Change]:
    """Every definition of the folder against what is published. All faults of all files at once."""
    faults: list[Fault] = []
    changes: list[Change] = []
    for section in wiring.sections_of(app):
        try:
            changes += _changes(section, section.read(folder))
        except FolderFaults as error:
            faults += error.errors
    if faults:
        raise FolderFaults(f"{folder} cannot be published; nothing was changed.", errors=faults)
    return changes


def _changes(section: Section, wanted: dict[str, dict[str, Any]]) -> list[Change]:
    published = section.live()
    found = []
    for key, definition in wanted.items():
        what: Any = "new"
        if key in published:
            what = "same" if digest(published[key]) == digest(definition) else "changed"
        found.append(Change(section.name, key, what, definition))
    return [*found, *(Change(section.name, key, "gone") for key in published if key not in wanted)]


def apply(app: Flask, folder: Path, *, prune: bool, by: str) -> list[Change]:
    """Publish what is new or changed, in the caller's transaction. One folder at a time, so that of two at once
    the later one is published whole."""
    lock("product_folder.apply")
    changes = plan(app, folder)
    sections = {section.name: section for section in wiring.sections_of(app)}
    for name, section in sections.items():
        if section.bring is not None:
            section.bring(folder, [each.key for each in changes if each.section == name and each.definition])
    for change in changes:
        if change.what in {"new", "changed"} and change.definition is not None:
            sections[change.section].publish(change.key, change.definition, by)
        elif change.what == "gone" and prune:
            sections[change.section].retire(change.key, by)
    return changes


def export(app: Flask, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for section in wiring.sections_of(app):
        section.write(folder, section.live())
