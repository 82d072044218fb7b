"""The databases of the suite: one SQLite file and one PostgreSQL database a worker, migrated once and
emptied between tests."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import flask_migrate
from sqlalchemy import create_engine, event, inspect
from sqlalchemy.engine import Engine

from plg.app import create_app
from plg.kit.db import db
from plg.settings import Settings
from tests.support import postgres, warm

Kind = Literal["sqlite", "postgres"]


@dataclass(frozen=True)
class Database:
    """A migrated database and the URL that `Settings.database_url` takes."""

    kind: Kind
    url: str


@contextmanager
def empty_database(kind: Kind, folder: Path) -> Iterator[Database]:
    """A database without tables: a SQLite file in `folder`, or a new PostgreSQL database."""
    if kind == "sqlite":
        yield Database("sqlite", f"sqlite:///{folder / 'plg.sqlite3'}")
    else:
        with postgres.temporary_database() as url:
            yield Database("postgres", url)


def migrate(database: Database, folder: Path) -> None:
    """Run all migrations, as `plg db upgrade` does."""
    app = create_app(Settings(environment="test", data_dir=folder, database_url=database.url), wings=[])
    with app.app_context():
        flask_migrate.upgrade()
        db.engine.dispose()


class Databases:
    """Makes each database at its first use and keeps it for the tests that follow in this process."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made: dict[Kind, tuple[Database, Engine]] = {}
        self._open = ExitStack()

    def clean(self, kind: Kind) -> Database:
        """The database of this kind, with all tables and no rows."""
        if kind not in self._made:
            self._made[kind] = self._make(kind)
        database, engine = self._made[kind]
        empty(engine)
        return database

    def close(self) -> None:
        """Drop what was made."""
        for _, engine in self._made.values():
            engine.dispose()
        self._open.close()

    def _make(self, kind: Kind) -> tuple[Database, Engine]:
        database = self._open.enter_context(empty_database(kind, self._folder))
        migrate(database, self._folder)
        self._open.enter_context(warm.engines(Settings(database_url=database.url).database))
        engine = create_engine(Settings(database_url=database.url).database)
        if kind == "sqlite":
            event.listen(engine, "connect", _patient)
        return database, engine


def empty(engine: Engine) -> None:
    """Delete all rows of all tables, children first: only of those that have rows, in two round trips."""
    tables = _tables(engine, len(db.metadata.tables))
    asked = " UNION ALL ".join(
        f'SELECT {number} WHERE EXISTS (SELECT 1 FROM "{name}")' for number, name in enumerate(tables)
    )
    with engine.begin() as connection:
        full = sorted(row[0] for row in connection.exec_driver_sql(asked))
        statements = [f'DELETE FROM "{tables[number]}"' for number in full]
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("; ".join(["SET LOCAL lock_timeout = '10s'", *statements]))
        else:
            for statement in statements:
                connection.exec_driver_sql(statement)


@cache
def _tables(engine: Engine, known: int) -> list[str]:
    """Those that migrations made, children first; asked anew once a wing has made more of them known."""
    made = set(inspect(engine).get_table_names())
    return [table.name for table in reversed(db.metadata.sorted_tables) if table.name in made]


def _patient(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA busy_timeout = 10000")
    connection.execute("PRAGMA foreign_keys = OFF")
    connection.execute("PRAGMA synchronous = OFF")
