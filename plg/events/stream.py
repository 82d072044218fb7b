"""Reading the log in commit order, in windows.

PostgreSQL hands out positions before it commits, so a lower position can appear after a higher one. Each event
carries the number of its transaction; a reader goes by (tx, position) and only below the oldest transaction
that still runs. SQLite has one writer: its tx is always 0 and its positions appear in order."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, BindParameter, Integer, Row, Text, and_, bindparam, cast, or_, select
from sqlalchemy.sql import Select

from plg.events.models import Event
from plg.kit.db import db, decode_json, is_postgres, oldest_running_transaction

Canonical = Callable[[set[int]], dict[int, int]]
Place = tuple[int, int]
START: Place = (0, 0)
_BELOW: BindParameter[int] = bindparam("below", type_=BigInteger)


class _Decoded:
    """A JSON column, decoded when it is first asked for and kept. In Python 3.11, functools' own way takes a lock."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, event: LoggedEvent, owner: type) -> dict[str, Any]:
        kept = event.__dict__
        found: dict[str, Any] = decode_json(kept["_" + self._name])
        kept[self._name] = found
        return found


@dataclass
class LoggedEvent:
    """An event as subscribers see it. person_id is the surviving person's, where people were merged."""

    position: int
    id: str
    name: str
    person_id: int | None
    account_id: int | None
    distinct_id: str | None
    occurred_at: dt.datetime
    received_at: dt.datetime
    source: str
    tx: int
    _properties: str
    _context: str

    properties = _Decoded()
    context = _Decoded()

    @property
    def place(self) -> Place:
        return self.tx, self.position

    @property
    def shard_key(self) -> int:
        """Order is kept per account, or per person where there is no account."""
        return self.account_id or self.person_id or 0


@dataclass
class Batch:
    """The events that a subscriber hears, in order, of one window of the log."""

    events: Sequence[LoggedEvent]

    def named(self, *names: str) -> list[LoggedEvent]:
        return [event for event in self.events if event.name in names]

    def __len__(self) -> int:
        return len(self.events)


def _columns() -> Select[*tuple[Any, ...]]:
    # Properties stay text until somebody asks: most subscribers look at a few events only.
    return select(
        Event.position,
        Event.id,
        Event.name,
        Event.person_id,
        Event.account_id,
        Event.distinct_id,
        Event.occurred_at,
        Event.received_at,
        Event.source,
        Event.tx,
        cast(Event.properties, Text),
        cast(Event.context, Text),
    )


def _logged(rows: Sequence[Row[*tuple[Any, ...]]], canonical: Canonical) -> list[LoggedEvent]:
    survivors = canonical({row[3] for row in rows if row[3] is not None})
    events = [LoggedEvent(*row) for row in rows]
    for event in events:
        if event.person_id in survivors:
            event.person_id = survivors[event.person_id]
    return events


def read_window(after: Place, limit: int, canonical: Canonical) -> list[LoggedEvent]:
    """At most `limit` decided events behind `after`, in reading order."""
    asked = {"tx": after[0], "position": after[1], "limit": limit, "below": oldest_running_transaction()}
    # The connection gives plain rows, past what the session does for each of them.
    return _logged(db.session.connection().execute(_window(is_postgres()), asked).all(), canonical)


@cache
def _window(on_postgres: bool) -> Select[*tuple[Any, ...]]:
    tx, position = bindparam("tx", type_=BigInteger), bindparam("position", type_=BigInteger)
    query = _columns().order_by(Event.tx, Event.position).limit(bindparam("limit", type_=Integer))
    if not on_postgres:
        return query.where(Event.tx == 0, Event.position > position)
    behind = or_(Event.tx > tx, and_(Event.tx == tx, Event.position > position))
    # The first comparison lets the index start at tx; the second is exact.
    return query.where(Event.tx >= tx, behind, Event.tx < _BELOW)


def read_positions(positions: Iterable[int], canonical: Canonical) -> list[LoggedEvent]:
    rows = db.session.execute(_columns().where(Event.position.in_(list(positions))).order_by(Event.position))
    return _logged(rows.all(), canonical)


def history(
    *, person_ids: Sequence[int] = (), account_id: int | None = None, names: Iterable[str] | None = None
) -> list[LoggedEvent]:
    """What is in the log of some people (of one person, before and after merges) or of one account, oldest
    first: for backfills and timelines."""
    query = _columns().order_by(Event.occurred_at, Event.position)
    if person_ids:
        query = query.where(Event.person_id.in_(person_ids))
    if account_id is not None:
        query = query.where(Event.account_id == account_id)
    if names is not None:
        query = query.where(Event.name.in_(list(names)))
    return _logged(db.session.execute(query).all(), lambda ids: {})


def head() -> Place:
    """The place of the newest event, decided or not."""
    return _place(_newest(), {})


def end() -> Place:
    """The place of the newest decided event."""
    return _place(_newest_decided(), {"below": oldest_running_transaction()})


def _place(query: Select[int, int], asked: dict[str, int]) -> Place:
    row = db.session.execute(query, asked).first()
    return (row[0], row[1]) if row else START


@cache
def _newest() -> Select[int, int]:
    return select(Event.tx, Event.position).order_by(Event.tx.desc(), Event.position.desc()).limit(1)


@cache
def _newest_decided() -> Select[int, int]:
    return _newest().where(Event.tx < _BELOW)


def holds(place: Place) -> bool:
    """Whether an event stands there. Not where it was erased, nor in a log that was numbered anew."""
    there = select(Event.position).where(Event.position == place[1], Event.tx == place[0])
    return place == START or db.session.scalar(there) is not None
