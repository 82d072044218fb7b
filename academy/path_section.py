"""The academy's learning paths as a part of the product folder: `academy/paths/`."""

from __future__ import annotations

from pathlib import Path as Folder
from typing import Any

from academy import paths
from academy.journey_models import PathVersion
from academy.path_folder import read_paths, write_paths
from academy.section import FOLDER
from plg.kit import versions
from plg.kit.wing import Section


def read(folder: Folder) -> dict[str, dict[str, Any]]:
    """Every path of a product folder as it would be published; FolderFaults names all faults."""
    return {key: paths.definition_of(path) for key, path in read_paths(folder / FOLDER).items()}


def live() -> dict[str, dict[str, Any]]:
    """What is published, by key."""
    return {key: row.definition for key, row in versions.all_live(PathVersion).items()}


def publish(key: str, definition: dict[str, Any], by: str) -> None:
    """Make this the live version."""
    paths.publish(key, definition, by=by)


def retire(key: str, by: str) -> None:
    """Take the path out of the catalogue."""
    paths.retire(key)


def write(folder: Folder, definitions: dict[str, dict[str, Any]]) -> None:
    """The inverse of `read`."""
    write_paths(folder / FOLDER, definitions)


PATHS = Section("paths", read, live, publish, retire, write)
