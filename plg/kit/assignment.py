"""Which arm of an experiment somebody is in: by a hash, so that it is always the same, on every machine, with nothing
kept, and two experiments divide the same people independently of each other.

Where a database has to find the same number, see `plg.segments.buckets`; this one divides finer and more evenly."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Final

BUCKETS: Final = 10_000


def bucket(unit: str, salt: str) -> int:
    """The number, from 0 to 9,999, of a unit (a public id) in the experiment that the salt names."""
    digest = hashlib.sha256(f"{salt}\0{unit}".encode()).digest()
    return int.from_bytes(digest[:8]) % BUCKETS


def ranges(weights: Mapping[str, int], *, start: int = 0) -> dict[str, range]:
    """The buckets of each arm: those from `start` on, divided in proportion to the whole weights, in their order."""
    total, before = sum(weights.values()), 0
    found = {}
    for arm, weight in weights.items():
        ends = [start + (BUCKETS - start) * upto // total for upto in (before, before + weight)]
        found[arm] = range(*ends)
        before += weight
    return found


def arm_in(arms: Mapping[str, range], number: int) -> str:
    """The arm to which a bucket belongs; the arms together hold every bucket."""
    return next(arm for arm, buckets in arms.items() if number in buckets)
