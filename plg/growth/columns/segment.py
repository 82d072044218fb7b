"""A segment: an immutable set of events, grouped by name and sorted by key, once by person, once by account.

Beside the keys of each actor kind stand the codes of each kept property, 0 for absent, else one more than the
value's place in the segment's own dictionary.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .batch import Batch, token
from .keys import ACTORS, Actor, Keys, holds_any, pack

Codes = NDArray[np.int32]


@dataclass(frozen=True)
class Run:
    """The events of one name: sorted keys, and per property the codes in the same order."""

    keys: Keys
    codes: Mapping[str, Codes]


@dataclass(frozen=True)
class Segment:
    """`events` counts the log's events; `runs[kind][name]` holds those with an actor of that kind."""

    events: int
    runs: Mapping[Actor, Mapping[str, Run]]
    values: Mapping[str, list[str]]

    def holds_any(self, kind: Actor, actors: Keys) -> bool:
        """Whether one of these actors did anything here."""
        return any(holds_any(run.keys, actors) for run in self.runs[kind].values())


def build(batch: Batch) -> Segment:
    """The segment of a batch. Raises `ActorOutOfRange` or `TimeOutOfRange`."""
    names, name_codes = _factorize(batch.names)
    values: dict[str, list[str]] = {}
    codes: dict[str, Codes] = {}
    for name, column in batch.properties.items():
        values[name], codes[name] = _factorize([token(value) for value in column], nullable=True)
    actors = {"person": batch.persons, "account": batch.accounts}
    order = np.argsort(name_codes.astype(np.uint16) if len(names) < 2**16 else name_codes, kind="stable")
    bounds = np.searchsorted(name_codes[order], np.arange(len(names) + 1))
    runs: dict[Actor, dict[str, Run]] = {}
    for kind in ACTORS:
        runs[kind] = {}
        for name, start, stop in zip(names, bounds[:-1], bounds[1:], strict=True):
            rows = order[start:stop]
            rows = rows[actors[kind][rows] != 0]
            if rows.size:
                keys = pack(actors[kind][rows], batch.at_ms[rows])
                runs[kind][name] = _sorted_run(keys, {p: column[rows] for p, column in codes.items()})
    return Segment(batch.count, runs, values)


def merge(segments: Sequence[Segment]) -> Segment:
    """One segment with the events of all of these."""
    properties = sorted({name for segment in segments for name in segment.values})
    values: dict[str, list[str]] = {}
    recode: list[dict[str, Codes]] = [{} for _ in segments]
    for name in properties:
        values[name] = list(dict.fromkeys(v for segment in segments for v in segment.values.get(name, ())))
        place = {value: code for code, value in enumerate(values[name], start=1)}
        for table, segment in zip(recode, segments, strict=True):
            table[name] = np.array([0, *(place[v] for v in segment.values.get(name, ()))], dtype=np.int32)
    runs: dict[Actor, dict[str, Run]] = {}
    for kind in ACTORS:
        names = sorted({name for segment in segments for name in segment.runs[kind]})
        runs[kind] = {name: _merged_run(segments, recode, kind, name) for name in names}
    return Segment(sum(segment.events for segment in segments), runs, values)


def _merged_run(segments: Sequence[Segment], recode: list[dict[str, Codes]], kind: Actor, name: str) -> Run:
    parts = [
        (s.runs[kind][name], table) for s, table in zip(segments, recode, strict=True) if name in s.runs[kind]
    ]
    keys = np.concatenate([run.keys for run, _ in parts])
    codes = {p: np.concatenate([_recoded(run, table, p) for run, table in parts]) for p in recode[0]}
    return _sorted_run(keys, codes)


def _recoded(run: Run, table: dict[str, Codes], name: str) -> Codes:
    if name not in run.codes:
        return np.zeros(run.keys.size, dtype=np.int32)
    return table[name][run.codes[name]]


def _sorted_run(keys: Keys, codes: dict[str, Codes]) -> Run:
    if not codes:
        return Run(np.sort(keys, kind="stable"), {})
    order = np.argsort(keys, kind="stable")
    return Run(keys[order], {name: column[order] for name, column in codes.items()})


def _factorize(column: Iterable[str | None], nullable: bool = False) -> tuple[list[str], Codes]:
    """Distinct texts in order of appearance and each row's code; in a nullable column code 0 means None."""
    places: dict[str | None, int] = {None: 0} if nullable else {}
    codes = [places.setdefault(text, len(places)) for text in column]
    return [text for text in places if text is not None], np.array(codes, dtype=np.int32)
