"""The second half of `db`: expressions that SQLite and PostgreSQL spell differently. None of them can fail on what a
row holds: where a value is of another type than asked for, it is NULL."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    BindParameter,
    Boolean,
    ColumnElement,
    Double,
    Integer,
    Numeric,
    SQLColumnExpression,
    String,
    Text,
    any_,
    bindparam,
    case,
    cast,
    column,
    func,
    literal,
    literal_column,
    select,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator

from plg.kit.db import UtcDateTime, encode_json, is_postgres

_LARGEST, _SMALLEST = sys.float_info.max, 5e-324


@dataclass(frozen=True)
class JsonValue:
    """A value inside a JSON document. Each part is NULL where it is of another type, null or missing.

    number: as a double, however many digits were written. of_text: what a function makes of the text. has: whether
    it is a list with an item for which the condition holds, which is given the item as another JsonValue."""

    exists: ColumnElement[bool]
    text: ColumnElement[Any]
    number: ColumnElement[Any]
    boolean: ColumnElement[Any]
    of_text: Callable[[Callable[[ColumnElement[Any]], ColumnElement[Any]]], ColumnElement[Any]]
    has: Callable[[Callable[[JsonValue], ColumnElement[bool]]], ColumnElement[bool]]


def json_at(document: SQLColumnExpression[Any], path: Sequence[str]) -> JsonValue:
    """What a JSON column holds under these keys, one inside the other; lists are not entered."""
    return _at_postgresql(document, path) if is_postgres() else _at_sqlite(document, path)


def _at_postgresql(document: Any, path: Sequence[str]) -> JsonValue:
    value = document
    for key in path:
        value = value.op("->", return_type=JSONB())(literal(key, Text()))
    return _value_postgresql(value)


def _value_postgresql(value: ColumnElement[Any]) -> JsonValue:
    kind = func.jsonb_typeof(value)

    def has(holds: Callable[[JsonValue], ColumnElement[bool]]) -> ColumnElement[bool]:
        each = func.jsonb_array_elements(case((kind == "array", value))).table_valued(
            column("value", JSONB())
        )
        item = _value_postgresql(each.c.value)
        return select(1).select_from(each).where(holds(item)).exists()

    text = value.op("#>>", return_type=Text())(literal_column("'{}'"))
    return JsonValue(
        exists=func.coalesce(kind != "null", literal(False)),
        text=case((kind == "string", text)),
        of_text=lambda made: case((kind == "string", made(text))),
        number=case((kind == "number", _double(cast(value, Numeric)))),
        boolean=case((kind == "boolean", cast(value, Boolean))),
        has=has,
    )


def _double(number: ColumnElement[Any]) -> ColumnElement[Any]:
    """A numeric as a double; PostgreSQL refuses to cast one that is too large or too close to 0."""
    bound = cast(literal(repr(_LARGEST), Text()), Numeric)
    return case(
        (number > bound, cast(literal("Infinity", Text()), Double)),
        (number < -bound, cast(literal("-Infinity", Text()), Double)),
        (func.abs(number) < cast(literal(repr(_SMALLEST), Text()), Numeric), cast(literal(0), Double)),
        else_=cast(number, Double),
    )


def _at_sqlite(document: Any, path: Sequence[str]) -> JsonValue:
    # A path such as '$."key"' cannot name every key: SQLite compares it with the key as JSON escapes it.
    steps: list[Any] = []
    inside, conditions = document, []
    for key in path:
        step = _each(inside)
        steps.append(step)
        conditions.append(step.c.key == literal(key, Text()))
        inside = case((step.c.type == "object", step.c.value))
    last = steps[-1]

    def part(value: ColumnElement[Any]) -> ColumnElement[Any]:
        return select(value).select_from(*steps).where(*conditions).scalar_subquery()

    def has(holds: Callable[[JsonValue], ColumnElement[bool]]) -> ColumnElement[bool]:
        items = _each(case((last.c.type == "array", last.c.value)))
        item = _row_sqlite(items, lambda value: value, _no_lists)
        return select(1).select_from(*steps, items).where(*conditions, holds(item)).exists()

    return _row_sqlite(last, part, has)


def _each(document: ColumnElement[Any]) -> Any:
    return func.json_each(document).table_valued("key", "value", "type", joins_implicitly=True)


def _row_sqlite(row: Any, part: Callable[[ColumnElement[Any]], ColumnElement[Any]], has: Any) -> JsonValue:
    kind, value = row.c.type, row.c.value
    text = cast(value, Text)
    boolean = case((kind == "true", literal(1)), (kind == "false", literal(0)))
    return JsonValue(
        exists=func.coalesce(part(kind != "null"), literal(0), type_=Boolean()),
        text=part(case((kind == "text", text))),
        of_text=lambda made: part(case((kind == "text", made(text)))),
        number=part(case((kind.in_(["integer", "real"]), cast(value, Double)))),
        boolean=part(boolean),
        has=has,
    )


def _no_lists(_holds: Any) -> ColumnElement[bool]:
    return literal(False)


def among(column: InstrumentedAttribute[Any], values: Iterable[int] | Iterable[str]) -> ColumnElement[bool]:
    """Whether the column is one of these. They travel as one parameter: a thousand of their own cost more than the
    query itself."""
    given = literal(encode_json(list(values)), Text())
    if is_postgres():
        each = func.json_array_elements_text(cast(given, JSON())).column_valued()
        value = each if isinstance(column.type, String) else cast(each, column.type)
        return column == any_(func.array(select(value).scalar_subquery()))
    return column.in_(select(func.json_each(given).table_valued("value").c.value))


def json_rows(*columns: Any) -> ColumnElement[Any]:
    """An aggregate: the rows as one JSON array of arrays, NULL or empty where there are none. Times are RFC 3339;
    JSON columns, and subqueries of other `json_rows`, are part of it. Much cheaper to read than as many rows."""
    if is_postgres():
        return func.json_agg(func.json_build_array(*columns), type_=JSON())
    return func.json_group_array(func.json_array(*map(_in_json, columns)), type_=JSON())


def _in_json(value: Any) -> Any:
    """What SQLite keeps as a text or a number, as JSON says it."""
    if isinstance(value.type, JSON):
        return func.json(value)
    if isinstance(value.type, Boolean):
        return func.json(case((value, "true"), (value.is_not(None), "false")))
    return type_coerce(value, Text()).concat("Z") if isinstance(value.type, UtcDateTime) else value


def epoch(moment: SQLColumnExpression[Any]) -> ColumnElement[Any]:
    """The whole seconds of a time since 1970; what is left of a second is dropped."""
    if is_postgres():
        return cast(func.floor(func.extract("epoch", moment)), BigInteger)
    return cast(func.strftime("%s", func.substr(moment, 1, 19)), Integer)


class seconds_of(FunctionElement[int]):  # noqa: N801 - reads as an SQL function
    """The whole seconds since 1970 of a text that is a time, else NULL: a day (`2026-05-04`, from 00:00 UTC), or
    `2026-05-04T10:20:30` with what is left of a second and with `Z` or an offset such as `+02:00`."""

    type = BigInteger()
    inherit_cache = True


_FULL = "SELECT CASE length(g) WHEN 10 THEN g || 'T00:00:00Z' ELSE g END AS t FROM ({given}) AS given"
_OFFSET = (
    "CASE substr(z, 1, 1) WHEN 'Z' THEN 0 WHEN '+' THEN 1 ELSE -1 END"
    " * CASE z WHEN 'Z' THEN 0 ELSE CAST(substr(z, 2, 2) AS BIGINT) * 3600 + CAST(substr(z, 5, 2) AS BIGINT) * 60 END"
)
_CLOCK = " + ".join(
    f"CAST(substr(t, {at}, 2) AS BIGINT) * {size}" for at, size in ((12, 3600), (15, 60), (18, 1))
)
_SECONDS = f"{{month}} + (CAST(substr(t, 9, 2) AS BIGINT) - 1) * 86400 + {_CLOCK} - {_OFFSET}"


@compiles(seconds_of, "sqlite")
def _seconds_of_sqlite(element: Any, compiler: Any, **kw: Any) -> str:
    month = "CAST(strftime('%s', substr(t, 1, 8) || '01') AS BIGINT)"
    looks = (
        "t GLOB '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]*'"
        " AND substr(t, 1, 4) > '0000' AND substr(t, 6, 2) BETWEEN '01' AND '12'"
        " AND substr(t, 9, 2) BETWEEN '01' AND '31' AND substr(t, 12, 2) < '24'"
        " AND (z = 'Z' OR z GLOB '[+-][0-2][0-9]:[0-5][0-9]' AND substr(z, 2, 2) < '24')"
        " AND trim(substr(t, 20, length(t) - 19 - length(z)), '.0123456789') = ''"
    )
    zone = "CASE substr(t, -1) WHEN 'Z' THEN 'Z' ELSE substr(t, -6) END"
    return _seconds(element, compiler, kw, looks=looks, month=month, zone=zone)


@compiles(seconds_of, "postgresql")
def _seconds_of_postgresql(element: Any, compiler: Any, **kw: Any) -> str:
    first = "make_date(CAST(substr(t, 1, 4) AS INT), CAST(substr(t, 6, 2) AS INT), 1)"
    looks = (
        "t ~ '^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9][.0-9]*"
        "(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$' AND substr(t, 1, 4) > '0000'"
    )
    zone = "CASE right(t, 1) WHEN 'Z' THEN 'Z' ELSE right(t, 6) END"
    month = f"({first} - DATE '1970-01-01')::BIGINT * 86400"
    return _seconds(element, compiler, kw, looks=looks, month=month, zone=zone)


def _seconds(element: Any, compiler: Any, kw: Any, *, looks: str, month: str, zone: str) -> str:
    """Nothing is cast that has not been looked at."""
    full = _FULL.format(given=f"SELECT {compiler.process(element.clauses, **kw)} AS g")
    parts = f"SELECT t, {zone} AS z FROM ({full}) AS whole"
    return f"(SELECT CASE WHEN {looks} THEN {_SECONDS.format(month=month)} END FROM ({parts}) AS parts)"


def code_point(text: ColumnElement[Any]) -> ColumnElement[Any]:
    """The number of a text's first character in Unicode; 0 where it is empty."""
    number = func.ascii(text) if is_postgres() else func.unicode(text)
    return cast(func.coalesce(number, 0), BigInteger)


