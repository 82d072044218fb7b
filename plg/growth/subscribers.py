"""What growth does when something happened: it copies the log into the columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from plg.accounts import memberships
from plg.events import names
from plg.events.stream import Batch, LoggedEvent, Place, end, holds, read_window
from plg.growth import columns, config, snapshots
from plg.growth.snapshots import Writer
from plg.kit.db import db, reading
from plg.people import identities

WINDOW = 20_000


def on_events(batch: Batch) -> None:
    """Bring the columns up to the batch's end, or further. What was erased from the log is erased from them.

    It reads the log itself, from the place that the columns' own manifest gives: a cursor that was moved back
    costs nothing, and a lost or restored data folder is filled again. Runs outside of a transaction, so that
    no lock of the database waits for the disk."""
    if batch.events:
        catch_up(batch.events[-1].place)


def catch_up(
    upto: Place | None = None, *, anew: bool = False, told: Callable[[int], None] | None = None
) -> int:
    """Copy what the columns lack, up to this place of the log (or its end); returns how many events it read.
    Commits nothing, but ends the transaction. Raises `WriterBusy` where another process is at it.

    anew: everything, whatever they hold. told: hears how many events each step has read."""
    count = 0
    with reading():
        upto = upto or end()
        properties = config.live().properties
        with snapshots.writer(properties) as writer:
            if anew or not holds(writer.place):
                count += _copy_anew(writer, upto, told)
            for events in _windows(writer, upto):
                if writer.forget(_erased(events)):
                    _append(writer, events)
                else:
                    _copy_anew(writer, events[-1].place)
                count += len(events)
                if told:
                    told(len(events))
        db.session.rollback()
    return count


def _windows(writer: Writer, upto: Place) -> Iterator[Sequence[LoggedEvent]]:
    while writer.place < upto:
        events = read_window(writer.place, WINDOW, identities.canonical)
        if not events:
            return
        yield events
        db.session.rollback()


def _append(writer: Writer, events: Sequence[LoggedEvent]) -> None:
    writer.append(_columns_of(events, writer.properties), _merges(events))


def _copy_anew(writer: Writer, upto: Place, told: Callable[[int], None] | None = None) -> int:
    """Copy the log as it is now, up to a place where all is decided, in place of what was copied of it before;
    returns how many events that were."""
    count = 0
    with writer.anew():
        for events in _windows(writer, upto):
            wanted = [event for event in events if event.place <= upto]
            if wanted:
                _append(writer, wanted)
                count += len(wanted)
            if told:
                told(len(wanted))
            if len(wanted) < len(events):
                break
    return count


def _erased(events: Sequence[LoggedEvent]) -> set[int]:
    """The records of people that these events say were erased."""
    told = [e for e in events if e.name == names.PERSON_ERASED and e.source == "plg"]
    return {person for event in told for person in event.properties["person_ids"]}


def _columns_of(events: Sequence[LoggedEvent], properties: Sequence[str]) -> columns.Batch:
    return columns.Batch(
        np.array([event.place for event in events], dtype=np.int64),
        [event.name for event in events],
        _unix_ms(events),
        _numbers([event.person_id for event in events]),
        _accounts(events),
        {name: [event.properties.get(name) for event in events] for name in properties},
    )


def _unix_ms(events: Sequence[LoggedEvent]) -> NDArray[np.int64]:
    seconds = np.array([event.occurred_at.timestamp() for event in events])
    return np.floor(seconds * 1000 + 1e-3).astype(np.int64)


def _accounts(events: Sequence[LoggedEvent]) -> NDArray[np.int64]:
    """The account of each event; where none is given, the only one of its person (a sign-up comes before its
    account, in the same transaction)."""
    homeless = {
        event.person_id for event in events if event.account_id is None and event.person_id is not None
    }
    homes = memberships.only_account(homeless)
    return _numbers(
        [event.account_id or (homes.get(event.person_id) if event.person_id else None) for event in events]
    )


def _numbers(ids: Sequence[int | None]) -> NDArray[np.int64]:
    return np.array([each or 0 for each in ids], dtype=np.int64)


def _merges(events: Sequence[LoggedEvent]) -> list[tuple[int, int]]:
    told = [event for event in events if event.name == names.PEOPLE_MERGED and event.source == "plg"]
    merged = [event.properties for event in told]
    pairs = [(each.get("from_person_id"), each.get("into_person_id")) for each in merged]
    return [(old, new) for old, new in pairs if isinstance(old, int) and isinstance(new, int)]
