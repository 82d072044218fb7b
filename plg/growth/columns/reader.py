"""What any process may read from the columns, at one moment of the log."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plg.kit.errors import Unprocessable

from . import manifest as manifests
from . import merges as merge_files
from . import storage
from .conditions import Asked, accepted
from .keys import ACTORS, Actor, Keys
from .manifest import Manifest
from .merges import Merges
from .segment import Codes, Run, Segment

_ATTEMPTS = 20


class PropertyNotKept(Unprocessable):
    """A filter asks for an event property that the columns do not keep."""


class Snapshot:
    """The columns as one manifest names them; it does not change while the writer goes on."""

    def __init__(self, manifest: Manifest, segments: list[Segment], merges: Merges) -> None:
        self.place = manifest.place
        self.events = manifest.events
        self.left_out = manifest.left_out
        self.properties = manifest.properties
        self._segments = segments
        self._merges = merges
        self._keys: dict[tuple[str, Actor], Keys] = {}
        self._order: dict[tuple[str, Actor], NDArray[np.int64] | None] = {}
        self._values: dict[str, list[str]] = {}

    def names(self) -> list[str]:
        """Every event name seen, in alphabetical order."""
        return sorted({name for segment in self._segments for kind in ACTORS for name in segment.runs[kind]})

    def keys(self, name: str, actor: Actor) -> Keys:
        """The sorted keys of all events of a name with such an actor; none for an unknown name."""
        if (name, actor) not in self._keys:
            parts = self._parts(name, actor)
            joined = parts[0] if len(parts) == 1 else np.concatenate([np.empty(0, np.uint64), *parts])
            self._keys[name, actor] = joined if _ascends(joined) else np.sort(joined, kind="stable")
        return self._keys[name, actor]

    def matches(self, name: str, actor: Actor, where: Mapping[str, Asked]) -> NDArray[np.bool_]:
        """Which of `keys(name, actor)` have all these property values (of several values, one). Raises
        `PropertyNotKept`."""
        if missing := sorted(set(where) - set(self.properties)):
            raise PropertyNotKept(f"not kept for reports: {', '.join(missing)}")
        runs = self._runs(name, actor)
        if not runs:
            return np.empty(0, dtype=np.bool_)
        matched = np.concatenate([_matches(segment, run, where) for segment, run in runs])
        order = self._sorting(name, actor)
        return matched if order is None else matched[order]

    def values(self, property_name: str) -> list[str]:
        """Every value of a property as its JSON text; code 1 is the first. Raises `PropertyNotKept`."""
        if property_name not in self.properties:
            raise PropertyNotKept(f"not kept for reports: {property_name}")
        if property_name not in self._values:
            each = (segment.values.get(property_name, ()) for segment in self._segments)
            self._values[property_name] = list(dict.fromkeys(value for values in each for value in values))
        return self._values[property_name]

    def codes(self, name: str, actor: Actor, property_name: str) -> Codes:
        """The property's code of each of `keys(name, actor)`, 0 where it is absent. Raises `PropertyNotKept`."""
        code_of = {value: code for code, value in enumerate(self.values(property_name), start=1)}
        parts = [np.empty(0, np.int32)]
        for segment, run in self._runs(name, actor):
            table = [0, *(code_of[value] for value in segment.values.get(property_name, ()))]
            none = np.zeros(run.keys.size, np.int32)
            codes = run.codes.get(property_name, none)
            parts.append(codes if table == list(range(len(table))) else np.array(table, np.int32)[codes])
        joined = parts[-1] if len(parts) <= 2 else np.concatenate(parts)
        order = self._sorting(name, actor)
        return joined if order is None else joined[order]

    def counts(self, asked: Any, among: Keys | None = None) -> Any:
        """None: who asks counts the keys. See `Events`."""

    def _runs(self, name: str, actor: Actor) -> list[tuple[Segment, Run]]:
        return [(s, s.runs[actor][name]) for s in self._segments if name in s.runs[actor]]

    def _parts(self, name: str, actor: Actor) -> list[Keys]:
        """The keys segment by segment, with surviving persons in place of merged ones."""
        parts = [run.keys for _, run in self._runs(name, actor)]
        return [self._merges.applied(part) for part in parts] if actor == "person" else parts

    def _sorting(self, name: str, actor: Actor) -> NDArray[np.int64] | None:
        """The order that sorts the parts' rows, laid end to end; None where they lie sorted."""
        if (name, actor) not in self._order:
            joined = np.concatenate([np.empty(0, np.uint64), *self._parts(name, actor)])
            self._order[name, actor] = None if _ascends(joined) else np.argsort(joined, kind="stable")
        return self._order[name, actor]


class Reader:
    """Follows the columns in a folder; `snapshot()` costs one stat while nothing new was written."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = Lock()
        self._seen: tuple[int, int] | None = None
        self._open: dict[str, Segment] = {}
        self._snapshot = Snapshot(Manifest(), [], Merges())

    def snapshot(self) -> Snapshot:
        """The newest state. Raises `ColumnsUnreadable`."""
        seen = self._stamp()
        if seen == self._seen:
            return self._snapshot
        with self._lock:
            if seen != self._seen:
                self._snapshot = self._load()
                self._seen = seen
            return self._snapshot

    def _stamp(self) -> tuple[int, int] | None:
        try:
            status = (self._folder / manifests.FILE_NAME).stat()
        except FileNotFoundError:
            return None
        return status.st_ino, status.st_mtime_ns

    def _load(self) -> Snapshot:
        for _ in range(_ATTEMPTS):
            manifest = manifests.read(self._folder)
            try:
                opened = {part.file: self._segment(part.file) for part in manifest.parts}
                merges = merge_files.load(self._folder / manifest.merges) if manifest.merges else Merges()
            except FileNotFoundError:
                continue  # the writer swapped the manifest after we read it
            self._open = opened
            return Snapshot(manifest, list(opened.values()), merges)
        raise storage.ColumnsUnreadable("the manifest names files that are not there")

    def _segment(self, file: str) -> Segment:
        return self._open.get(file) or storage.load(self._folder / file)


def _matches(segment: Segment, run: Run, where: Mapping[str, Asked]) -> NDArray[np.bool_]:
    matched = np.ones(run.keys.size, dtype=np.bool_)
    for name, asked in where.items():
        fits = accepted(asked, segment.values.get(name, []))
        if name not in run.codes:
            matched &= fits[0]
            continue
        codes = np.flatnonzero(fits)
        matched &= run.codes[name] == codes[0] if codes.size == 1 else fits[run.codes[name]]
    return matched


def _ascends(keys: Keys) -> bool:
    return bool((keys[1:] >= keys[:-1]).all())