def by_code_points(text: ColumnElement[Any]) -> ColumnElement[Any]:
    """The text in an order that no language has a say in."""
    return text.collate("C") if is_postgres() else text


def place_of(part: str, text: ColumnElement[Any]) -> ColumnElement[Any]:
    """Where a text holds a part, from 1; 0 where it does not."""
    given = literal(part, Text())
    return func.strpos(text, given) if is_postgres() else func.instr(text, given)


class _Numbers(TypeDecorator[list[int]]):
    """Many whole numbers as one value."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        return dialect.type_descriptor(ARRAY(BigInteger()) if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: Iterable[int] | None, dialect: Dialect) -> Any:
        numbers = list(value or ())
        return numbers if dialect.name == "postgresql" else encode_json(numbers)


def numbers(name: str) -> BindParameter[Any]:
    """A parameter that holds many whole numbers, for `is_among`."""
    return bindparam(name, type_=_Numbers())


class is_among(FunctionElement[bool]):  # noqa: N801 - reads as an SQL function
    """`among` for statements that are built once: whether a column is one of the `numbers` that each run gives."""

    type = Boolean()
    inherit_cache = True
    _is_implicitly_boolean = True  # else SQLite is asked whether it equals 1, and uses no index


@compiles(is_among, "sqlite")
def _is_among_sqlite(element: Any, compiler: Any, **kw: Any) -> str:
    column, given = (compiler.process(each, **kw) for each in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({given}))"


@compiles(is_among, "postgresql")
def _is_among_postgresql(element: Any, compiler: Any, **kw: Any) -> str:
    column, given = (compiler.process(each, **kw) for each in element.clauses)
    return f"{column} = ANY ({given})"
