"""Counts the SQL statements that a block of code sends to a database."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy import event
from sqlalchemy.engine import Engine

from plg.kit.db import db, is_postgres

T = TypeVar("T")


class Count(int):
    """A number of statements that shows the statements where an assertion about it fails."""

    statements: tuple[str, ...] = ()

    def __repr__(self) -> str:
        numbered = (f"  {number}. {text}" for number, text in enumerate(self.statements, start=1))
        return "\n".join([f"{int(self)} statements:", *numbered])


@dataclass
class Queries:
    """The statements seen so far, in order, without those that only begin or end a transaction."""

    statements: list[str] = field(default_factory=list)

    @property
    def count(self) -> Count:
        """How many statements were sent."""
        number = Count(len(self.statements))
        number.statements = tuple(self.statements)
        return number


_TRANSACTION = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "PRAGMA")


@contextmanager
def count_queries(engine: Engine) -> Iterator[Queries]:
    """Counts in the block: `with count_queries(engine) as q: ...` and then `assert q.count <= 3`."""
    queries = Queries()

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.lstrip().upper().startswith(_TRANSACTION):
            queries.statements.append(" ".join(statement.split()))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield queries
    finally:
        event.remove(engine, "before_cursor_execute", note)


def with_plan(ask: Callable[[], T]) -> tuple[T, str]:
    """The answer to a question, and the database's plan of its first query."""
    sent: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        sent.append((statement, parameters))

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        answer = ask()
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    statement, parameters = next(one for one in sent if one[0].startswith("SELECT"))
    explain = "EXPLAIN" if is_postgres() else "EXPLAIN QUERY PLAN"
    rows = db.session.connection().exec_driver_sql(f"{explain} {statement}", parameters)
    return answer, "\n".join(str(row) for row in rows)
