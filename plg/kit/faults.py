"""What Pydantic refuses, as faults in plain words."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from plg.kit.errors import Fault

WORDS = {
    "dict_type": "must be an object",
    "extra_forbidden": "is not known here",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "list_type": "must be a list",
    "missing": "is missing",
    "model_type": "must be an object",
    "string_pattern_mismatch": "must match {pattern}",
    "string_too_long": "must have at most {max_length} characters",
    "string_too_short": "must have at least {min_length} characters",
    "string_type": "must be a string",
    "too_long": "must have at most {max_length} items",
    "too_short": "must have at least {min_length} items",
    "tuple_type": "must be a list",
}
"""Others as Pydantic says them."""


def faults_of(error: ValidationError, at: str = "", whole: str = "") -> list[Fault]:
    """Every fault with its path, below `at`; the names of a union's members (`<field>`) are no part of a path. whole:
    what the path of nothing is called. A list is not called too short because of what is wrong inside."""
    told = error.errors()
    return [
        Fault(".".join([*([at] if at else []), *_steps(each["loc"])]) or whole, _in_words(each))
        for each in told
        if each["type"] != "too_short" or not any(_inside(other["loc"], each["loc"]) for other in told)
    ]


def _steps(place: tuple[int | str, ...]) -> list[str]:
    return [str(step) for step in place if not str(step).startswith("<")]


def _inside(place: tuple[int | str, ...], outer: tuple[int | str, ...]) -> bool:
    return len(place) > len(outer) and place[: len(outer)] == outer


def _in_words(fault: Any) -> str:
    plain = WORDS.get(fault["type"])
    if plain is not None:
        return plain.format(**fault.get("ctx", {}))
    message = fault["msg"].removeprefix("Value error, ")
    return message.replace("Input should be", "must be", 1).replace("Keys should", "keys must", 1)
