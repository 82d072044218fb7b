"""Learning paths in the product folder: `academy/paths/*.yaml`."""

from __future__ import annotations

import re
from pathlib import Path as Folder
from typing import Any, Final

import yaml
from pydantic import ValidationError

from academy.path_shape import Path
from plg.kit.errors import Fault, FolderFaults
from plg.kit.strict_yaml import read_yaml, write_yaml

NAME: Final = "paths"
MAX_BYTES: Final = 100_000
KEY: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


def read_paths(academy: Folder) -> dict[str, Path]:
    """Every path by the name of its file; FolderFaults names all faults of all."""
    found: dict[str, Path] = {}
    faults: list[Fault] = []
    folder = academy / NAME
    for file in sorted(folder.iterdir()) if folder.is_dir() else ():
        name = f"academy/{NAME}/{file.name}"
        if file.name.startswith("."):
            continue
        if file.suffix != ".yaml" or not KEY.fullmatch(file.stem):
            faults.append(Fault(name, "is not lower-case words joined by hyphens, with .yaml"))
            continue
        try:
            found[file.stem] = _read(file)
        except (yaml.YAMLError, UnicodeDecodeError, OSError) as error:
            faults.append(Fault(name, " ".join(str(error).split())))
        except ValidationError as error:
            faults += [Fault(f"{name}: {_place(f['loc'])}", f["msg"]) for f in error.errors()]
    if faults:
        raise FolderFaults(errors=faults)
    return found


def _read(file: Folder) -> Path:
    if file.stat().st_size > MAX_BYTES:
        raise OSError(f"is larger than {MAX_BYTES:,} bytes")
    return Path.model_validate(read_yaml(file.read_text(encoding="utf-8-sig")))


def _place(location: tuple[int | str, ...]) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location).lstrip(".")


def write_paths(academy: Folder, definitions: dict[str, dict[str, Any]]) -> None:
    """The inverse of `read_paths`; files of paths that are no more are removed."""
    folder = academy / NAME
    for file in sorted(folder.glob("*.yaml")):
        if file.stem not in definitions:
            file.unlink()
    if definitions:
        folder.mkdir(parents=True, exist_ok=True)
    for key, definition in definitions.items():
        (folder / f"{key}.yaml").write_text(write_yaml(definition), encoding="utf-8", newline="\n")
