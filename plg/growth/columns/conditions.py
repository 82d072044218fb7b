"""What is asked of the value of a property: the value itself, one of several, or operators as rules have them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from plg.kit.clock import now
from plg.kit.rules.language import Test
from plg.kit.rules.operators import OPERATORS

from .batch import Scalar, token

Asked: TypeAlias = Scalar | None | tuple[Scalar | None, ...] | Test
"""None is what has no such property."""


def accepted(asked: Asked, values: Sequence[str]) -> NDArray[np.bool_]:
    """Whether what has no value fits (at 0), and then whether each of these values (JSON texts) does."""
    if isinstance(asked, Test):
        moment = now()
        found = [None, *map(json.loads, values)]
        tests = [(OPERATORS[name], given) for name, given in asked.operators.items()]
        return np.array([all(op.holds(each, given, moment) for op, given in tests) for each in found])
    several = asked if isinstance(asked, tuple) else (asked,)
    wanted = {token(each) for each in several}
    return np.array([None in several, *(value in wanted for value in values)], dtype=np.bool_)
