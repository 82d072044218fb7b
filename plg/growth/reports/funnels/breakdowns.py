"""The paths of a funnel by the value of an event property."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from plg.growth.columns import Events, Log
from plg.growth.reports.chosen import keys_and_codes

from . import paths as best
from .definition import Breakdown, Funnel
from .search import Paths

Codes: TypeAlias = NDArray[np.int64]
NO_STEP = -1


@dataclass(frozen=True)
class Group:
    """The paths with one value (its JSON text, empty for none); other: with any of those that are not shown."""

    text: str
    other: bool
    paths: Paths

    @property
    def value(self) -> str | int | float | bool | None:
        value: str | int | float | bool | None = json.loads(self.text) if self.text else None
        return value


def best_paths(funnel: Funnel, asked: Breakdown, log: Log) -> tuple[Paths, Codes]:
    """All best paths, and the code of each one's value: 0 for none, NO_STEP where it did not reach the asked step."""

    def work(events: Events) -> tuple[Paths, Codes]:
        found = best.of_part(funnel, events)
        return found, _codes(funnel, asked, events, found)

    found = best.in_parts(work, funnel, log)
    return np.concatenate([each[0] for each in found], axis=1), np.concatenate([each[1] for each in found])


def groups(asked: Breakdown, log: Log, paths: Paths, codes: Codes) -> Iterator[Group]:
    """By descending number of paths, then by the value's text, at last the others together."""
    paths, codes = paths[:, codes != NO_STEP], codes[codes != NO_STEP]
    texts = ["", *log.values(asked.property)]
    found, counts = np.unique(codes, return_counts=True)
    ranked = found[np.lexsort(([texts[code] for code in found], -counts))]
    for code in ranked[: asked.most].tolist():
        yield Group(texts[code], False, paths[:, codes == code])
    if ranked.size > asked.most:
        yield Group("", True, paths[:, np.isin(codes, ranked[asked.most :])])


def _codes(funnel: Funnel, asked: Breakdown, events: Events, paths: Paths) -> Codes:
    """The code of each path's value, 0 for none, NO_STEP for a path that did not reach the asked step."""
    if asked.attribution == "step":
        reached = paths[asked.step - 1] > 0
        return np.where(reached, _at_step(funnel, asked.property, events, paths, asked.step - 1), NO_STEP)
    codes = np.zeros(paths.shape[1], np.int64)
    numbers = range(len(paths)) if asked.attribution == "first" else range(len(paths) - 1, -1, -1)
    for number in numbers:
        here = (codes == 0) & (paths[number] > 0)
        codes = np.where(here, _at_step(funnel, asked.property, events, paths, number), codes)
    return codes


def _at_step(funnel: Funnel, name: str, events: Events, paths: Paths, number: int) -> Codes:
    """The code of the event by which each path reached a step; of several in one millisecond one that has a value."""
    steps = funnel.steps if funnel.order == "any" else (funnel.steps[number],)
    found = np.zeros(paths.shape[1], np.int64)
    for step in steps:
        keys, codes = keys_and_codes(step, funnel.actor, name, events)
        if (keys[1:] == keys[:-1]).any():
            rows = np.lexsort((codes == 0, keys))
            keys, codes = keys[rows], codes[rows]
        if keys.size:
            places = np.minimum(np.searchsorted(keys, paths[number]), keys.size - 1)
            found = np.where((found == 0) & (keys[places] == paths[number]), codes[places], found)
    return found
