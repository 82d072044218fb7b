"""The values of properties over several segments, each of which counts its own from 1: one code for each value."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from plg.kit.clock import now

from .conditions import Asked, accepted
from .segment import Codes, Segment

MOST_KEPT = 100


class Vocabulary:
    """Made when they are asked for, then kept."""

    def __init__(self, segments: Sequence[Segment]) -> None:
        self._segments = segments
        self._values: dict[str, list[str]] = {}
        self._tables: dict[str, list[Codes | None]] = {}
        self._fits: dict[tuple[int, str, str, int], NDArray[np.bool_]] = {}

    def values(self, property_name: str) -> list[str]:
        """Every value as its JSON text; code 1 is the first."""
        if property_name not in self._values:
            each = (segment.values.get(property_name, ()) for segment in self._segments)
            self._values[property_name] = list(dict.fromkeys(value for values in each for value in values))
        return self._values[property_name]

    def tables(self, property_name: str) -> list[Codes | None]:
        """Of each segment the code of each of its own codes; None where they are the same."""
        if property_name not in self._tables:
            code_of = {value: code for code, value in enumerate(self.values(property_name), start=1)}
            own = [[0, *(code_of[v] for v in s.values.get(property_name, ()))] for s in self._segments]
            self._tables[property_name] = [
                None if codes == list(range(len(codes))) else np.array(codes, np.int32) for codes in own
            ]
        return self._tables[property_name]

    def fits(self, number: int, property_name: str, asked: Asked) -> NDArray[np.bool_]:
        """Of a segment: whether what has no value fits (at 0), and whether each of its own codes does. Kept for this
        second, as what is asked may tell of times from now; so the parts of a report share it."""
        key = (number, property_name, repr(asked), int(now().timestamp()))
        if key not in self._fits:
            if len(self._fits) >= MOST_KEPT:
                self._fits = {}
            self._fits[key] = accepted(asked, self._segments[number].values.get(property_name, []))
        return self._fits[key]
