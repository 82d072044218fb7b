"""A rule asked of one subject."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Protocol

from plg.kit.rules.language import All, AnyOf, EventLeaf, FieldLeaf, Rule, Strict, dump, parts
from plg.kit.rules.operators import OPERATORS


class Facts(Protocol):
    """What one subject holds. field: the value of a field as a rule names it: JSON, or an aware time; None where it
    is missing. count: how often a leaf's event happened until now, of those that `fits` its `where`."""

    def field(self, name: str) -> Any: ...

    def count(self, leaf: EventLeaf) -> int: ...


def holds(rule: Rule, facts: Facts, now: dt.datetime) -> bool:
    """Whether the rule holds for this subject."""
    if isinstance(rule, FieldLeaf | EventLeaf):
        return _leaf_holds(rule, _found(rule, facts), now)
    inner = (holds(each, facts, now) for each in parts(rule))
    return _joined(rule, inner)


def _joined(rule: Rule, inner: Any) -> bool:
    if isinstance(rule, All):
        return all(inner)
    return any(inner) if isinstance(rule, AnyOf) else not next(iter(inner))


def _found(leaf: FieldLeaf | EventLeaf, facts: Facts) -> Any:
    return facts.field(leaf.field) if isinstance(leaf, FieldLeaf) else facts.count(leaf)


def _leaf_holds(leaf: FieldLeaf | EventLeaf, found: Any, now: dt.datetime) -> bool:
    return _all_hold(leaf if isinstance(leaf, FieldLeaf) else leaf.count, found, now)


def _all_hold(test: Strict, found: Any, now: dt.datetime) -> bool:
    return all(OPERATORS[name].holds(found, given, now) for name, given in test.operators.items())


def fits(leaf: EventLeaf, properties: Mapping[str, Any], now: dt.datetime) -> bool:
    """Whether an event with these properties is one that the leaf's `where` counts."""
    return all(_all_hold(test, properties.get(key), now) for key, test in leaf.where.items())


def explain(rule: Rule, facts: Facts, now: dt.datetime) -> dict[str, Any]:
    """The rule's definition with `holds` in each of its parts, and in each leaf `found`: the field's value (null
    where it is missing), or how often the event happened."""
    if isinstance(rule, FieldLeaf | EventLeaf):
        found = _found(rule, facts)
        shown = found.isoformat() if isinstance(found, dt.datetime) else found
        return {**dump(rule), "found": shown, "holds": _leaf_holds(rule, found, now)}
    told = [explain(each, facts, now) for each in parts(rule)]
    result = _joined(rule, (each["holds"] for each in told))
    if isinstance(rule, All):
        return {"all": told, "holds": result}
    return {"any": told, "holds": result} if isinstance(rule, AnyOf) else {"not": told[0], "holds": result}
