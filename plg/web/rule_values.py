"""Values of rules as people type them into one line: `dev`, `5`, `true`, `null`; lists with commas between.

A text that could be taken for something else (and one with line breaks, or with space at its ends) stands in quotes,
as in JSON: `"5"` is a text of a number's form. What is a text by its nature (`plain`) is never taken for a number."""

from __future__ import annotations

import json
import re
from typing import Any, Final, Literal

Kind = Literal["json", "text", "name"]
"""json: any value; text: a text or null; name: a text that is never null."""

_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?")
_ITEM = re.compile(r'\s*("(?:[^"\\]|\\.)*"(?=\s*(?:,|$))|[^,]*)(,|$)', re.DOTALL)
_CONSTANTS: Final = {"true": True, "false": False, "null": None}
MAX_DIGITS: Final = 400


def kind_of(field_type: str) -> Kind:
    """How values of a field of this type are written."""
    return "text" if field_type in {"text", "time"} else "json"


def shown(value: Any, kind: Kind = "json") -> str:
    """The value on one line; `read` gives it back."""
    if isinstance(value, list):
        return ", ".join(_item(each, kind) for each in value)
    if not isinstance(value, str):
        return json.dumps(value)
    return value if _is_line(value) and _same(read(value, kind), value) else _quoted(value)


def _item(value: Any, kind: Kind) -> str:
    told = shown(value, kind)
    bare = isinstance(value, str) and told == value
    return _quoted(value) if bare and (not value or "," in value or value.startswith('"')) else told


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=not text.isprintable())


def _is_line(text: str) -> bool:
    return text == text.strip() and text.isprintable()


def _same(a: Any, b: Any) -> bool:
    return type(a) is type(b) and bool(a == b)


def read(typed: str, kind: Kind = "json") -> Any:
    """The value that somebody typed."""
    text = typed.strip()
    if text.startswith('"'):
        try:
            found = json.loads(text)
        except ValueError:
            return text
        return found if isinstance(found, str) else text
    if kind == "name":
        return text
    if kind == "text":
        return None if text == "null" else text
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    return _number(text) if _NUMBER.fullmatch(text) and len(text) <= MAX_DIGITS else text


def _number(text: str) -> float:
    return float(text) if re.search(r"[.eE]", text) else int(text)


def read_list(typed: str, kind: Kind = "json") -> list[Any]:
    """The values between commas; empty places are none."""
    found: list[Any] = []
    at = 0
    while at < len(typed):
        item = _ITEM.match(typed, at)
        if item is None:  # pragma: no cover - every text begins with an item, if an empty one
            break
        if item[1].strip():
            found.append(read(item[1], kind))
        at = max(item.end(), at + 1)
    return found
