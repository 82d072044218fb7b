"""One thing that can be asked of the stand-in: method, path, parameters, and what carries it out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from plg.sandbox.stripe.store import Object, Work
from plg.sandbox.stripe.wire import Fields


@dataclass(frozen=True)
class Operation:
    """`run(work, ids, params)` answers an object; `ids` are the parts of the path in braces."""

    method: str
    path: str
    run: Callable[[Work, Mapping[str, str], Object], Object]
    params: Fields = field(default_factory=Fields)
