"""A table of `plg.toml` as one part of the product folder: read, published, written back beside the other tables."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import tomli_w
from pydantic import BaseModel, ValidationError

from plg.kit import versions
from plg.kit.errors import Fault, FolderFaults
from plg.kit.versions import Versioned
from plg.kit.wing import Section

FILE = "plg.toml"


def section(key: str, shape: type[BaseModel], model: type[Versioned]) -> Section:
    """The part of the folder that is the table `[key]`, of this shape; its versions are rows of `model`.

    Reading gives nothing where the table is absent, and raises `FolderFaults` naming every fault; writing leaves the
    file's other tables as they are."""

    def read(folder: Path) -> dict[str, dict[str, Any]]:
        table = _tables(folder).get(key)
        if table is None:
            return {}
        try:
            return {key: shape.model_validate(table).model_dump(mode="json")}
        except ValidationError as error:
            places = [(".".join(map(str, (key, *each["loc"]))), each["msg"]) for each in error.errors()]
            raise FolderFaults(errors=[Fault(f"{FILE}: {place}", said) for place, said in places]) from None

    def live() -> dict[str, dict[str, Any]]:
        return {name: row.definition for name, row in versions.all_live(model).items()}

    def publish(name: str, definition: dict[str, Any], by: str) -> None:
        versions.publish(model, name, definition, by=by)

    def retire(name: str, by: str) -> None:
        versions.retire(model, name)

    def write(folder: Path, definitions: dict[str, dict[str, Any]]) -> None:
        if key in definitions:
            (folder / FILE).write_text(tomli_w.dumps(_tables(folder) | {key: definitions[key]}))

    return Section(key, read, live, publish, retire, write)


def _tables(folder: Path) -> dict[str, Any]:
    path = folder / FILE
    try:
        return tomllib.loads(path.read_text()) if path.is_file() else {}
    except tomllib.TOMLDecodeError as error:
        raise FolderFaults(errors=[Fault(FILE, str(error))]) from None
