"""Running subscribers: lock cursors, read a window, let each handle it, move the cursors, commit; all in one
transaction, so that each event takes effect once."""

from __future__ import annotations

import datetime as dt
import traceback
from collections import defaultdict
from collections.abc import Sequence
from functools import cache
from typing import Any

import structlog
from sqlalchemy import BindParameter, Integer, Select, bindparam, select, tuple_, update
from sqlalchemy.orm import Session

from plg.events.models import Cursor, ParkedEvent
from plg.events.stream import Batch, Canonical, LoggedEvent, Place, head, read_positions, read_window
from plg.events.subscribers import Subscription
from plg.kit.clock import now
from plg.kit.db import UtcDateTime, db, is_postgres, is_transient, reading

log = structlog.get_logger()

LEASE = dt.timedelta(minutes=5)
MAX_BACKOFF = dt.timedelta(minutes=5)
TRIES = 3
MANY = 10_000


class Runner:
    """Runs subscriptions against the log. limit: events a window; cursors: how many
    subscribers one pass takes on PostgreSQL, where other workers take the rest."""

    def __init__(
        self,
        subscriptions: Sequence[Subscription],
        canonical: Canonical,
        limit: int = 1000,
        cursors: int = 32,
    ) -> None:
        self.subscriptions = {subscription.name: subscription for subscription in subscriptions}
        self.canonical = canonical
        self.limit = limit
        self.cursors = cursors

    def lane(self, *, outside: bool) -> Runner:
        """A runner of those alone that talk to the outside world, or of the others."""
        chosen = [s for s in self.subscriptions.values() if s.outside == outside]
        return Runner(chosen, self.canonical, self.limit, self.cursors)

    def run_once(self) -> int:
        """One pass over all that lag behind. Returns how many events were read; 0 when all is done."""
        if not self._anything_new():
            return 0
        return self._run_inside() + self._run_outside()

    def run_until_done(self) -> int:
        total = 0
        while handled := self.run_once():
            total += handled
        return total

    def _anything_new(self) -> bool:
        with reading():
            newest = head()
            moment = now()
            places = db.session.execute(_places(), {"names": list(self.subscriptions)})
            found = any(
                (tx, position) < newest and (retry_at is None or retry_at <= moment)
                for tx, position, retry_at in places
            )
            db.session.rollback()
        return found

    # --- inside: effects and cursor in one transaction ------------------------------------------

    def _run_inside(self) -> int:
        inside = [s.name for s in self.subscriptions.values() if not s.outside]
        groups = _locked(inside, self.cursors if is_postgres() else None)
        read = sum(self._run_group(place, cursors) for place, cursors in groups.items())
        db.session.commit()
        db.session.expunge_all()
        return read

    def _run_group(self, place: Place, cursors: Sequence[Cursor]) -> int:
        """Those who stand at one place: it is read once, as far as the longest window goes."""
        by_windows: dict[int, list[Cursor]] = defaultdict(list)
        for cursor in cursors:
            by_windows[self.subscriptions[cursor.subscriber].windows].append(cursor)
        events = read_window(place, max(by_windows) * self.limit, self.canonical)
        for windows, some in by_windows.items() if events else ():
            window = events[: windows * self.limit]
            for cursor in some:
                self._handle(cursor, window)
            _move(some, window[-1].place)
        return len(events)

    def _handle(self, cursor: Cursor, window: list[LoggedEvent]) -> None:
        """All takes effect; what cannot is parked, so that the cursor may move on."""
        subscription = self.subscriptions[cursor.subscriber]
        events = subscription.heard(window, cursor.shard)
        if not events:
            return
        try:
            _attempt(subscription, events)
        except Exception as error:
            if is_transient(error):
                raise
            self._isolate(subscription, events, error)

    def _isolate(self, subscription: Subscription, events: list[LoggedEvent], error: Exception) -> None:
        """Halve a failing batch until the poison event stands alone; park it; the others take effect."""
        if len(events) == 1:
            _try_again(subscription, events, error)
            return
        middle = len(events) // 2
        for half in (events[:middle], events[middle:]):
            try:
                _attempt(subscription, half)
            except Exception as inner:
                if is_transient(inner):
                    raise
                self._isolate(subscription, half, inner)

    # --- outside: no transaction while it works -------------------------------------------------

    def _run_outside(self) -> int:
        windows: dict[Place, list[LoggedEvent]] = {}  # those who stand at one place read it once
        for name, subscription in self.subscriptions.items():
            if subscription.outside:
                self._run_leased(name, windows)
        return sum(map(len, windows.values()))

    def _run_leased(self, name: str, windows: dict[Place, list[LoggedEvent]]) -> None:
        subscription = self.subscriptions[name]
        for shard in range(subscription.shards):
            window = self._lease(subscription, shard, windows)
            events = subscription.heard(window, shard)
            if not events:
                continue
            try:
                subscription.handler(Batch(events))
            except Exception as error:
                log.warning("subscriber waits", subscriber=name, error=repr(error))
                _wait(name, shard, error)
            else:
                _finish(name, shard, window[-1].place)

    def _lease(
        self, subscription: Subscription, shard: int, windows: dict[Place, list[LoggedEvent]]
    ) -> list[LoggedEvent]:
        """The window that this worker alone handles now; one with nothing to hear is passed over at once."""
        window: list[LoggedEvent] = []
        for place, cursors in _locked([subscription.name]).items():
            for cursor in cursors:
                if cursor.shard != shard:
                    continue
                if place not in windows:
                    windows[place] = read_window(place, self.limit, self.canonical)
                window = windows[place]
                if subscription.heard(window, shard):
                    cursor.leased_until = now() + LEASE
                elif window:
                    _move([cursor], window[-1].place)
        db.session.commit()
        db.session.expunge_all()
        return window

    # --- what was parked ------------------------------------------------------------------------

    def retry_parked(self, ids: Sequence[int] | None = None) -> tuple[int, int]:
        """Try parked events again (all, or these). Returns (resolved, still failing). Commits each."""
        query = select(ParkedEvent).where(ParkedEvent.resolved_at.is_(None)).order_by(ParkedEvent.id)
        rows = db.session.scalars(query if ids is None else query.where(ParkedEvent.id.in_(ids))).all()
        resolved = 0
        for row in rows:
            resolved += self._retry(row)
            db.session.commit()
        return resolved, len(rows) - resolved

    def _retry(self, row: ParkedEvent) -> bool:
        subscription = self.subscriptions[row.subscriber]
        try:
            _attempt(subscription, read_positions([row.position], self.canonical))
        except Exception as error:
            row.attempts, row.error = row.attempts + 1, _told(error)
            return False
        row.resolved_at = now()
        return True


