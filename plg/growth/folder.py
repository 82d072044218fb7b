"""`plg.toml`, its [growth] table: read, published, written back beside the other tables."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import tomli_w
from pydantic import ValidationError

from plg.growth.config import KEY, GrowthConfig
from plg.growth.models import GrowthVersion
from plg.kit import versions
from plg.kit.errors import Fault, FolderFaults
from plg.kit.wing import Section

FILE = "plg.toml"


def read(folder: Path) -> dict[str, dict[str, Any]]:
    """The definition under `growth`, nothing where the table is absent. Raises `FolderFaults`."""
    table = _tables(folder).get(KEY)
    if table is None:
        return {}
    try:
        return {KEY: GrowthConfig.model_validate(table).model_dump(mode="json")}
    except ValidationError as error:
        faults = [Fault(f"{FILE}: growth.{'.'.join(map(str, e['loc']))}", e["msg"]) for e in error.errors()]
        raise FolderFaults(errors=faults) from None


def live() -> dict[str, dict[str, Any]]:
    return {key: row.definition for key, row in versions.all_live(GrowthVersion).items()}


def publish(key: str, definition: dict[str, Any], by: str) -> None:
    versions.publish(GrowthVersion, key, definition, by=by)


def retire(key: str, by: str) -> None:
    versions.retire(GrowthVersion, key)


def write(folder: Path, definitions: dict[str, dict[str, Any]]) -> None:
    """`read`'s inverse; the file's other tables stay."""
    if KEY in definitions:
        (folder / FILE).write_text(tomli_w.dumps(_tables(folder) | {KEY: definitions[KEY]}))


def _tables(folder: Path) -> dict[str, Any]:
    path = folder / FILE
    try:
        return tomllib.loads(path.read_text()) if path.is_file() else {}
    except tomllib.TOMLDecodeError as error:
        raise FolderFaults(errors=[Fault(FILE, str(error))]) from None


section = Section("growth", read, live, publish, retire, write)
