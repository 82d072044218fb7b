"""`segments.yaml`: read, published, written back. A mapping of names to `{title: {es: …, en: …}, rule: …}`."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import yaml

from plg.kit.errors import Fault, FolderFaults
from plg.kit.rules import RuleFaulty
from plg.kit.strict_yaml import read_yaml, write_yaml
from plg.kit.wing import Section
from plg.segments import named

FILE: Final = "segments.yaml"
MAX_BYTES: Final = 500_000


def read(folder: Path) -> dict[str, dict[str, Any]]:
    """Every segment by name; FolderFaults names all faults."""
    path = folder / FILE
    if not path.is_file():
        return {}
    if path.stat().st_size > MAX_BYTES:
        raise FolderFaults(errors=[Fault(FILE, f"is larger than {MAX_BYTES} bytes")])
    try:
        return named.parse(read_yaml(path.read_text(encoding="utf-8")) or {})
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise FolderFaults(errors=[Fault(FILE, " ".join(str(error).split()))]) from None
    except RuleFaulty as refusal:
        raise FolderFaults(errors=[Fault(f"{FILE}: {f.field}", f.message) for f in refusal.errors]) from None


def publish(key: str, definition: dict[str, Any], by: str) -> None:
    named.publish(key, definition, by=by)


def retire(key: str, by: str) -> None:
    named.retire(key)


def write(folder: Path, definitions: dict[str, dict[str, Any]]) -> None:
    """The inverse of `read`."""
    if definitions:
        (folder / FILE).write_text(write_yaml(definitions), encoding="utf-8")


section = Section("segments", read, named.live, publish, retire, write)
