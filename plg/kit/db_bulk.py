"""The third part of `db`: many rows in few statements, past what the ORM does for each of them."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain, repeat
from typing import Any, Final

from sqlalchemy import JSON, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.types import TypeDecorator

from plg.kit.db import UtcDateTime, db, encode_json, is_postgres
from plg.kit.db_types import plain_json, plain_time

HUNDRED: Final = 100
Row = dict[str, Any]
Group = tuple[Row, Mapping[str, Sequence[Any]]]
"""Rows: what they have in common, and each column by which they are told apart, as long as there are rows."""


def insert_new(table: Table, rows: Sequence[Row]) -> None:
    """Insert many rows, leaving out those whose unique key exists.

    Every row has the same keys; JSON columns hold plain Python values, times are aware datetimes."""
    _insert(table, rows, "DO NOTHING")


def insert_new_returning(table: Table, rows: Sequence[Row], columns: Sequence[str]) -> list[tuple[Any, ...]]:
    """The same; these columns (numbers or texts) of those that are new, in no order."""
    return _insert(table, rows, "DO NOTHING", tuple(columns))


def upsert_groups(table: Table, groups: Sequence[Group], key: Sequence[str], otherwise: str) -> None:
    """Insert many rows, but where a row of this unique key exists it is changed: what to set, as SQL (`excluded` is
    the new row). All groups have the same columns."""
    _insert_groups(table, groups, f" ON CONFLICT ({', '.join(key)}) DO UPDATE SET {otherwise}")


def insert_new_counted(table: Table, groups: Sequence[Group]) -> dict[tuple[Any, ...], int]:
    """Insert many rows, leaving out those whose unique key exists. How many were new of each group that has any, by
    what its rows have in common. All groups have the same columns."""
    if not groups:
        return {}
    common = ", ".join(groups[0][0])
    end = f" ON CONFLICT DO NOTHING RETURNING {common}"
    return dict(Counter(_insert_groups(table, groups, end)))


def change_rows(table: Table, rows: Sequence[Row], key: str) -> None:
    """Change many rows, each told by its number in the column `key`. Every row has the same keys, none a JSON column;
    times are aware datetimes."""
    if not rows:
        return
    names, on_postgres = tuple(rows[0]), is_postgres()
    told = _decorated(table, names, rows) if on_postgres else _written(table, names, rows)
    db.session.connection().exec_driver_sql(_changed(table, names, key, on_postgres), (encode_json(told),))


def rows_of(
    table: Table, member: str, groups: Sequence[tuple[Row, Sequence[int]]], columns: Sequence[str]
) -> list[tuple[Any, ...]]:
    """The rows of many keys, in one statement. groups: what the rows of some keys have in common, by column, and the
    numbers in the column `member` that tell them apart. Of each row that there is: its group's place in `groups`, its
    member, and these columns; in no order."""
    if not groups:
        return []
    names, on_postgres = tuple(groups[0][0]), is_postgres()
    asked = [{"n": n, "members": members, **common} for n, (common, members) in enumerate(groups)]
    statement = _rows_of(table, member, names, tuple(columns), on_postgres)
    rows = db.session.connection().exec_driver_sql(statement, (encode_json(asked),)).fetchall()
    kinds = _read(table, tuple(columns), on_postgres)
    made = [
        _made(make, column)
        for make, column in zip((None, None, *kinds), zip(*rows, strict=True), strict=False)
    ]
    return list(zip(*made, strict=True))


def _insert(
    table: Table, rows: Sequence[Row], conflict: str, returning: tuple[str, ...] = ()
) -> list[tuple[Any, ...]]:
    """PostgreSQL unpacks one JSON parameter itself; SQLite takes a hundred rows at a time."""
    if not rows:
        return []
    names = tuple(rows[0])
    end = f" ON CONFLICT {conflict}" + (f" RETURNING {', '.join(returning)}" if returning else "")
    if is_postgres():
        written = encode_json(_decorated(table, names, rows))
        found = db.session.connection().exec_driver_sql(_into_postgresql(table, names) + end, (written,))
        return [tuple(row) for row in found.fetchall()] if returning else []
    # All values are made before the connection is asked for: with it begins the one writing transaction.
    columns = zip(*([row[name] for name in names] for row in rows), strict=True)
    plain = [_made(make, column) for make, column in zip(_plain(table, names), columns, strict=True)]
    return _into_sqlite(table, names, list(zip(*plain, strict=True)), end, bool(returning))


def _insert_groups(table: Table, groups: Sequence[Group], end: str) -> list[tuple[Any, ...]]:
    if not groups:
        return []
    common, apart = tuple(groups[0][0]), tuple(groups[0][1])
    if is_postgres():
        own = {name: _bound(table.c[name].type) for name in apart}
        asked = [{**same, **{name: _made(own[name], each[name]) for name in apart}} for same, each in groups]
        statement = _groups_into_postgresql(table, common, apart) + end
        found = db.session.connection().exec_driver_sql(statement, (encode_json(asked),))
        return [tuple(row) for row in found.fetchall()] if found.returns_rows else []
    values = [row for group in groups for row in _rows_of_group(table, *group)]
    return _into_sqlite(table, (*common, *apart), values, end, "RETURNING" in end)


def _rows_of_group(
    table: Table, common: Row, apart: Mapping[str, Sequence[Any]]
) -> Iterator[tuple[Any, ...]]:
    same = [
        value if make is None else make(value)
        for make, value in zip(_plain(table, tuple(common)), common.values(), strict=True)
    ]
    columns = [
        _made(make, column) for make, column in zip(_plain(table, tuple(apart)), apart.values(), strict=True)
    ]
    return zip(*(repeat(value, len(columns[0])) for value in same), *columns, strict=True)


def _written(table: Table, names: tuple[str, ...], rows: Sequence[Row]) -> list[Row]:
    """The rows as SQLite keeps them."""
    makes = list(zip(names, _plain(table, names), strict=True))
    return [{name: make(row[name]) if make else row[name] for name, make in makes} for row in rows]


def _made(make: Callable[[Any], Any] | None, column: Sequence[Any]) -> Sequence[Any]:
    """Each value in its other form, made once where rows share it, such as the moment of writing."""
    if make is None:
        return column
    if make not in (plain_time, plain_json):
        return [make(value) for value in column]
    made = {key: make(value) for key, value in {id(value): value for value in column}.items()}
    return [made[id(value)] for value in column]


def _into_sqlite(
    table: Table, names: tuple[str, ...], values: list[tuple[Any, ...]], end: str, returning: bool
) -> list[tuple[Any, ...]]:
    hundreds = len(values) - len(values) % HUNDRED
    parts = [
        (HUNDRED, tuple(chain.from_iterable(values[n : n + HUNDRED]))) for n in range(0, hundreds, HUNDRED)
    ]
    found: list[tuple[Any, ...]] = []
    connection = db.session.connection()
    if returning and values[hundreds:]:
        parts.append((len(values) - hundreds, tuple(chain.from_iterable(values[hundreds:]))))
    for rows, part in parts:
        told = connection.exec_driver_sql(_statement_sqlite(table, names, rows) + end, part)
        found += [tuple(row) for row in told.fetchall()] if returning else []
    if not returning and values[hundreds:]:
        connection.exec_driver_sql(_statement_sqlite(table, names, 1) + end, values[hundreds:])
    return found


@functools.cache
def _into_postgresql(table: Table, names: tuple[str, ...]) -> str:
    tx = ("tx, ", "pg_current_xact_id()::text::bigint, ") if "tx" in table.c else ("", "")
    listed = ", ".join(names)
    return (
        f"INSERT INTO {table.name} ({tx[0]}{listed}) SELECT {tx[1]}{listed}"
        f" FROM json_to_recordset(%s::json) AS r({_typed(table, names)})"
    )


def _typed(table: Table, names: tuple[str, ...]) -> str:
    dialect = postgresql.dialect()
    return ", ".join(f"{name} {table.c[name].type.compile(dialect)}" for name in names)


@functools.cache
def _groups_into_postgresql(table: Table, common: tuple[str, ...], apart: tuple[str, ...]) -> str:
    kinds = {name: table.c[name].type.compile(postgresql.dialect()) for name in (*common, *apart)}
    types = [f"{name} {kinds[name]}" for name in common] + [f"{name} {kinds[name]}[]" for name in apart]
    values = [f"kept.{name}" for name in common] + [f"each.{name}" for name in apart]
    lists = ", ".join(f"kept.{name}" for name in apart)
    return (
        f"INSERT INTO {table.name} ({', '.join((*common, *apart))}) SELECT {', '.join(values)}"
        f" FROM json_to_recordset(%s::json) AS kept({', '.join(types)}),"
        f" unnest({lists}) AS each({', '.join(apart)})"
    )


@functools.cache
def _statement_sqlite(table: Table, names: tuple[str, ...], rows: int) -> str:
    # Python's lock changes hands once a statement, and once a row in executemany: while other threads of the
    # process calculate, the writer would wait for them row by row, holding the database.
    tx = ("tx, ", "0, ") if "tx" in table.c else ("", "")
    marks = f"({tx[1]}{', '.join('?' * len(names))})"
    listed = f"{tx[0]}{', '.join(names)}"
    return f"INSERT INTO {table.name} ({listed}) VALUES {', '.join([marks] * rows)}"


@functools.cache
def _changed(table: Table, names: tuple[str, ...], key: str, on_postgres: bool) -> str:
    new = ", ".join(f"{name} = told.{name}" for name in names if name != key)
    if on_postgres:
        told = f"json_to_recordset(%s::json) AS told({_typed(table, names)})"
    else:
        parts = ", ".join(f"json_extract(value, '$.{name}') AS {name}" for name in names)
        told = f"(SELECT {parts} FROM json_each(?)) AS told"
    return f"UPDATE {table.name} SET {new} FROM {told} WHERE {table.name}.{key} = told.{key}"


@functools.cache
def _rows_of(
    table: Table, member: str, names: tuple[str, ...], columns: tuple[str, ...], on_postgres: bool
) -> str:
    same = "".join(f" AND kept.{name} = asked.{name}" for name in names)
    listed = f"SELECT asked.n, {', '.join(f'kept.{name}' for name in (member, *columns))}"
    if on_postgres:
        types = f"n int, members bigint[], {_typed(table, names)}"
        asked = f"json_to_recordset(%s::json) AS asked ({types})"
        return f"{listed} FROM {asked} JOIN {table.name} AS kept ON kept.{member} = ANY(members){same}"
    parts = ", ".join(f"json_extract(value, '$.{name}') AS {name}" for name in ("n", "members", *names))
    asked = f"WITH asked AS MATERIALIZED (SELECT {parts} FROM json_each(?))"
    each = f"json_each(asked.members) AS each JOIN {table.name} AS kept ON kept.{member} = each.value{same}"
    return f"{asked} {listed} FROM asked, {each}"


@functools.cache
def _plain(table: Table, names: tuple[str, ...]) -> list[Callable[[Any], Any] | None]:
    """How the values of each column become what SQLite's driver takes and the column type reads back."""
    by_type: dict[type, Callable[[Any], Any]] = {UtcDateTime: plain_time, JSON: plain_json}
    types = [table.c[name].type for name in names]
    plain = (next((f for kind, f in by_type.items() if isinstance(type_, kind)), None) for type_ in types)
    return [known or _bound(type_) for known, type_ in zip(plain, types, strict=True)]


@functools.cache
def _read(table: Table, names: tuple[str, ...], on_postgres: bool) -> list[Callable[[Any], Any] | None]:
    """How what the driver gives of each column becomes what the column type reads."""
    dialect = postgresql.dialect() if on_postgres else sqlite.dialect()
    return [table.c[name].type.dialect_impl(dialect).result_processor(dialect, None) for name in names]


@functools.cache
def _bound(type_: Any) -> Callable[[Any], Any] | None:
    """What a type of our own makes of a value."""
    if not isinstance(type_, TypeDecorator) or isinstance(type_, UtcDateTime):
        return None
    return functools.partial(type_.process_bind_param, dialect=DefaultDialect())


def _decorated(table: Table, names: tuple[str, ...], rows: Sequence[Row]) -> Sequence[Row]:
    """The rows with the values of types of our own as they are kept."""
    own = {name: bound for name in names if (bound := _bound(table.c[name].type)) is not None}
    if not own:
        return rows
    return [row | {name: bound(row[name]) for name, bound in own.items()} for row in rows]
