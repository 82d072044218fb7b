"""Persons that turned out to be one: which actor number now stands for which."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .keys import TIME_BITS, Keys, with_actors

_SHIFT = np.uint64(TIME_BITS)


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

    def rows(self, keys: Keys, low: int, high: int) -> tuple[Keys, NDArray[np.int64] | slice]:
        """Of sorted keys those whose actor now has a number from low to high (excluded), and their rows.

        Survivors stand in place of merged actors, at the end; so the keys only ascend where there are none."""
        first, last = np.searchsorted(keys, np.array([low, high], np.uint64) << _SHIFT).tolist()
        gone = self._rows_of(keys, self.merged[slice(*np.searchsorted(self.merged, _edges(low, high)))])[0]
        came, counts = self._rows_of(keys, self.merged[self._by_survivor(low, high)])
        if not gone.size and not came.size:
            return keys[first:last], slice(first, last)
        stays = np.ones(last - first, np.bool_)
        stays[gone - first] = False
        moved = with_actors(keys[came], np.repeat(self.survivors[self._by_survivor(low, high)], counts))
        rows = np.concatenate([first + np.flatnonzero(stays), came])
        return np.concatenate([keys[first:last][stays], moved]), rows

    def _by_survivor(self, low: int, high: int) -> NDArray[np.int64]:
        """The places of the merges into actors from low to high (excluded)."""
        order, survivors = self._survivors
        return order[slice(*np.searchsorted(survivors, _edges(low, high)))]

    @cached_property
    def _survivors(self) -> tuple[NDArray[np.int64], Keys]:
        order = np.argsort(self.survivors)
        return order, self.survivors[order]

    @staticmethod
    def _rows_of(keys: Keys, actors: Keys) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The rows of each of these actors, one actor's after another's, and how many each has."""
        first = np.searchsorted(keys, actors << _SHIFT)
        counts = np.searchsorted(keys, (actors + np.uint64(1)) << _SHIFT) - first
        return _ranges(first, counts), counts

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
    return np.arange(count.sum()) + np.repeat(first - (ends - count), count)


def _edges(low: int, high: int) -> Keys:
    return np.array([low, high], np.uint64)
