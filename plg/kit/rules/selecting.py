"""A rule asked of everybody, in SQL."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, SQLColumnExpression, and_, or_, true

from plg.kit.db_expressions import json_at
from plg.kit.rules.fields import Field, Operand, find, of_json
from plg.kit.rules.language import All, EventLeaf, FieldLeaf, Not, Rule, RuleFaulty, Strict, parts
from plg.kit.rules.operators import OPERATORS, inverse

Counted = Callable[[EventLeaf], ColumnElement[Any]]


def where(rule: Rule, fields: Sequence[Field], counted: Counted, now: dt.datetime) -> ColumnElement[bool]:
    """A condition that holds for exactly those for whom `holds` does (for the others it is false or NULL), on both
    databases, whatever the rows hold. counted: how often a leaf's event happened, per row; see `conditions`."""
    if isinstance(rule, FieldLeaf):
        named = find(fields, rule.field)
        if named is None:
            raise RuleFaulty(f"There is no field {rule.field!r}.")
        return _all_hold(rule, named.operand, now)
    if isinstance(rule, EventLeaf):
        return _all_hold(rule.count, Operand(exists=true(), number=counted(rule)), now)
    inner = [where(each, fields, counted, now) for each in parts(rule)]
    if isinstance(rule, Not):
        return inverse(inner[0])
    return and_(true(), *inner) if isinstance(rule, All) else or_(*inner)


def conditions(
    leaf: EventLeaf, properties: SQLColumnExpression[Any], now: dt.datetime
) -> list[ColumnElement[bool]]:
    """What `fits` asks of an event's properties, as conditions on their column."""
    return [_all_hold(test, of_json(json_at(properties, [key])), now) for key, test in leaf.where.items()]


def _all_hold(test: Strict, operand: Operand, now: dt.datetime) -> ColumnElement[bool]:
    held = [OPERATORS[name].sql(operand, given, now) for name, given in test.operators.items()]
    return and_(true(), *held)
