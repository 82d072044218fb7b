"""The database: one SQLAlchemy object, the column types, and every difference between SQLite and PostgreSQL (those
inside expressions are in `db_expressions`)."""

from __future__ import annotations

import contextlib
import contextvars
import math
import time
from collections.abc import Iterator
from typing import Any

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import BigInteger, MetaData, Table, event, func, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DataError, DBAPIError, DisconnectionError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.sql.dml import Insert, Update
from sqlalchemy.sql.elements import ColumnElement

from plg.kit.db_types import BigId as BigId
from plg.kit.db_types import Json as Json
from plg.kit.db_types import UtcDateTime as UtcDateTime
from plg.kit.db_types import decode_json as decode_json
from plg.kit.db_types import encode_json as encode_json

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)


db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})


# --- transactions -------------------------------------------------------------------------------

_reading: contextvars.ContextVar[bool] = contextvars.ContextVar("plg_reading", default=False)


@contextlib.contextmanager
def reading() -> Iterator[None]:
    """Transactions begun inside only read: on SQLite they take no write lock."""
    token = _reading.set(True)
    try:
        yield
    finally:
        _reading.reset(token)


def start_reading() -> None:
    """From here on in this request, transactions only read (the front door calls it for GET)."""
    _reading.set(True)


def stop_reading() -> None:
    """Transactions may write again (the front door calls it for POST and its like)."""
    _reading.set(False)


@contextlib.contextmanager
def writing() -> Iterator[None]:
    """Transactions begun inside may write; what was read before is ended."""
    if _reading.get():
        db.session.rollback()
    token = _reading.set(False)
    try:
        yield
    finally:
        _reading.reset(token)


def end_transaction() -> None:
    """Give the connection and its locks back (before slow work that needs no database)."""
    db.session.rollback()


def is_unstorable(error: BaseException) -> bool:
    """Whether a value was the cause: PostgreSQL takes no NUL in texts, neither takes integers over 64 bits."""
    if isinstance(error, OverflowError):
        return "SQLite" in str(error)
    return isinstance(error, DataError)


def is_transient(error: BaseException) -> bool:
    """Whether the same statement may succeed when tried again: lock, deadlock, lost or missing connection."""
    if not isinstance(error, DBAPIError):
        return isinstance(error, PoolTimeout)
    if error.connection_invalidated:
        return True
    code = getattr(error.orig, "sqlstate", None)
    if code is not None:
        return code[:2] in {"08", "40", "53", "57"} or code == "55P03"
    said = str(error.orig)
    return isinstance(error, OperationalError) and ("locked" in said or "connection failed" in said)


PATIENCE_MS = 15_000
LOOKING_MS = 50
"""Within these SQLite looks after 1, 3, 8, 18, 33 and 50 ms."""


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
        f"busy_timeout={PATIENCE_MS}",
        "wal_autocheckpoint=10000",
        "cache_size=-32000",
        "temp_store=MEMORY",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # Deferred BEGIN fails when two readers become writers: SQLite cannot wait for a stale snapshot.
    if _reading.get():
        connection.exec_driver_sql("BEGIN")
        return
    driver: Any = connection.connection.driver_connection
    driver.execute(f"PRAGMA busy_timeout={LOOKING_MS}").close()
    try:
        _begin_writing(connection, time.monotonic() + PATIENCE_MS / 1000)
    finally:
        driver.execute(f"PRAGMA busy_timeout={PATIENCE_MS}").close()


def _begin_writing(connection: Connection, until: float) -> None:
    """Look for the one writer's place again and again. Left to itself SQLite soon looks every 100 ms only, and finds
    it taken for seconds where transactions follow each other closely."""
    while True:
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        except OperationalError as error:
            if not is_transient(error) or time.monotonic() > until:
                raise
        else:
            return


_IDLE_SECONDS = 5.0


