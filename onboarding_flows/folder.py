"""`flows/*.yaml`: read, published, written back."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any, Final

import yaml
from flask import g

from onboarding_flows import draft_text, flows, waiting
from onboarding_flows.definition import Flow
from onboarding_flows.models import FlowVersion
from plg.kit import versions
from plg.kit.errors import Fault, FolderFaults
from plg.kit.strict_yaml import read_yaml, write_yaml
from plg.kit.wing import Section

FOLDER: Final = "flows"
BROUGHT: Final = "onboarding_flows.brought"
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
        faults += _in_file(folder / FOLDER / f"{key}.yaml", waiting.faults(flow, found))
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
        raise FolderFaults(errors=_in_file(path, refusal.errors)) from None
    if flow.key != path.stem:
        raise FolderFaults(errors=[Fault(f"{name}: key", f"must be the file's name, {path.stem!r}")])
    return flow


def _in_file(path: Path, faults: list[Fault]) -> list[Fault]:
    """The faults with the file and the lines on which they stand."""
    text = path.read_text(encoding="utf-8") if faults else ""
    return [
        Fault(
            f"{FOLDER}/{path.name}: {fault.field}", _at(draft_text.line_of(text, fault.field), fault.message)
        )
        for fault in faults
    ]


def _at(line: int | None, message: str) -> str:
    return f"line {line}: {message}" if line else message


def live() -> dict[str, dict[str, Any]]:
    return {key: row.definition for key, row in versions.all_live(FlowVersion).items()}


def bring(folder: Path, keys: Collection[str]) -> None:
    """Remember the flows' texts until they are published. Where a flow stays what it is, only its comments change."""
    live = versions.all_live(FlowVersion)
    for key in keys:
        text = (folder / FOLDER / f"{key}.yaml").read_text(encoding="utf-8")
        g.setdefault(BROUGHT, {})[key] = text
        if key in live and _says(text, live[key].definition):
            live[key].source = text


def _says(text: str, definition: dict[str, Any]) -> bool:
    return flows.definition_of(flows.parse(read_yaml(text))) == definition


def publish(key: str, definition: dict[str, Any], by: str) -> None:
    source = g.get(BROUGHT, {}).get(key)
    says_it = source is not None and _says(source, definition)
    flows.publish(definition, by=by, source=source if says_it else None)


def retire(key: str, by: str) -> None:
    flows.retire(key)


def write(folder: Path, definitions: dict[str, dict[str, Any]]) -> None:
    """The inverse of `read`, as its author wrote it where somebody did."""
    (folder / FOLDER).mkdir(parents=True, exist_ok=True)
    rows = versions.all_live(FlowVersion)
    for key, definition in definitions.items():
        row = rows.get(key)
        kept = row.source if row is not None and row.definition == definition else None
        (folder / FOLDER / f"{key}.yaml").write_text(kept or write_yaml(definition), encoding="utf-8")


section = Section("flows", read, live, publish, retire, write, bring)
