"""Events that count no more: `Event Cancelled` names them, before or after they were counted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import select

from plg.events import names, stream
from plg.events.models import Event
from plg.events.stream import LoggedEvent
from plg.kit.clock import now
from plg.kit.db import db, insert
from plg.kit.db_expressions import among
from plg.usage import tally
from plg.usage.counters import Place
from plg.usage.meters import Following
from plg.usage.models import CancelledEvent
from plg.usage.tally import Sheaves

MAX_ID = 200


def hear(events: Sequence[LoggedEvent], following: Sequence[Following]) -> bool:
    """Take back what was cancelled and counted; remember the rest for when it comes. Whether there was anything."""
    named = [event.properties.get("message_id") for event in events if event.name == names.EVENT_CANCELLED]
    ids = sorted({each for each in named if isinstance(each, str) and 0 < len(each) <= MAX_ID})
    if not ids:
        return False
    rows = [{"event_id": each, "cancelled_at": now()} for each in ids]
    made = insert(CancelledEvent.__table__).on_conflict_do_nothing().returning(CancelledEvent.event_id)
    new = list(db.session.scalars(made, rows))
    known = _logged(Event.id.in_(new))
    for each in following:
        _take_back(each, [event for event in known if each.has_counted(event.place)])
    return True


def _take_back(following: Following, events: Sequence[LoggedEvent]) -> None:
    meter, owners = following.meter, tally.owners_of(event.account_id for event in events)
    uses = tally.gather(meter, Sheaves(events, owners))
    if meter.aggregation.adds:
        tally.add([(meter, uses)], owners, sign=-1)
        return
    for place in uses:
        logged = [event for event in _standing(following, place) if following.has_counted(event.place)]
        tally.count_anew(meter, [place], logged, owners)


def _standing(following: Following, place: Place) -> list[LoggedEvent]:
    """The events of a place that were not cancelled."""
    period, cancelled = place.period, select(CancelledEvent.event_id)
    conditions = [Event.account_id == place.account_id, Event.name == following.meter.feature.event]
    conditions += [Event.occurred_at >= period.starts_at] if period.starts_at else []
    conditions += [Event.occurred_at < period.ends_at] if period.ends_at else []
    return _logged(*conditions, Event.id.not_in(cancelled))


def _logged(*conditions: object) -> list[LoggedEvent]:
    positions = db.session.scalars(select(Event.position).where(*conditions)).all()  # type: ignore[arg-type]
    return stream.read_positions(positions, lambda ids: {}) if positions else []


def cancelled(ids: Iterable[str]) -> set[str]:
    """Which of these events were cancelled."""
    query = select(CancelledEvent.event_id).where(among(CancelledEvent.event_id, ids))
    return set(db.session.scalars(query))
