"""The operators: what each means for one value, and the same in SQL.

Values compare as JSON's: 1 equals 1.0, true is not 1, a text is no number; numbers are doubles. What is missing and
null are one thing: it satisfies no operator but `ne`, `not_in`, `not_contains` and `not_within_last` (which hold
wherever their opposite does not), `exists: false` and `eq: null`."""

from __future__ import annotations

import datetime as dt
import math
import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Double, Text, and_, false, func, literal, not_, or_, true

from plg.kit.db import UtcDateTime
from plg.kit.db_expressions import by_code_points, place_of
from plg.kit.rules.fields import Operand
from plg.kit.rules.times import moment, seconds_of, span

Held = Callable[[Any, Any, dt.datetime], bool]
Selected = Callable[[Operand, Any, dt.datetime], ColumnElement[bool]]
_NO_TIME = dt.timedelta(microseconds=1)


@dataclass(frozen=True)
class Operator:
    """holds(found, given, now), and the same as a condition in SQL, NULL or false where it does not hold."""

    holds: Held
    sql: Selected

    def inverse(self) -> Operator:
        return Operator(
            lambda found, given, now: not self.holds(found, given, now),
            lambda operand, given, now: inverse(self.sql(operand, given, now)),
        )


def inverse(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Holds wherever the condition does not, NULL included."""
    return func.coalesce(not_(condition), true())


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def double(value: float) -> float:
    """The number as a double; one beyond its range is infinite."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def same(found: Any, given: Any) -> bool:
    if is_number(found) and is_number(given):
        return double(found) == double(given)
    return type(found) is type(given) and not isinstance(found, dict | list) and bool(found == given)


def same_in_sql(operand: Operand, given: Any) -> ColumnElement[bool]:
    if given is None:
        return not_(operand.exists)
    if isinstance(given, bool):
        return false() if operand.boolean is None else operand.boolean == _flag(operand, given)
    if is_number(given):
        return false() if operand.number is None else operand.number == _number(given)
    return false() if operand.text is None else operand.text == literal(given, Text())


def _in_sql(operand: Operand, given: list[Any]) -> ColumnElement[bool]:
    """Texts and numbers are looked up together: a list of 500 is no tree of 500 conditions."""
    texts = [item for item in given if isinstance(item, str)]
    numbers = [double(item) for item in given if is_number(item)]
    others = [item for item in given if item is None or isinstance(item, bool)]
    ways = [same_in_sql(operand, item) for item in others]
    if texts and operand.text is not None:
        ways.append(operand.text.in_([literal(item, Text()) for item in texts]))
    if numbers and operand.number is not None:
        ways.append(operand.number.in_([literal(item, Double()) for item in numbers]))
    return or_(false(), *ways)


def _flag(operand: Operand, given: bool) -> Any:
    return literal(given, operand.boolean.type) if operand.boolean is not None else given


def _number(given: float) -> Any:
    return literal(double(given), Double())


def _ordered(compare: Callable[[Any, Any], Any]) -> Operator:
    """Numbers compare with numbers, texts with texts, by their characters' numbers in Unicode."""

    def holds(found: Any, given: Any, now: dt.datetime) -> bool:
        if is_number(found) and is_number(given):
            return bool(compare(double(found), double(given)))
        return isinstance(found, str) and isinstance(given, str) and bool(compare(found, given))

    def sql(operand: Operand, given: Any, now: dt.datetime) -> ColumnElement[bool]:
        if is_number(given):
            return false() if operand.number is None else compare(operand.number, _number(given))
        if operand.text is None:
            return false()
        return compare(by_code_points(operand.text), literal(given, Text()))

    return Operator(holds, sql)


_AT_LEAST, _AT_MOST = _ordered(operator.ge), _ordered(operator.le)
_BETWEEN = Operator(
    lambda found, given, now: _AT_LEAST.holds(found, given[0], now) and _AT_MOST.holds(found, given[1], now),
    lambda operand, given, now: and_(
        _AT_LEAST.sql(operand, given[0], now), _AT_MOST.sql(operand, given[1], now)
    ),
)


def _contains(found: Any, given: Any, now: dt.datetime) -> bool:
    if isinstance(found, str):
        return isinstance(given, str) and given in found
    return isinstance(found, list) and any(same(item, given) for item in found)


def _contains_in_sql(operand: Operand, given: Any, now: dt.datetime) -> ColumnElement[bool]:
    ways = []
    if isinstance(given, str) and operand.text is not None:
        ways.append(place_of(given, operand.text) > 0)
    if operand.has is not None:
        ways.append(operand.has(lambda item: same_in_sql(item, given)))
    return or_(false(), *ways)


def _edge(at_start: bool) -> Operator:
    def holds(found: Any, given: str, now: dt.datetime) -> bool:
        return isinstance(found, str) and (found.startswith if at_start else found.endswith)(given)

    def sql(operand: Operand, given: str, now: dt.datetime) -> ColumnElement[bool]:
        if operand.text is None:
            return false()
        size = func.length(operand.text)
        begins = literal(1) if at_start else size - len(given) + 1
        part = func.substr(operand.text, begins, len(given))
        return and_(size >= len(given), part == literal(given, Text()))

    return Operator(holds, sql)


Bounds = Callable[[Any, dt.datetime], tuple[dt.datetime | None, dt.datetime | None]]


def _time(bounds: Bounds) -> Operator:
    """Times from the first bound on and before the second; None is no bound. A text's time is its whole second."""

    def holds(found: Any, given: Any, now: dt.datetime) -> bool:
        start, end = bounds(given, now)
        if isinstance(found, dt.datetime):
            return (start is None or found >= start) and (end is None or found < end)
        value = seconds_of(found) if isinstance(found, str) else None
        if value is None:
            return False
        return (start is None or value >= start.timestamp()) and (end is None or value < end.timestamp())

    def sql(operand: Operand, given: Any, now: dt.datetime) -> ColumnElement[bool]:
        start, end = bounds(given, now)
        if operand.time is not None:
            return _bounded(operand.time, start, end, lambda at: literal(at, UtcDateTime()))
        if operand.seconds is None:
            return false()
        return _bounded(operand.seconds(), start, end, lambda at: literal(at.timestamp(), Double()))

    return Operator(holds, sql)


def _bounded(value: Any, start: Any, end: Any, bind: Callable[[Any], Any]) -> ColumnElement[bool]:
    bounds = [value >= bind(start)] if start is not None else []
    return and_(true(), *bounds, *([value < bind(end)] if end is not None else []))


_EQ = Operator(
    lambda found, given, now: same(found, given), lambda operand, given, now: same_in_sql(operand, given)
)
_IN = Operator(
    lambda found, given, now: any(same(found, item) for item in given),
    lambda operand, given, now: _in_sql(operand, given),
)
_CONTAINS = Operator(_contains, _contains_in_sql)
_EXISTS = Operator(
    lambda found, given, now: (found is not None) == given,
    lambda operand, given, now: operand.exists if given else not_(operand.exists),
)
_WITHIN_LAST = _time(lambda given, now: (now - span(given), now + _NO_TIME))

OPERATORS: dict[str, Operator] = {
    "eq": _EQ,
    "ne": _EQ.inverse(),
    "gt": _ordered(operator.gt),
    "gte": _AT_LEAST,
    "lt": _ordered(operator.lt),
    "lte": _AT_MOST,
    "between": _BETWEEN,
    "in": _IN,
    "not_in": _IN.inverse(),
    "contains": _CONTAINS,
    "not_contains": _CONTAINS.inverse(),
    "starts_with": _edge(at_start=True),
    "ends_with": _edge(at_start=False),
    "exists": _EXISTS,
    "before": _time(lambda given, now: (None, moment(given))),
    "after": _time(lambda given, now: (moment(given), None)),
    "within_last": _WITHIN_LAST,
    "not_within_last": _WITHIN_LAST.inverse(),
    "within_next": _time(lambda given, now: (now, now + span(given))),
}
"""`between` includes both ends. Of `before` and `after` the same moment exactly one holds for a time: that moment
itself is after."""