def _locked(names: Sequence[str], limit: int | None = None) -> dict[Place, list[Cursor]]:
    """The cursors that nobody works on and that need not wait, by place; limit: leave the rest to other workers."""
    moment = now()
    asked = {"names": list(names), "moment": moment, "limit": limit or MANY}
    groups: dict[Place, list[Cursor]] = defaultdict(list)
    for cursor in db.session.scalars(_ready(), asked):
        if cursor.leased_until is None or cursor.leased_until <= moment:
            groups[cursor.tx, cursor.position].append(cursor)
    return groups


@cache
def _places() -> Select[int, int, dt.datetime | None]:
    names: BindParameter[Any] = bindparam("names", expanding=True)
    return select(Cursor.tx, Cursor.position, Cursor.retry_at).where(Cursor.subscriber.in_(names))


@cache
def _ready() -> Select[Cursor]:
    names: BindParameter[Any] = bindparam("names", expanding=True)
    waits_no_more = Cursor.retry_at <= bindparam("moment", type_=UtcDateTime())
    return (
        select(Cursor)
        .where(Cursor.subscriber.in_(names), Cursor.retry_at.is_(None) | waits_no_more)
        .order_by(Cursor.tx, Cursor.position, Cursor.subscriber, Cursor.shard)
        .limit(bindparam("limit", type_=Integer))
        .with_for_update(skip_locked=True)
    )


def _attempt(subscription: Subscription, events: list[LoggedEvent]) -> None:
    with db.session.begin_nested():
        subscription.handler(Batch(events))
        db.session.flush()


def _try_again(subscription: Subscription, events: list[LoggedEvent], error: Exception) -> None:
    """The last tries of an event that failed alone; then it is parked."""
    for _ in range(TRIES - 1):
        try:
            _attempt(subscription, events)
        except Exception as again:
            if is_transient(again):
                raise
            error = again
        else:
            return
    _park(subscription.name, events[0], error)


def _move(cursors: Sequence[Cursor], place: Place) -> None:
    """In one statement; what the session knows of these cursors is old afterwards."""
    keys = [(cursor.subscriber, cursor.shard) for cursor in cursors]
    values = {"tx": place[0], "position": place[1], "updated_at": now()}
    moved = update(Cursor).where(tuple_(Cursor.subscriber, Cursor.shard).in_(keys))
    moved = moved.values(attempts=0, retry_at=None, last_error=None, **values)
    db.session.execute(moved.execution_options(synchronize_session=False))


def _park(name: str, event: LoggedEvent, error: Exception) -> None:
    log.error("event parked", subscriber=name, position=event.position, error=repr(error))
    row = ParkedEvent(subscriber=name, position=event.position, error=_told(error))
    row.attempts, row.parked_at = TRIES, now()
    session: Session = db.session()
    session.add(row)


def _told(error: Exception) -> str:
    return "".join(traceback.format_exception(error, limit=-6))[-4000:]


def _cursor_update(name: str, shard: int, **values: object) -> None:
    db.session.rollback()
    row = update(Cursor).where(Cursor.subscriber == name, Cursor.shard == shard)
    db.session.execute(row.values(leased_until=None, updated_at=now(), **values))
    db.session.commit()


def _finish(name: str, shard: int, place: Place) -> None:
    _cursor_update(name, shard, tx=place[0], position=place[1], attempts=0, retry_at=None, last_error=None)


def _wait(name: str, shard: int, error: Exception) -> None:
    db.session.rollback()
    attempts = db.session.scalar(
        select(Cursor.attempts).where(Cursor.subscriber == name, Cursor.shard == shard)
    )
    pause = min(dt.timedelta(seconds=2 ** min(attempts or 0, 10)), MAX_BACKOFF)
    _cursor_update(name, shard, attempts=(attempts or 0) + 1, retry_at=now() + pause, last_error=_told(error))
