"""Fields: what rules may ask of a subject, as a room names it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from sqlalchemy import ColumnElement, SQLColumnExpression

from plg.kit.db_expressions import JsonValue, json_at, seconds_of
from plg.kit.rules.checks import text

Type = Literal["text", "number", "boolean", "time", "json"]
MAX_PATH = 8
_STEP = re.compile(r'"(?:[^"\\]|\\.)*"|[^."]+')


@dataclass(frozen=True)
class Field:
    """A field that rules may name. name: whole (`person.email`), or, ending in `*`, the beginning of many.

    sql: its expression, given what stands in place of the `*`; of a `json` field the document, which the rest of the
    name leads into: keys, one inside the other, with dots between them; a key with a dot stands in quotes
    (`person.traits."a.b"`)."""

    name: str
    type: Type
    sql: Callable[[str], SQLColumnExpression[Any]]


@dataclass(frozen=True)
class Named:
    """A field as a rule names it."""

    field: Field
    rest: str

    @property
    def type(self) -> Type:
        return self.field.type

    @property
    def path(self) -> list[str]:
        return path_of(self.rest) if self.type == "json" else []

    @property
    def source(self) -> SQLColumnExpression[Any]:
        """The column that a subject's value is read from; see `value`."""
        return self.field.sql(self.rest)

    def value(self, read: Any) -> Any:
        """The value, given what was read from `source`."""
        for key in self.path:
            read = read.get(key) if isinstance(read, Mapping) else None
        return read

    @cached_property
    def operand(self) -> Operand:
        return of_json(json_at(self.source, self.path)) if self.type == "json" else _of_column(self)


@dataclass(frozen=True)
class Operand:
    """What a field holds in SQL, by type: a part is NULL where the value is of another type, None where it never is
    of this type. seconds: of a text that is a time."""

    exists: ColumnElement[bool]
    text: ColumnElement[Any] | None = None
    number: ColumnElement[Any] | None = None
    boolean: ColumnElement[Any] | None = None
    time: ColumnElement[Any] | None = None
    seconds: Callable[[], ColumnElement[Any]] | None = None
    has: Callable[[Callable[[Operand], ColumnElement[bool]]], ColumnElement[bool]] | None = None


def of_json(value: JsonValue) -> Operand:
    """The operand of a value inside a JSON column."""
    return Operand(
        exists=value.exists,
        text=value.text,
        number=value.number,
        boolean=value.boolean,
        seconds=lambda: value.of_text(seconds_of),
        has=lambda holds: value.has(lambda item: holds(of_json(item))),
    )


def _of_column(named: Named) -> Operand:
    column = named.source
    held: dict[str, Any] = {named.type: column}
    return Operand(exists=column.is_not(None), **held)


def find(fields: Iterable[Field], name: str) -> Named | None:
    """The field that a rule names; None where there is none."""
    for field in fields:
        if field.name == name:
            return Named(field, "")
        start = field.name.removesuffix("*")
        if start != field.name and name.startswith(start) and len(name) > len(start):
            return Named(field, name[len(start) :]) if _is_readable(field, name[len(start) :]) else None
    return None


def _is_readable(field: Field, rest: str) -> bool:
    if field.type != "json":
        return True
    try:
        return 0 < len(path_of(rest)) <= MAX_PATH
    except ValueError:
        return False


def path_of(rest: str) -> list[str]:
    """`address.city` -> address, city; `"a.b".c` -> a.b, c. Raises ValueError."""
    path: list[str] = []
    at = 0
    while True:
        step = _STEP.match(rest, at)
        if step is None:
            raise ValueError(f"no key at character {at + 1}")
        path.append(text(json.loads(step[0]) if step[0].startswith('"') else step[0]))
        at = step.end()
        if at == len(rest):
            return path
        if rest[at] != ".":
            raise ValueError(f"no dot at character {at + 1}")
        at += 1
