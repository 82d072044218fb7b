"""`offers.yaml`: read, published, written back. A mapping of keys to offers (see `definition.Offer`)."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import TypeAdapter, ValidationError

from plg.kit.errors import Fault, FolderFaults
from plg.kit.strict_yaml import read_yaml, write_yaml
from plg.kit.wing import Section
from plg.offers import definition, published
from plg.offers.definition import OfferFaulty
from plg.offers.shapes import Key

FILE: Final = "offers.yaml"
MAX_BYTES: Final = 500_000
_KEY: TypeAdapter[str] = TypeAdapter(Key)


def read(folder: Path) -> dict[str, dict[str, Any]]:
    """Every offer by key; FolderFaults names all faults."""
    path = folder / FILE
    if not path.is_file():
        return {}
    if path.stat().st_size > MAX_BYTES:
        raise FolderFaults(errors=[Fault(FILE, f"is larger than {MAX_BYTES} bytes")])
    try:
        return parse(read_yaml(path.read_text(encoding="utf-8")) or {})
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise FolderFaults(errors=[Fault(FILE, " ".join(str(error).split()))]) from None
    except OfferFaulty as refusal:
        raise FolderFaults(errors=[Fault(f"{FILE}: {f.field}", f.message) for f in refusal.errors]) from None


def parse(told: Any) -> dict[str, dict[str, Any]]:
    """The definitions of many offers by key. Raises OfferFaulty with every fault of each."""
    if not isinstance(told, dict):
        raise OfferFaulty(errors=[Fault("offers", "must be a mapping of keys to offers")])
    found: dict[str, dict[str, Any]] = {}
    faults: list[Fault] = []
    for key, each in told.items():
        try:
            _KEY.validate_python(key)
        except ValidationError:
            faults.append(Fault(str(key), "is no key: small letters, digits and single hyphens, at most 50"))
        try:
            found[str(key)] = definition.parse(each, at=str(key))
        except OfferFaulty as refusal:
            faults += refusal.errors
    if faults:
        raise OfferFaulty(errors=faults)
    return found


def live() -> dict[str, dict[str, Any]]:
    return published.live_definitions()


def publish(key: str, told: dict[str, Any], by: str) -> None:
    published.publish(key, told, by=by)


def retire(key: str, by: str) -> None:
    published.stop(key)


def write(folder: Path, definitions: dict[str, dict[str, Any]]) -> None:
    """The inverse of `read`."""
    if definitions:
        (folder / FILE).write_text(write_yaml(definitions), encoding="utf-8")


section = Section("offers", read, live, publish, retire, write)
