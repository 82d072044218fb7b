"""Persons that turned out to be one: which actor number now stands for which."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .keys import TIME_BITS, Keys, with_actors


def _none() -> Keys:
    return np.empty(0, dtype=np.uint64)


@dataclass(frozen=True)
class Merges:
    """`merged[i]` is now `survivors[i]`; merged is sorted, and no survivor is itself merged."""

    merged: Keys = field(default_factory=_none)
    survivors: Keys = field(default_factory=_none)

    def survivor(self, actor: int) -> int:
        """Who stands for this actor now: itself unless it was merged."""
        place = int(np.searchsorted(self.merged, np.uint64(actor)))
        if place < self.merged.size and self.merged[place] == actor:
            return int(self.survivors[place])
        return actor

    def extended(self, pairs: Iterable[tuple[int, int]]) -> Merges:
        """These merges and `pairs` of (old, survivor). Repeats and circles change nothing."""
        pending: dict[int, int] = {}

        def root(actor: int) -> int:
            while (next_actor := pending.get(self.survivor(actor), self.survivor(actor))) != actor:
                actor = next_actor
            return actor

        for old, survivor in pairs:
            old_root, new_root = root(old), root(survivor)
            if old_root != new_root:
                pending[old_root] = new_root
        if not pending:
            return self
        return self._flattened(pending)

    def _flattened(self, pending: dict[int, int]) -> Merges:
        merged = np.concatenate([self.merged, np.array(list(pending), dtype=np.uint64)])
        survivors = np.concatenate([self.survivors, np.array(list(pending.values()), dtype=np.uint64)])
        order = np.argsort(merged)
        merged, survivors = merged[order], survivors[order]
        while True:
            places = np.minimum(np.searchsorted(merged, survivors), merged.size - 1)
            again = merged[places] == survivors
            if not again.any():
                return Merges(merged, survivors)
            survivors[again] = survivors[places[again]]

    def since(self, before: Merges) -> list[tuple[int, int]]:
        """(old, survivor) of everybody who had another survivor before, or none."""
        half = np.uint64(32)
        now, then = (each.merged << half | each.survivors for each in (self, before))
        new = np.setdiff1d(now, then)
        return list(zip((new >> half).tolist(), (new & np.uint64(2**32 - 1)).tolist(), strict=True))

    def applied(self, keys: Keys) -> Keys:
        """Sorted keys with survivors in place of merged actors; no longer sorted unless nothing changed."""
        shift = np.uint64(TIME_BITS)
        first = np.searchsorted(keys, self.merged << shift)
        count = np.searchsorted(keys, (self.merged + np.uint64(1)) << shift) - first
        if not count.any():
            return keys
        rows = _ranges(first, count)
        result = keys.copy()
        result[rows] = with_actors(keys[rows], np.repeat(self.survivors, count))
        return result

    def save(self, path: Path) -> None:
        """Write as a NumPy array of two rows, forced to the disk."""
        with path.open("wb") as file:
            np.save(file, np.stack([self.merged, self.survivors]))
            file.flush()
            os.fsync(file.fileno())


def load(path: Path) -> Merges:
    """Merges that `Merges.save` wrote."""
    merged, survivors = np.load(path)
    return Merges(merged, survivors)


def _ranges(first: NDArray[np.int64], count: NDArray[np.int64]) -> NDArray[np.int64]:
    """The rows first[i] .. first[i] + count[i] - 1 of every i, in one array."""
    ends = np.cumsum(count)
    return np.arange(ends[-1]) + np.repeat(first - (ends - count), count)
