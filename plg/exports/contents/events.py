"""Events by the day (UTC) on which they happened: `day=2026-05-04/events.parquet`. A late event writes its day anew,
an erased person all days."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, tuple_
from sqlalchemy.orm import aliased

from plg.accounts.models import Account
from plg.events import names
from plg.events.models import Event
from plg.events.stream import START, Place
from plg.exports.contents.row import Columns, Rows, moment
from plg.exports.models import Export
from plg.kit.db import db
from plg.people.models import Person

COLUMNS: Columns = {
    "id": "VARCHAR",
    "name": "VARCHAR",
    "person_id": "VARCHAR",
    "account_id": "VARCHAR",
    "occurred_at": "TIMESTAMPTZ",
    "received_at": "TIMESTAMPTZ",
    "properties": "JSON",
    "context": "JSON",
    "source": "VARCHAR",
}
AT_ONCE = 5000


def parts(export: Export, since: Place, upto: Place) -> tuple[list[str], bool]:
    """The days that have events since a place of the log; all of them where somebody was erased meanwhile."""
    whole = since == START or _erased_since(since, upto)
    behind = _upto(upto) if whole else and_(_upto(upto), tuple_(Event.tx, Event.position) > since)
    times = db.session.scalars(select(Event.occurred_at).where(behind).execution_options(yield_per=AT_ONCE))
    return sorted({day_of(each) for each in times}), whole


def read(export: Export, parts: list[str], upto: Place) -> Rows:
    """The events of these days up to a place of the log, in the order in which they came."""
    survivor = aliased(Person)
    person = func.coalesce(survivor.public_id, Person.public_id)
    query = (
        select(Event, person, Account.public_id)
        .outerjoin(Person, Person.id == Event.person_id)
        .outerjoin(survivor, survivor.id == Person.merged_into_id)
        .outerjoin(Account, Account.id == Event.account_id)
        .where(_upto(upto), or_(*_spans(parts)))
        .order_by(Event.tx, Event.position)
    )
    wanted = set(parts)
    for event, person_id, account_id in db.session.execute(query.execution_options(yield_per=AT_ONCE)):
        if (day := day_of(event.occurred_at)) in wanted:
            yield day, _row(event, person_id, account_id)


def day_of(at: dt.datetime) -> str:
    """The part that an event of this time belongs to."""
    return f"day={at.astimezone(dt.UTC).date().isoformat()}"


def _row(event: Event, person_id: str | None, account_id: str | None) -> dict[str, Any]:
    return {
        "id": event.id,
        "name": event.name,
        "person_id": person_id,
        "account_id": account_id,
        "occurred_at": moment(event.occurred_at),
        "received_at": moment(event.received_at),
        "properties": event.properties,
        "context": event.context,
        "source": event.source,
    }


def _upto(place: Place) -> ColumnElement[bool]:
    return tuple_(Event.tx, Event.position) <= place


def _erased_since(since: Place, upto: Place) -> bool:
    erased = and_(Event.name == names.PERSON_ERASED, Event.source == "plg")
    query = select(Event.position).where(erased, _upto(upto), tuple_(Event.tx, Event.position) > since)
    return db.session.scalar(query.limit(1)) is not None


def _spans(parts: Iterable[str]) -> list[ColumnElement[bool]]:
    """Days in a row as one condition."""
    days = sorted(dt.date.fromisoformat(part.removeprefix("day=")) for part in parts)
    spans: list[tuple[dt.date, dt.date]] = []
    for day in days:
        following = day + dt.timedelta(days=1)
        if spans and spans[-1][1] == day:
            spans[-1] = spans[-1][0], following
        else:
            spans.append((day, following))
    return [
        and_(Event.occurred_at >= _midnight(first), Event.occurred_at < _midnight(last))
        for first, last in spans
    ]


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), dt.UTC)
