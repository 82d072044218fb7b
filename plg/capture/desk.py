"""Group commit: on SQLite, requests that wait for their turn to write share a transaction.

SQLite has one writer. Whoever gets the lock next writes for all who wait in this process, and pages that several
of them touch are written once: with eight clients 1,000 single calls a second instead of 200. Processes wait in
line for each other, too: 1,900 instead of 1,250. PostgreSQL gathers the commits of parallel transactions itself,
and measured worse with this in front of it, so there everybody has a transaction of their own.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from plg.capture.ingest import Ingested, ingest
from plg.capture.messages import Message
from plg.capture.trust import Sender
from plg.kit.db import db, is_postgres, is_transient
from plg.kit.errors import TryAgain

try:
    import fcntl
except ImportError:  # not a Unix
    fcntl = None  # type: ignore[assignment]

_TRIES = 3
_LARGE = 1000  # messages: a request of so many has a transaction of its own, and keeps nobody waiting
_TOGETHER = 2000


class Ticket:
    """What one request wants stored, and how it went."""

    def __init__(self, messages: Sequence[Message], sender: Sender, received_at: dt.datetime) -> None:
        self.messages, self.sender, self.received_at = messages, sender, received_at
        self.done = False
        self.error: Exception | None = None


class Desk:
    """Where the requests of one process hand in their messages."""

    def __init__(self) -> None:
        self._waiting: deque[Ticket] = deque()
        self._writing = threading.Lock()

    def store(self, ticket: Ticket) -> None:
        """Return when the messages are committed. Raises what went wrong with them, TryAgain where nothing did
        but that the database is busy; then nothing is stored."""
        if is_postgres() or len(ticket.messages) >= _LARGE:
            _store_alone(ticket)
        else:
            self._waiting.append(ticket)
            while not ticket.done:
                with self._writing:
                    if not ticket.done:
                        with _turn_among_processes():
                            _store_together(self._next_group())
        if ticket.error is not None:
            raise ticket.error

    def _next_group(self) -> list[Ticket]:
        group: list[Ticket] = []
        while self._waiting and sum(len(ticket.messages) for ticket in group) < _TOGETHER:
            group.append(self._waiting.popleft())
        return group


@contextmanager
def _turn_among_processes() -> Iterator[None]:
    """Wait in line with the other processes of this machine. SQLite's own way to wait, looking again after ever
    longer pauses, leaves the database idle half of the time."""
    file_of_database = db.engine.url.database
    if fcntl is None or not file_of_database:
        yield
        return
    with Path(f"{file_of_database}-turn").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _store_together(group: list[Ticket]) -> None:
    try:
        if len(group) == 1 or not _committed(group):
            for ticket in group:
                _store_alone(ticket)
    finally:  # whatever happens to this thread, nobody waits for ever
        for ticket in group:
            if not ticket.done:
                ticket.error, ticket.done = TryAgain(retry_after=1), True


def _committed(group: list[Ticket]) -> bool:
    try:
        _commit(group)
    except Exception:
        db.session.rollback()
        return False
    return True


def _store_alone(ticket: Ticket) -> None:
    for attempt in range(_TRIES):
        try:
            return _commit([ticket])
        except Exception as error:
            db.session.rollback()
            ticket.error = error
            if not is_transient(error):
                break
            if attempt == _TRIES - 1:
                ticket.error = TryAgain(retry_after=1)
                ticket.error.__cause__ = error
    ticket.done = True
    return None


def _commit(group: list[Ticket]) -> None:
    ingested = [_ingest(tickets) for tickets in _by_sender(group)]
    db.session.commit()
    for each in ingested:
        each.remember()
    for ticket in group:
        ticket.error, ticket.done = None, True


def _by_sender(group: list[Ticket]) -> Iterable[list[Ticket]]:
    found: dict[Sender, list[Ticket]] = {}
    for ticket in group:
        found.setdefault(ticket.sender, []).append(ticket)
    return found.values()


def _ingest(tickets: list[Ticket]) -> Ingested:
    messages = [message for ticket in tickets for message in ticket.messages]
    return ingest(messages, received_at=tickets[-1].received_at, sender=tickets[-1].sender)
