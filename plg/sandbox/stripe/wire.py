"""Stripe's form encoding, and the shapes of the parameters that the stand-in understands.

A request body is `application/x-www-form-urlencoded` with bracketed names: `items[0][price]=price_1`,
`metadata[team]=red`, `expand[]=customer`. Everything arrives as text, so the shape decides the type.
A parameter outside the shape is refused, as Stripe does.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlsplit

from plg.sandbox.stripe.errors import InvalidParameter

Raw = Any  # text, or a mapping of names to Raw
MAX_FIELDS = 1000
MAX_DEPTH = 8
_NAME = re.compile(r"[^\[\]]+(\[[^\[\]]*\])*")
_KEY = re.compile(r"[^\[\]]+|(?<=\[)(?=\])")


class Shape(Protocol):
    """How one parameter is read."""

    def read(self, raw: Raw, name: str) -> Any:
        """The value of the right type, or `InvalidParameter` naming the parameter."""


def decode(body: str) -> dict[str, Raw]:
    """Bracketed form fields as nested mappings; `a[]` counts up from 0."""
    try:
        pairs = parse_qsl(body, keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError:
        raise InvalidParameter("The request has too many fields.") from None
    tree: dict[str, Raw] = {}
    for name, value in pairs:
        keys = _KEY.findall(name)
        if not _NAME.fullmatch(name) or len(keys) > MAX_DEPTH:
            raise InvalidParameter(f"Invalid parameter name: {name}", param=name)
        _plant(tree, keys, value, name)
    return tree


def _plant(tree: dict[str, Raw], keys: list[str], value: str, name: str) -> None:
    for key in keys[:-1]:
        tree = tree.setdefault(key or str(len(tree)), {})
        if not isinstance(tree, dict):
            raise InvalidParameter(f"Invalid hash: {name}", param=name)
    tree[keys[-1] or str(len(tree))] = value


def _text(raw: Raw, name: str) -> str:
    if not isinstance(raw, str):
        raise InvalidParameter(f"Invalid string: {name}", param=name)
    return raw


@dataclass(frozen=True)
class Text:
    """Text; `clear` says that an empty text unsets the field (read as None)."""

    max_length: int = 5000
    clear: bool = False

    def read(self, raw: Raw, name: str) -> str | None:
        text = _text(raw, name)
        if not text and self.clear:
            return None
        if not text:
            message = (
                f"You passed an empty string for '{name}'. We assume empty values are an attempt to unset "
                f"a parameter; however '{name}' cannot be unset. You should remove '{name}' from your "
                "request or supply a non-empty value."
            )
            raise InvalidParameter(message, code="parameter_invalid_empty", param=name)
        if len(text) > self.max_length:
            message = f"Invalid string: {text[:12]}…; must be at most {self.max_length} characters"
            raise InvalidParameter(message, param=name)
        return text


@dataclass(frozen=True)
class Integer:
    """A whole number; times are seconds since 1970, amounts the currency's smallest unit."""

    least: int | None = None
    most: int | None = None

    def read(self, raw: Raw, name: str) -> int:
        text = _text(raw, name)
        if not re.fullmatch(r"-?\d{1,18}", text):
            raise InvalidParameter(f"Invalid integer: {text}", code="parameter_invalid_integer", param=name)
        number = int(text)
        for bound, wrong, words in (
            (self.least, self.least is not None and number < self.least, "greater than or equal to"),
            (self.most, self.most is not None and number > self.most, "less than or equal to"),
        ):
            if wrong:
                message = f"This value must be {words} {bound} (it currently is '{number}')."
                raise InvalidParameter(message, code="parameter_invalid_integer", param=name)
        return number


@dataclass(frozen=True)
class UpTo:
    """A whole number, or `inf`."""

    def read(self, raw: Raw, name: str) -> int | str:
        return "inf" if raw == "inf" else Integer(1).read(raw, name)


