"""The sorted keys of chosen events."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from plg.growth.columns import Actor, Events
from plg.growth.columns.conditions import Asked
from plg.growth.columns.keys import Keys, clock, times_of
from plg.growth.columns.segment import Codes

from .definition import Chosen, Range


def keys_of(chosen: Chosen, actor: Actor, events: Events) -> Keys:
    """All of them in one sorted array."""
    parts = [_part(name, actor, chosen.where, events) for name in sorted(set(chosen.events))]
    return parts[0] if len(parts) == 1 else np.sort(np.concatenate(parts), kind="stable")


def keys_and_codes(chosen: Chosen, actor: Actor, property_name: str, events: Events) -> tuple[Keys, Codes]:
    """All of them, and the code of a property beside each, in the same order."""
    names = sorted(set(chosen.events))
    keys = [_part(name, actor, chosen.where, events) for name in names]
    codes = [events.codes(name, actor, property_name) for name in names]
    if chosen.where:
        masks = [events.matches(name, actor, chosen.where) for name in names]
        codes = [each[mask] for each, mask in zip(codes, masks, strict=True)]
    if len(names) == 1:
        return keys[0], codes[0]
    joined = np.concatenate(keys)
    order = np.argsort(joined, kind="stable")
    return joined[order], np.concatenate(codes)[order]


def amounts_of(chosen: Chosen, actor: Actor, name: str, events: Events) -> tuple[Keys, NDArray[np.float64]]:
    """The sorted keys of events, and the number that each has in a property: 0 where it has none."""
    keys, codes = keys_and_codes(chosen, actor, name, events)
    known = [json.loads(value) for value in events.values(name)]
    table = np.array([0.0, *(float(v) if type(v) in {int, float} else 0.0 for v in known)])
    return keys, table[codes]


def within(keys: Keys, start: np.uint64, end: np.uint64) -> Keys:
    """Those whose time lies from start to end (excluded)."""
    inside = mask_within(keys, start, end)
    return keys if inside.all() else keys[inside]


def mask_within(keys: Keys, start: np.uint64, end: np.uint64) -> NDArray[np.bool_]:
    times = times_of(keys)
    inside: NDArray[np.bool_] = (times >= start) & (times < end)
    return inside


def bounds(range_: Range) -> tuple[np.uint64, np.uint64]:
    """A range in milliseconds since 2010."""
    return clock(range_.start), clock(range_.end)


def edges_of(range_: Range) -> Keys:
    """The same as the edges of a calendar with one period."""
    return np.array(bounds(range_), np.uint64)


def joined(parts: Sequence[Keys]) -> Keys:
    """Sorted arrays as one."""
    return parts[0] if len(parts) == 1 else np.sort(np.concatenate([np.empty(0, np.uint64), *parts]))


def _part(name: str, actor: Actor, where: Mapping[str, Asked], events: Events) -> Keys:
    keys = events.keys(name, actor)
    return keys[events.matches(name, actor, where)] if where else keys
