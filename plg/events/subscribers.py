"""What a subscriber is, and its cursor: started, moved back, split, looked at."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sqlalchemy import delete, func, or_, select

from plg.events.models import Cursor, Event, ParkedEvent
from plg.events.stream import START, Batch, LoggedEvent, Place, head
from plg.kit.clock import now
from plg.kit.db import db, insert
from plg.kit.errors import Conflict, NotFound


@dataclass(frozen=True)
class Subscription:
    """A reader of the log with a durable cursor.

    handler(batch) works with set-based SQL in the worker's transaction and does not commit.
    hears: the event names, or None for all. shards: how many workers may share it (order is kept per account).
    outside: it talks to the outside world: no transaction is open while it works, its cursor moves when it
    returns, and after an error the same batch comes again (at least once).
    from_now: a new subscriber starts at the end of the log instead of its beginning. windows: where it lags, it takes
    so many windows at once: for whom an event is less work, the more events come together."""

    name: str
    handler: Callable[[Batch], None]
    hears: frozenset[str] | None = None
    shards: int = 1
    outside: bool = False
    from_now: bool = False
    windows: int = 1

    def heard(self, events: Iterable[LoggedEvent], shard: int) -> list[LoggedEvent]:
        return [
            event
            for event in events
            if (self.hears is None or event.name in self.hears)
            and (self.shards == 1 or event.shard_key % self.shards == shard)
        ]


class CursorsDiffer(Conflict):
    """A subscriber's shards have not read equally far; let it catch up before it is split anew."""


class NoSuchSubscriber(NotFound):
    pass


def start_cursors(subscriptions: Iterable[Subscription]) -> None:
    """Make the cursors that are missing; split anew those whose number of shards was changed."""
    kept: dict[str, list[Cursor]] = defaultdict(list)
    for cursor in db.session.scalars(select(Cursor).order_by(Cursor.shard).with_for_update()):
        kept[cursor.subscriber].append(cursor)
    changed = [each for each in subscriptions if len(kept[each.name]) != each.shards]
    if not changed:
        return
    places = {each.name: _starting_place(each, kept[each.name]) for each in changed}
    db.session.execute(delete(Cursor).where(Cursor.subscriber.in_(places)))
    rows = [
        {"subscriber": each.name, "shard": shard, "shards": each.shards, "updated_at": now(), "attempts": 0}
        | dict(zip(("tx", "position"), places[each.name], strict=True))
        for each in changed
        for shard in range(each.shards)
    ]
    db.session.execute(insert(Cursor).on_conflict_do_nothing(), rows)


def _starting_place(subscription: Subscription, rows: list[Cursor]) -> Place:
    if rows:
        return _common_place(rows)
    return head() if subscription.from_now else START


def _cursors(name: str) -> list[Cursor]:
    query = select(Cursor).where(Cursor.subscriber == name).order_by(Cursor.shard)
    return list(db.session.scalars(query.with_for_update()))


def _common_place(rows: list[Cursor]) -> Place:
    places = {(row.tx, row.position) for row in rows}
    if len(places) > 1:
        raise CursorsDiffer(f"The shards of {rows[0].subscriber} have not read equally far.")
    return places.pop()


def replay(name: str, *, since: dt.datetime | None = None) -> None:
    """Move a subscriber's cursor back, so that it hears again everything received since then (or ever)."""
    rows = _cursors(name)
    if not rows:
        raise NoSuchSubscriber(f"There is no subscriber called {name!r}.")
    place = START
    if since is not None:
        first = select(Event.tx, Event.position).where(Event.received_at >= since)
        row = db.session.execute(first.order_by(Event.tx, Event.position).limit(1)).first()
        place = (row[0], row[1] - 1) if row else head()
    for cursor in rows:
        cursor.tx, cursor.position = place
        cursor.attempts, cursor.retry_at, cursor.last_error = 0, None, None


@dataclass(frozen=True)
class Status:
    subscriber: str
    shard: int
    position: int
    lag_events: int
    lag_seconds: float
    parked: int
    last_error: str | None


def statuses() -> list[Status]:
    """How far each subscriber has read: for `plg status` and the metrics."""
    parked: dict[str, int] = dict(
        db.session.execute(
            select(ParkedEvent.subscriber, func.count())
            .where(ParkedEvent.resolved_at.is_(None))
            .group_by(ParkedEvent.subscriber)
        ).all()
    )
    moment = now()
    found = []
    for cursor in db.session.scalars(select(Cursor).order_by(Cursor.subscriber, Cursor.shard)):
        behind = or_(Event.tx > cursor.tx, (Event.tx == cursor.tx) & (Event.position > cursor.position))
        count = select(func.count(), func.min(Event.received_at)).where(Event.tx >= cursor.tx, behind)
        lag, oldest = db.session.execute(count).one()
        seconds = (moment - oldest).total_seconds() if oldest else 0.0
        found.append(
            Status(
                cursor.subscriber,
                cursor.shard,
                cursor.position,
                lag,
                seconds,
                parked.get(cursor.subscriber, 0),
                cursor.last_error,
            )
        )
    return found
