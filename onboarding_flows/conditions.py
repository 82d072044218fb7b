"""Conditions on an event's properties: `{amount: {gte: 100}, currency: [eur, usd], draft: false}`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any, Final

NOT_PLAIN: Final = "must be a text, a number, true, false, null, or a list of these"


def _same(a: Any, b: Any) -> bool:
    """Equal as JSON: 1 equals 1.0, but true is not 1."""
    return isinstance(a, bool) == isinstance(b, bool) and bool(a == b)


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    """Numbers compare with numbers, texts with texts; anything else never holds."""

    def holds(found: Any, given: Any) -> bool:
        numbers = all(isinstance(v, int | float) and not isinstance(v, bool) for v in (found, given))
        texts = isinstance(found, str) and isinstance(given, str)
        return (numbers or texts) and compare(found, given)

    return holds


def _contains(found: Any, given: Any) -> bool:
    if isinstance(found, str):
        return isinstance(given, str) and given in found
    return isinstance(found, list) and any(_same(item, given) for item in found)


OPERATORS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "eq": _same,
    "ne": lambda found, given: not _same(found, given),
    "gt": _ordered(lambda found, given: found > given),
    "gte": _ordered(lambda found, given: found >= given),
    "lt": _ordered(lambda found, given: found < given),
    "lte": _ordered(lambda found, given: found <= given),
    "in": lambda found, given: any(_same(found, item) for item in given),
    "contains": _contains,
    "exists": lambda found, given: (found is not None) == given,
}


def faults(condition: Any) -> list[str]:
    """What is wrong with a condition; nothing where it can be asked."""
    if not isinstance(condition, dict):
        return [] if _plain(condition) else [NOT_PLAIN]
    found = [
        f"has no operator {name!r}; there are {', '.join(OPERATORS)}"
        for name in condition
        if name not in OPERATORS
    ]
    found += [f"{name}: {NOT_PLAIN}" for name, given in condition.items() if not _plain(given)]
    if not condition:
        found.append("holds no operator")
    if not isinstance(condition.get("in", []), list):
        found.append("in: needs a list")
    if not isinstance(condition.get("exists", True), bool):
        found.append("exists: needs true or false")
    return found


def _plain(value: Any) -> bool:
    """Whether JSON can hold it: a text, a finite number, true, false, null, or a list of these."""
    if isinstance(value, list):
        return all(_plain(item) and not isinstance(item, list) for item in value)
    if isinstance(value, float):
        return isfinite(value)
    return value is None or isinstance(value, str | int)


def match(where: Mapping[str, Any], properties: Mapping[str, Any]) -> bool:
    """Whether all conditions hold. A value means `eq`, a list means `in`, a mapping holds operators."""
    return all(_holds(condition, properties.get(name)) for name, condition in where.items())


def _holds(condition: Any, found: Any) -> bool:
    if isinstance(condition, dict):
        return all(OPERATORS[name](found, given) for name, given in condition.items())
    return OPERATORS["in" if isinstance(condition, list) else "eq"](found, condition)
