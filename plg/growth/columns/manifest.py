"""The manifest names the files that are the columns now, and the log position up to which they are complete.

It is replaced by one atomic rename. A file that the manifest does not name does not exist for readers, so a
crash between writing files and swapping the manifest leaves rubbish, never a wrong number.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from .batch import START, Place
from .storage import ColumnsUnreadable, replace_durably

FILE_NAME = "manifest.json"
FORMAT = 1


@dataclass(frozen=True)
class Part:
    """One segment file and the number of the log's events in it."""

    file: str
    events: int


@dataclass(frozen=True)
class Manifest:
    """generation grows with every swap; place: the log's (transaction, position) up to which the parts are
    complete; left_out: events whose time no key can hold; merges: the file of merged persons, if any."""

    generation: int = 0
    place: Place = START
    left_out: int = 0
    parts: tuple[Part, ...] = ()
    merges: str | None = None
    properties: tuple[str, ...] = ()

    @property
    def events(self) -> int:
        return sum(part.events for part in self.parts)

    @property
    def files(self) -> set[str]:
        return {part.file for part in self.parts} | ({self.merges} if self.merges else set())


def read(folder: Path) -> Manifest:
    """The manifest of a folder, an empty one where there is none. Raises `ColumnsUnreadable`."""
    try:
        raw = json.loads((folder / FILE_NAME).read_bytes())
        if raw.pop("format") != FORMAT:
            raise ColumnsUnreadable("the columns were written by another version of plg: rebuild them")
        raw["parts"] = tuple(Part(**part) for part in raw["parts"])
        raw["place"] = (int(raw["place"][0]), int(raw["place"][1]))
        return Manifest(**raw | {"properties": tuple(raw["properties"])})
    except FileNotFoundError:
        return Manifest()
    except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        raise ColumnsUnreadable(f"the manifest is damaged: {error}") from error


def swap(folder: Path, manifest: Manifest) -> None:
    """Make `manifest` the one that readers see from now on."""
    replace_durably(folder / FILE_NAME, json.dumps({"format": FORMAT} | asdict(manifest)).encode())
