"""`plans.toml`: read, published, written back."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import tomli_w
from pydantic import ValidationError

from plg.kit import versions
from plg.kit.errors import Fault, FolderFaults
from plg.kit.wing import Section
from plg.plans.catalogue import CATALOGUE
from plg.plans.features import MEANT
from plg.plans.models import PlanVersion
from plg.plans.schemas import Catalogue, PlansFile

FILE = "plans.toml"


def read(folder: Path) -> dict[str, dict[str, Any]]:
    """The plans by key, and the rest of the file under `catalogue`."""
    path = folder / FILE
    return parsed(path.read_text()) if path.is_file() else {}


def parsed(text: str) -> dict[str, dict[str, Any]]:
    """The same of the file's text. Raises FolderFaults with every fault."""
    try:
        file = PlansFile(**tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise FolderFaults(errors=[Fault(FILE, str(error))]) from None
    except ValidationError as error:
        faults = [Fault(f"{FILE}: {_path(each['loc'])}", each["msg"]) for each in error.errors()]
        raise FolderFaults(errors=faults) from None
    if misfits := file.faults():
        raise FolderFaults(errors=[Fault(f"{FILE}: {where}", why) for where, why in misfits])
    plans = {key: plan.model_dump(mode="json") for key, plan in file.plans.items()}
    return {**plans, CATALOGUE: Catalogue(**file.model_dump(exclude={"plans"})).model_dump(mode="json")}


def _path(loc: tuple[int | str, ...]) -> str:
    return ".".join(part for part in map(str, loc) if not part.startswith(MEANT))


def live() -> dict[str, dict[str, Any]]:
    return {key: row.definition for key, row in versions.all_live(PlanVersion).items()}


def publish(key: str, definition: dict[str, Any], by: str) -> None:
    versions.publish(PlanVersion, key, definition, by=by)


def retire(key: str, by: str) -> None:
    versions.retire(PlanVersion, key)


def write(folder: Path, definitions: dict[str, dict[str, Any]]) -> None:
    if CATALOGUE in definitions:
        (folder / FILE).write_text(written(definitions))


def written(definitions: dict[str, dict[str, Any]]) -> str:
    """The text of the file."""
    plans = {key: _filled(value) for key, value in definitions.items() if key != CATALOGUE}
    return tomli_w.dumps({**_filled(definitions[CATALOGUE]), "plans": plans})


def _filled(value: Any) -> Any:
    """Without what is null: TOML has no null."""
    if isinstance(value, dict):
        return {key: _filled(inner) for key, inner in value.items() if inner is not None}
    return [_filled(inner) for inner in value] if isinstance(value, list) else value


section = Section("plans", read, live, publish, retire, write)
