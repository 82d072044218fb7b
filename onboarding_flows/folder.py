"""`flows/*.yaml`: read, published, written back."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import yaml

from onboarding_flows import flows, waiting
from onboarding_flows.definition import Flow
from onboarding_flows.models import FlowVersion
from plg.kit import versions
from plg.kit.errors import Fault, FolderFaults
from plg.kit.strict_yaml import read_yaml, write_yaml
from plg.kit.wing import Section

FOLDER: Final = "flows"
MAX_BYTES: Final = 200_000


def read(folder: Path) -> dict[str, dict[str, Any]]:
    """Every flow by key, as the definition that would be published; FolderFaults names all faults of all files."""
    found: dict[str, Flow] = {}
    faults: list[Fault] = []
    for path in sorted((folder / FOLDER).glob("*.yaml")):
        try:
            found[path.stem] = _read(path)
        except FolderFaults as refusal:
            faults += refusal.errors
    for key, flow in found.items():
        faults += _in_file(f"{FOLDER}/{key}.yaml", waiting.faults(flow, found))
    if faults:
        raise FolderFaults(errors=faults)
    return {key: flows.definition_of(flow) for key, flow in found.items()}


def _read(path: Path) -> Flow:
    name = f"{FOLDER}/{path.name}"
    try:
        if path.stat().st_size > MAX_BYTES:
            raise FolderFaults(errors=[Fault(name, f"is larger than {MAX_BYTES} bytes")])
        flow = flows.parse(read_yaml(path.read_text(encoding="utf-8")))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise FolderFaults(errors=[Fault(name, " ".join(str(error).split()))]) from None
    except flows.FlowFaulty as refusal:
        raise FolderFaults(errors=_in_file(name, refusal.errors)) from None
    if flow.key != path.stem:
        raise FolderFaults(errors=[Fault(f"{name}: key", f"must be the file's name, {path.stem!r}")])
    return flow


def _in_file(name: str, faults: list[Fault]) -> list[Fault]:
    return [Fault(f"{name}: {fault.field}", fault.message) for fault in faults]


def live() -> dict[str, dict[str, Any]]:
    return {key: row.definition for key, row in versions.all_live(FlowVersion).items()}


def publish(key: str, definition: dict[str, Any], by: str) -> None:
    flows.publish(definition, by=by)


def retire(key: str, by: str) -> None:
    flows.retire(key)


def write(folder: Path, definitions: dict[str, dict[str, Any]]) -> None:
    """The inverse of `read`."""
    (folder / FOLDER).mkdir(parents=True, exist_ok=True)
    for key, definition in definitions.items():
        (folder / FOLDER / f"{key}.yaml").write_text(write_yaml(definition), encoding="utf-8")


section = Section("flows", read, live, publish, retire, write)
