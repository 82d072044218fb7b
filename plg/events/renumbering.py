"""A log that was restored from another PostgreSQL server.

Its events carry that server's transaction numbers. Where this server's counter stands lower, new events get
lower numbers than the cursors have passed, and would never be read."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy import ColumnElement, case, func, literal, select, tuple_, update

from plg.events.models import Cursor, Event
from plg.events.stream import START, Place
from plg.kit.clock import now
from plg.kit.db import db, lock_tables, next_transaction
from plg.kit.errors import Conflict

CHUNK = 50_000

Tell = Callable[[int, int], object]


class NumbersOfAnotherServer(Conflict):
    """Read as it is, the log would hide what is new in it."""


class SubscriberAtWork(Conflict):
    """Its cursor would be moved to an old number when it is done."""


def is_needed() -> bool:
    """Whether events or cursors carry numbers that this server has not given out."""
    newest = [db.session.scalar(select(func.max(tx))) or 0 for tx in (Event.tx, Cursor.tx)]
    # The counter is asked last: it only grows, so that every number of its own is below it.
    return max(newest) >= next_transaction()


def check() -> None:
    """Raises `NumbersOfAnotherServer`, which names the command that puts it right."""
    if is_needed():
        raise NumbersOfAnotherServer(
            "The log was restored from another PostgreSQL server, whose transaction numbers are higher: new "
            "events would never be read. Run `plg events renumber`, then start the worker."
        )


def renumber(tell: Tell = lambda done, total: None) -> int | None:
    """Number what was restored anew, in the caller's transaction; returns how many events got another number,
    None where nothing was wrong. Raises `SubscriberAtWork`.

    An event's number becomes how many cursors stand before it, so that each cursor still has the same events
    before it; between two cursors the order of reading is the order of storing. Such numbers are lower than
    any that a server gives out. What was stored after the restore keeps its number and stands behind every
    cursor. tell(done, total) hears about positions."""
    # Cursors first, as the worker takes them: the other way round each could wait for the other.
    lock_tables(Cursor.__table__, Event.__table__)
    if not is_needed():
        return None
    _refuse_while_leased()
    last = _last_restored()
    cursors = db.session.scalars(select(Cursor)).all()
    places = sorted({(cursor.tx, cursor.position) for cursor in cursors} - {START})
    count = _number_events(_cursors_before(places), last, tell)
    for cursor in cursors:
        if (cursor.tx, cursor.position) != START:
            cursor.tx, cursor.position = places.index((cursor.tx, cursor.position)), last
    return count


def _refuse_while_leased() -> None:
    leased = select(Cursor.subscriber, Cursor.leased_until).where(Cursor.leased_until > now())
    if row := db.session.execute(leased.order_by(Cursor.leased_until.desc())).first():
        raise SubscriberAtWork(f"{row[0]} is at work, at most until {row[1]:%H:%M:%S} UTC: stop the workers.")


def _last_restored() -> int:
    """Positions go on where the other server's ended: what is new lies behind all that is foreign."""
    foreign = next_transaction()
    ends = [select(func.max(kind.position)).where(kind.tx >= foreign) for kind in (Event, Cursor)]
    return max(db.session.scalar(end) or 0 for end in ends)


def _cursors_before(places: Sequence[Place]) -> ColumnElement[int]:
    here = tuple_(Event.tx, Event.position)
    steps = [(here <= tuple_(*place), number) for number, place in enumerate(places)]
    return case(*steps, else_=len(places)) if steps else literal(0)


def _number_events(number: ColumnElement[int], last: int, tell: Tell) -> int:
    count = 0
    for start in range(0, last, CHUNK):
        these = Event.position.between(start + 1, start + CHUNK), Event.position <= last, Event.tx != number
        statement = update(Event).where(*these).values(tx=number)
        count += db.session.connection().execute(statement).rowcount
        tell(min(start + CHUNK, last), last)
    return count
