"""The one process that adds events to the columns."""

from __future__ import annotations

import fcntl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from plg.kit.errors import Conflict

from . import manifest as manifests
from . import merges as merge_files
from . import segment, storage
from .batch import Batch, Place
from .keys import LARGEST_ACTOR, within_limits
from .manifest import Manifest, Part
from .merges import Merges

LOCK_NAME = "writer.lock"
TIER = 4
"""A segment takes in the one before it unless that is more than this many times larger. So the number of
segments stays below log5 of the number of events, and an event is rewritten about as many times."""


class WriterBusy(Conflict):
    """Another process is writing to this folder."""


class Writer:
    """Adds events and person merges to the columns in `folder`; use it in a `with` statement.

    Each `append` is kept whole or not at all, and events up to `place` are ignored, so that sending the
    same events again is harmless. properties: which event properties are kept; a new one clears the columns,
    for past events lack it. Raises `WriterBusy`.
    """

    def __init__(self, folder: Path, properties: Iterable[str] | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._lock = (folder / LOCK_NAME).open("wb")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self._lock.close()
            raise WriterBusy(f"another process writes the columns in {folder.name}") from error
        self._manifest = manifests.read(folder)
        self._shown: Manifest | None = None
        if properties is not None and set(properties) != set(self.properties):
            self._keep(tuple(sorted(set(properties))))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let another writer in."""
        self._lock.close()

    @property
    def place(self) -> Place:
        """The columns are complete up to this (transaction, position) of the log."""
        return self._manifest.place

    @property
    def properties(self) -> tuple[str, ...]:
        """The event properties that are kept."""
        return self._manifest.properties

    def append(self, batch: Batch, merged_persons: Iterable[tuple[int, int]] = ()) -> int:
        """Add the new events of a batch, and pairs of (old, surviving) person; returns how many it added.

        Raises `ActorOutOfRange`, and then nothing has changed. Events whose time no key can hold are left
        out and counted.
        """
        current = self._manifest
        batch = batch.after(current.place)
        held = batch.only(within_limits(batch.at_ms))
        held = replace(held, properties={p: v for p, v in held.properties.items() if p in current.properties})
        following = replace(current, generation=current.generation + 1, place=max(current.place, batch.last))
        following = replace(following, left_out=current.left_out + batch.count - held.count)
        following = replace(following, merges=self._merges_file(merged_persons, following.generation))
        if held.count:
            following = replace(following, parts=self._with_segment(held, following.generation))
        if replace(following, generation=current.generation) != current:
            self._commit(following)
        return held.count

    def clear(self) -> None:
        """Forget all events and merges, to be filled again from the start of the log."""
        self._commit(Manifest(generation=self._manifest.generation + 1, properties=self._manifest.properties))

    @contextmanager
    def anew(self) -> Iterator[None]:
        """Inside, the columns are empty and are filled again from the start of the log. Readers see the old ones
        until all is done, and go on to after an error or a crash; then the old files are deleted."""
        shown = self._shown = self._manifest
        self._manifest = Manifest(generation=shown.generation, properties=shown.properties)
        try:
            yield
        except BaseException:
            self._manifest = shown
            raise
        finally:
            self._shown = None
        self._commit(replace(self._manifest, generation=self._manifest.generation + 1))

    def forget(self, persons: Iterable[int]) -> bool:
        """Whether nothing is known of what these persons did; else only filling anew can erase it: nothing is cut out
        of a segment."""
        actors = np.array([person for person in persons if 0 < person <= LARGEST_ACTOR], dtype=np.uint64)
        segments = (storage.load(self._folder / part.file) for part in self._manifest.parts)
        return not actors.size or not any(segment.holds_any("person", actors) for segment in segments)

    def _keep(self, properties: tuple[str, ...]) -> None:
        if set(properties) <= set(self.properties):
            self._commit(replace(self._manifest, properties=properties))
        else:
            self._commit(Manifest(generation=self._manifest.generation + 1, properties=properties))

    def _with_segment(self, batch: Batch, generation: int) -> tuple[Part, ...]:
        """The parts with the batch in them; small segments at the end are merged into the new one."""
        kept = list(self._manifest.parts)
        absorbed, events = [], batch.count
        while kept and kept[-1].events <= TIER * events:
            events += kept[-1].events
            absorbed.append(storage.load(self._folder / kept.pop().file))
        new = segment.merge([*absorbed, segment.build(batch)]) if absorbed else segment.build(batch)
        file = f"{generation:012d}.segment"
        storage.save(new, self._folder / file)
        return (*kept, Part(file, new.events))

    def _merges_file(self, pairs: Iterable[tuple[int, int]], generation: int) -> str | None:
        pairs = list(pairs)
        if not pairs:
            return self._manifest.merges
        known = merge_files.load(self._folder / self._manifest.merges) if self._manifest.merges else Merges()
        extended = known.extended(pairs)
        if extended is known:
            return self._manifest.merges
        file = f"{generation:012d}.merges.npy"
        extended.save(self._folder / file)
        return file

    def _commit(self, following: Manifest) -> None:
        storage.sync_folder(self._folder)
        if self._shown is None:
            manifests.swap(self._folder, following)
        self._manifest = following
        named = following.files | (self._shown.files if self._shown else set())
        for path in [*self._folder.glob("*.segment"), *self._folder.glob("*.merges.npy")]:
            if path.name not in named:
                path.unlink()