@dataclass(frozen=True)
class Boolean:
    """`true` or `false`."""

    def read(self, raw: Raw, name: str) -> bool:
        text = _text(raw, name)
        if text not in ("true", "false"):
            raise InvalidParameter(f"Invalid boolean: {text}", param=name)
        return text == "true"


@dataclass(frozen=True)
class OneOf:
    """One word of a list."""

    words: tuple[str, ...]

    def read(self, raw: Raw, name: str) -> str:
        text = _text(raw, name)
        if text not in self.words:
            known = ", ".join(self.words[:-1]) + f", or {self.words[-1]}" if self.words[1:] else self.words[0]
            raise InvalidParameter(f"Invalid {name}: must be one of {known}", param=name)
        return text


@dataclass(frozen=True)
class Address:
    """A web address, http or https."""

    def read(self, raw: Raw, name: str) -> str:
        text = _text(raw, name)
        parts = urlsplit(text)
        if parts.scheme not in ("http", "https") or not parts.netloc or len(text) > 5000:
            raise InvalidParameter("Not a valid URL", code="url_invalid", param=name)
        return text


@dataclass(frozen=True)
class Metadata:
    """Up to 50 keys of text; an empty value (read as None) removes its key."""

    def read(self, raw: Raw, name: str) -> dict[str, str | None]:
        if raw == "":
            return {}
        if not isinstance(raw, Mapping):
            raise InvalidParameter(f"Invalid hash: {name}", param=name)
        if len(raw) > 50:
            raise InvalidParameter("You can only have up to 50 metadata keys.", param=name)
        value = Text(max_length=500, clear=True)
        for key in raw:
            if len(key) > 40:
                raise InvalidParameter("Metadata keys can have up to 40 characters.", param=f"{name}[{key}]")
        return {key: value.read(text, f"{name}[{key}]") for key, text in raw.items()}


def merged(old: Mapping[str, str], changes: Mapping[str, str | None] | None) -> dict[str, str]:
    """Metadata after an update: keys given are set, keys given empty are removed, others stay."""
    both = {**old, **(changes or {})}
    return {key: value for key, value in both.items() if value is not None}


@dataclass(frozen=True)
class Many:
    """A list, sent as `name[0]=…` or `name[]=…`."""

    each: Shape
    most: int | None = None

    def read(self, raw: Raw, name: str) -> list[Any]:
        if raw == "":
            return []
        if not isinstance(raw, Mapping) or not all(key.isdecimal() for key in raw):
            raise InvalidParameter("Invalid array", param=name)
        if self.most is not None and len(raw) > self.most:
            raise InvalidParameter(f"Array {name} exceeded maximum {self.most} allowed elements.", param=name)
        return [self.each.read(raw[key], f"{name}[{key}]") for key in sorted(raw, key=int)]


@dataclass(frozen=True)
class Either:
    """A number or word on its own, or fields; used for `created` and `trial_end`."""

    alone: Shape
    fields: Shape

    def read(self, raw: Raw, name: str) -> Any:
        return (self.fields if isinstance(raw, Mapping) else self.alone).read(raw, name)


@dataclass(frozen=True)
class Fields:
    """Named parameters; anything not named is refused."""

    shapes: Mapping[str, Shape] = field(default_factory=dict)
    required: tuple[str, ...] = ()

    def read(self, raw: Raw, name: str = "") -> dict[str, Any]:
        if not isinstance(raw, Mapping):
            raise InvalidParameter(f"Invalid hash: {name}", param=name)
        for key in raw:
            if key not in self.shapes:
                full = _full(name, key)
                message = f"Received unknown parameter: {full}"
                raise InvalidParameter(message, code="parameter_unknown", param=full)
        for key in self.required:
            if key not in raw:
                full = _full(name, key)
                message = f"Missing required param: {full}."
                raise InvalidParameter(message, code="parameter_missing", param=full)
        return {key: self.shapes[key].read(value, _full(name, key)) for key, value in raw.items()}


def _full(name: str, key: str) -> str:
    return f"{name}[{key}]" if name else key
