"""A credential that anybody may have sent, read with care: what could make its canonical form costly is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from academy.badges import baking

LARGEST_FILE: Final = 1024 * 1024
DEEPEST: Final = 12
MOST_OBJECTS: Final = 60
MOST_NAMELESS: Final = 20


class UnreadableError(ValueError):
    """It is no credential in a form that the issuer's own could have."""


def read(file: bytes) -> dict[str, Any]:
    """The credential in a JSON text, a PNG or an SVG. Raises UnreadableError."""
    if len(file) > LARGEST_FILE:
        raise UnreadableError("is too large")
    try:
        text = _text_of(file)
        document = json.loads(text, object_pairs_hook=_without_twins) if len(text) <= baking.LARGEST else None
    except (ValueError, RecursionError):
        raise UnreadableError("is no JSON") from None
    if not isinstance(document, dict):
        raise UnreadableError("is no object")
    _check(document)
    return document


def _text_of(file: bytes) -> str:
    text = file.lstrip(b"\xef\xbb\xbf \t\r\n")
    return text.decode() if text.startswith(b"{") else baking.out_of(file)


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Of two members with one name, programs would read different ones."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("says something twice")
    return found


def _check(document: dict[str, Any]) -> None:
    """Names are plain terms, values are texts and booleans; and no two objects without an id are alike, of which
    the canonical form would try every order."""
    bare = {name: value for name, value in document.items() if name != "@context"}
    objects = list(_objects(bare, 1))
    nameless = [_outside(each) for each in objects if "id" not in each]
    if len(objects) > MOST_OBJECTS or len(nameless) > MOST_NAMELESS or len(set(nameless)) < len(nameless):
        raise UnreadableError("is of another making")


def _objects(value: Any, depth: int) -> Iterator[dict[str, Any]]:
    if depth > DEEPEST or not isinstance(value, str | bool | list | dict):
        raise UnreadableError("holds what no credential of the issuer holds")
    if isinstance(value, str) and value.startswith("_:"):
        raise UnreadableError("names what has no name")
    if isinstance(value, dict):
        if not all(name.isascii() and name.isalnum() for name in value):
            raise UnreadableError("has names that are no terms")
        yield value
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for each in inside:
        yield from _objects(each, depth + 1)


def _outside(value: dict[str, Any]) -> frozenset[tuple[str, frozenset[str]]]:
    """What an object says without the objects in it, however it is written down."""
    return frozenset((name, frozenset(_plain(each))) for name, each in value.items())


def _plain(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for each in value:
            yield from _plain(each)
    else:
        yield "" if isinstance(value, dict) else str(value).lower()