def _note_return(_connection: Any, record: ConnectionPoolEntry) -> None:
    record.info["returned_at"] = time.monotonic()


def _check_idle(connection: Any, record: ConnectionPoolEntry, _fairy: Any) -> None:
    if time.monotonic() - record.info.get("returned_at", math.inf) < _IDLE_SECONDS:
        return
    try:
        connection.execute("")  # libpq answers an empty query only over a connection that lives
        connection.rollback()
    except Exception as error:
        raise DisconnectionError from error


def prepare_engine(engine: Engine) -> None:
    """Give a SQLite engine its pragmas and its way to begin, a PostgreSQL engine its care for lost connections:
    one that lay idle is tried before it is used, so that a restarted server costs nobody an answer."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        event.listen(engine, "checkin", _note_return)
        event.listen(engine, "checkout", _check_idle)


def engine_options(url: str) -> dict[str, Any]:
    options: dict[str, Any] = {"json_serializer": encode_json, "json_deserializer": decode_json}
    options["hide_parameters"] = True  # they carry addresses and hashes; errors are logged
    if url.startswith("postgresql"):
        options |= {"pool_size": 10, "max_overflow": 20}
        options["connect_args"] = {"options": "-c timezone=UTC", "connect_timeout": 10}
    else:
        options["pool_size"] = 20
    return options


def init_db(app: Flask, url: str) -> None:
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = engine_options(url)
    db.init_app(app)
    with app.app_context():
        prepare_engine(db.engine)


def is_postgres() -> bool:
    return db.engine.dialect.name == "postgresql"


# --- statements that differ ---------------------------------------------------------------------


def insert(target: Any) -> Any:
    """An INSERT of the bound database's own dialect, with `on_conflict_do_nothing` and `..._do_update`."""
    return (postgresql if is_postgres() else sqlite).insert(target)


def change_and_insert(change: Update, new: Insert) -> tuple[Update | Insert, ...]:
    """Both in as few statements as the database takes: PostgreSQL does an INSERT inside of an UPDATE, which saves a
    round trip. Their parameters need different names, and the caller gives all of them to each."""
    return (change.add_cte(new.cte()),) if is_postgres() else (change, new)


def lock(name: str) -> None:
    """Hold a named lock until the transaction ends. On SQLite the one writer already holds it."""
    if is_postgres():
        db.session.execute(select(func.pg_advisory_xact_lock(func.hashtext(name))))


class transaction_id(ColumnElement[int]):  # noqa: N801 - reads as an SQL function
    """The number of the running transaction; 0 on SQLite, whose one writer commits in position order."""

    type = BigInteger()
    inherit_cache = True


@compiles(transaction_id)
def _transaction_id_sqlite(element: Any, compiler: Any, **kw: Any) -> str:
    return "0"


@compiles(transaction_id, "postgresql")
def _transaction_id_postgresql(element: Any, compiler: Any, **kw: Any) -> str:
    return "(pg_current_xact_id()::text::bigint)"


def give_way(held: float) -> None:
    """Between two of many transactions in a row: let others write, for a quarter of the seconds that the last one
    took. SQLite's waiters look again only now and then, and would find it locked by the next one every time."""
    if not is_postgres():
        time.sleep(held / 4)


def oldest_running_transaction() -> int:
    """Rows of transactions below this number are all decided: no lower one can still commit."""
    if not is_postgres():
        return 1
    return db.session.execute(
        text("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
    ).scalar_one()


def next_transaction() -> int:
    """No transaction has this number or a higher one yet: a row that carries one came from another server."""
    if not is_postgres():
        return 1
    return db.session.execute(
        text("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
    ).scalar_one()


def lock_tables(*tables: Table) -> None:
    """Let nobody else write to these until the transaction ends; others may read. In the order given."""
    if is_postgres():
        names = ", ".join(table.name for table in tables)
        db.session.execute(text(f"LOCK TABLE {names} IN EXCLUSIVE MODE"))
