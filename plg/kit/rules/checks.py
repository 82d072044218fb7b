"""What stands beside an operator, checked; each fault in plain words."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator

from plg.kit.rules.times import moment, span

MAX_TEXT, MAX_ITEMS = 1000, 500
MAX_DEPTH, MAX_OBJECTS, MAX_LISTED = 20, 150, 2000


def text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("must be a text")
    if len(value) > MAX_TEXT:
        raise ValueError(f"must have at most {MAX_TEXT} characters")
    if "\0" in value or not value.isascii() and any("\ud800" <= each <= "\udfff" for each in value):
        raise ValueError("holds a character that no stored text has")
    return value


def number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("must be a number")
    try:
        finite = math.isfinite(float(value))
    except OverflowError:
        finite = False
    if not finite:
        raise ValueError("must be a finite number")
    return value


def part(value: Any) -> str | float:
    if isinstance(value, str):
        return text(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("must be a text or a number")
    return number(value)


def flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value


def item(value: Any) -> str | float | bool:
    if isinstance(value, bool):
        return value
    if not isinstance(value, str | int | float):
        raise ValueError("must be a text, a number, true or false")
    return part(value)


def scalar(value: Any) -> str | float | bool | None:
    if value is not None and not isinstance(value, str | int | float):
        raise ValueError("must be a text, a number, true, false or null")
    return None if value is None else item(value)


def items(value: Any) -> list[Any]:
    if not isinstance(value, list | tuple) or len(value) > MAX_ITEMS:
        raise ValueError(f"must be a list of at most {MAX_ITEMS}")
    return [scalar(each) for each in value]


def pair(value: Any) -> list[Any]:
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise ValueError("must be a list of two")
    low, high = part(value[0]), part(value[1])
    if isinstance(low, str) != isinstance(high, str):
        raise ValueError("must be two numbers or two texts")
    return [low, high]


def time(value: Any) -> str:
    try:
        return moment(value).isoformat()
    except (ValueError, OverflowError):
        raise ValueError("must be a time such as 2026-05-04T10:00:00Z") from None


def duration(value: Any) -> str:
    span(text(value))
    return value


Text = Annotated[Any, AfterValidator(text)]
Number = Annotated[Any, AfterValidator(number)]
Part = Annotated[Any, AfterValidator(part)]
Item = Annotated[Any, AfterValidator(item)]
Flag = Annotated[Any, AfterValidator(flag)]
Scalar = Annotated[Any, AfterValidator(scalar)]
Items = Annotated[Any, AfterValidator(items)]
Pair = Annotated[Any, AfterValidator(pair)]
Time = Annotated[Any, AfterValidator(time)]
Duration = Annotated[Any, AfterValidator(duration)]


def size_fault(definition: Any) -> str | None:
    """What is too much in a definition, looked at without recursion: depth, objects, or items of lists."""
    deepest = objects = listed = 0
    waiting = [(definition, 1)]
    while waiting:
        value, depth = waiting.pop()
        deepest = max(deepest, depth)
        if isinstance(value, Mapping):
            objects += 1
            waiting += [(inner, depth + 1) for inner in value.values()]
        elif isinstance(value, list):
            listed += len(value)
            waiting += [(inner, depth + 1) for inner in value]
    for found, most, said in (
        (deepest, MAX_DEPTH, "is nested deeper than"),
        (objects, MAX_OBJECTS, "has more objects than"),
        (listed, MAX_LISTED, "lists more values than"),
    ):
        if found > most:
            return f"{said} {most}"
    return None
