"""What any process may read from the columns, at one moment of the log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from plg.kit.errors import Unprocessable

from . import manifest as manifests
from . import merges as merge_files
from . import storage
from .conditions import Asked
from .keys import ACTORS, LARGEST_ACTOR, Actor, Keys, actors_of
from .manifest import Manifest
from .merges import Merges
from .segment import Codes, Run, Segment
from .vocabulary import Vocabulary

Column = TypeVar("Column", bound=np.generic)
EVERYBODY = (0, LARGEST_ACTOR + 1)
_ATTEMPTS = 20


class PropertyNotKept(Unprocessable):
    """A filter asks for an event property that the columns do not keep."""


@dataclass(frozen=True)
class _Rows:
    """What a snapshot has of a name in one segment. number: of the segment; keys: of these rows of the run."""

    number: int
    run: Run
    keys: Keys
    rows: NDArray[np.int64] | slice


class Snapshot:
    """The columns as one manifest names them; it does not change while the writer goes on.

    actors: only the events of who has a number from the first to the second (excluded)."""

    def __init__(
        self,
        manifest: Manifest,
        segments: list[Segment],
        merges: Merges,
        actors: tuple[int, int] = EVERYBODY,
        vocabulary: Vocabulary | None = None,
    ) -> None:
        self.place = manifest.place
        self.events = manifest.events
        self.left_out = manifest.left_out
        self.properties = manifest.properties
        self._manifest = manifest
        self._segments = segments
        self._merges = merges
        self._actors = actors
        self._vocabulary = vocabulary or Vocabulary(segments)
        self._found: dict[tuple[str, Actor], list[_Rows]] = {}
        self._keys: dict[tuple[str, Actor], Keys] = {}
        self._order: dict[tuple[str, Actor], NDArray[np.int64] | None] = {}

    def between(self, low: int, high: int) -> Snapshot:
        """The events of the actors from one number to another (excluded). Nothing is read before it is asked for, and
        no more than these."""
        return Snapshot(self._manifest, self._segments, self._merges, (low, high), self._vocabulary)

    def sample(self, name: str, actor: Actor, step: int) -> Keys:
        """The actor of one in so many events of a name, in no order; where people were merged, about."""
        some = [s.runs[actor][name].keys[::step] for s in self._segments if name in s.runs[actor]]
        return actors_of(np.concatenate([np.empty(0, np.uint64), *some]))

    def names(self) -> list[str]:
        """Every event name seen, in alphabetical order."""
        return sorted({name for segment in self._segments for kind in ACTORS for name in segment.runs[kind]})

    def keys(self, name: str, actor: Actor) -> Keys:
        """The sorted keys of all events of a name with such an actor; none for an unknown name."""
        if (name, actor) not in self._keys:
            joined = self._joined(name, actor)
            self._keys[name, actor] = joined if _ascends(joined) else np.sort(joined, kind="stable")
        return self._keys[name, actor]

    def matches(self, name: str, actor: Actor, where: Mapping[str, Asked]) -> NDArray[np.bool_]:
        """Which of `keys(name, actor)` have all these property values (of several values, one). Raises
        `PropertyNotKept`."""
        if missing := sorted(set(where) - set(self.properties)):
            raise PropertyNotKept(f"not kept for reports: {', '.join(missing)}")
        each = [self._matches(found, where) for found in self._rows(name, actor)]
        return self._in_order(name, actor, each, np.empty(0, np.bool_))

    def values(self, property_name: str) -> list[str]:
        """Every value of a property as its JSON text; code 1 is the first. Raises `PropertyNotKept`."""
        if property_name not in self.properties:
            raise PropertyNotKept(f"not kept for reports: {property_name}")
        return self._vocabulary.values(property_name)

    def codes(self, name: str, actor: Actor, property_name: str) -> Codes:
        """The property's code of each of `keys(name, actor)`, 0 where it is absent. Raises `PropertyNotKept`."""
        self.values(property_name)
        tables = self._vocabulary.tables(property_name)
        each = []
        for found in self._rows(name, actor):
            codes, table = _codes(found, property_name), tables[found.number]
            each.append(codes if table is None else table[codes])
        return self._in_order(name, actor, each, np.empty(0, np.int32))

    def counts(self, asked: Any, among: Keys | None = None) -> Any:
        """None: who asks counts the keys. See `Log`."""

    def _rows(self, name: str, actor: Actor) -> list[_Rows]:
        """Segment by segment, with surviving persons in place of merged ones."""
        if (name, actor) not in self._found:
            merges = self._merges if actor == "person" else Merges()
            self._found[name, actor] = [
                _Rows(number, run, *merges.rows(run.keys, *self._actors))
                for number, segment in enumerate(self._segments)
                if (run := segment.runs[actor].get(name)) is not None
            ]
        return self._found[name, actor]

    def _matches(self, found: _Rows, where: Mapping[str, Asked]) -> NDArray[np.bool_]:
        matched = np.ones(found.keys.size, np.bool_)
        for name, asked in where.items():
            fits = self._vocabulary.fits(found.number, name, asked)
            if name not in found.run.codes:
                matched &= fits[0]
                continue
            codes, wanted = _codes(found, name), np.flatnonzero(fits)
            matched &= codes == wanted[0] if wanted.size == 1 else fits[codes]
        return matched

    def _joined(self, name: str, actor: Actor) -> Keys:
        each = [found.keys for found in self._rows(name, actor)]
        return each[0] if len(each) == 1 else np.concatenate([np.empty(0, np.uint64), *each])

    def _in_order(
        self, name: str, actor: Actor, each: Sequence[NDArray[Column]], none: NDArray[Column]
    ) -> NDArray[Column]:
        """What stands beside the keys of each segment, in the order of all keys."""
        joined = each[0] if len(each) == 1 else np.concatenate([none, *each])
        if (name, actor) not in self._order:
            keys = self._joined(name, actor)
            self._order[name, actor] = None if _ascends(keys) else np.argsort(keys, kind="stable")
        order = self._order[name, actor]
        return joined if order is None else joined[order]


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


def _codes(found: _Rows, property_name: str) -> Codes:
    if property_name not in found.run.codes:
        return np.zeros(found.keys.size, np.int32)
    codes: Codes = found.run.codes[property_name][found.rows]
    return codes


def _ascends(keys: Keys) -> bool:
    return bool((keys[1:] >= keys[:-1]).all())
