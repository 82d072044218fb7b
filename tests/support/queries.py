"""Counts the SQL statements that a block of code sends to a database."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine


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
