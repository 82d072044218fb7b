"""Counting: what the log tells becomes readings. However the log is cut into batches, repeated or read late, the
counters hold what a plain recount of it would give."""

from __future__ import annotations

import bisect
import datetime as dt
import functools
from collections.abc import Sequence

from plg.events import stream
from plg.events.stream import LoggedEvent
from plg.events.stream import Place as LogPlace
from plg.kit.db import db
from plg.usage import cancelling, meters, reservations, tally, thresholds
from plg.usage.meters import Following
from plg.usage.tally import Sheaves

WINDOW = 5000


def hear(events: Sequence[LoggedEvent]) -> None:
    """Count a batch of the log: cancellations first, then what was not cancelled; tell which limits came near."""
    following = meters.follow(events[0].place)
    anything = cancelling.hear(events, following)
    heard = _of_meters(events, following)
    if heard:
        owners = tally.owners_of(event.account_id for event in heard)
        fresh = functools.cache(lambda upto: Sheaves(_behind(heard, upto), owners))
        gathered = [(each.meter, tally.gather(each.meter, fresh(each.upto))) for each in following]
        thresholds.tell(tally.add(gathered, owners), owners)
    if heard or anything:
        meters.reach(following, events[-1].place)
    reservations.settle(events)


def _of_meters(events: Sequence[LoggedEvent], following: Sequence[Following]) -> list[LoggedEvent]:
    """The events that some meter counts and nobody cancelled."""
    names = {each.meter.feature.event for each in following}
    heard = [event for event in events if event.name in names and event.account_id is not None]
    gone = cancelling.cancelled(event.id for event in heard) if heard else set()
    return [event for event in heard if event.id not in gone]


def _behind(events: Sequence[LoggedEvent], place: LogPlace) -> Sequence[LoggedEvent]:
    return events[bisect.bisect_right(events, place, key=lambda event: event.place) :]


def fill(moment: dt.datetime) -> int:
    """Count a window of the past for a meter that is new or was changed. Returns how many events were read."""
    state = meters.due_to_fill(moment)
    if state is None:
        return 0
    meter = meters.live().get(state.feature)
    since = (state.since_tx, state.since_position)
    window = (
        stream.read_window((state.filled_tx, state.filled_position), WINDOW, lambda ids: {}) if meter else []
    )
    past = [event for event in window if event.place < since]
    if meter is not None and past:
        heard = _of_meters(past, [Following(meter, since, since, since)])
        owners = tally.owners_of(event.account_id for event in heard)
        tally.add([(meter, tally.gather(meter, Sheaves(heard, owners)))], owners)
        state.filled_tx, state.filled_position = past[-1].place
    if len(past) < len(window) or not window:
        state.due_at = None
    db.session.flush()
    return len(past)
