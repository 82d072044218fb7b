"""What growth does when something happened: it copies the log into the columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from plg.accounts import memberships
from plg.events import names
from plg.events.stream import Batch, LoggedEvent, Place, head, read_window
from plg.growth import columns, config, snapshots
from plg.growth.columns import Writer
from plg.kit.db import db, reading
from plg.people import identities

WINDOW = 20_000


def on_events(batch: Batch) -> None:
    """Bring the columns up to the batch's end, or further.

    It reads the log itself, from the place that the columns' own manifest gives: a cursor that was moved back
    costs nothing, and a lost or restored data folder is filled again. Runs outside of a transaction, so that
    no lock of the database waits for the disk."""
    if batch.events:
        catch_up(batch.events[-1].place)


def catch_up(upto: Place | None = None) -> int:
    """Copy what the columns lack, up to this place of the log (or its head); returns how many events it read.
    Commits nothing, but ends the transaction. Raises `WriterBusy` where another process is at it."""
    count = 0
    with reading():
        upto = upto or head()
        properties = config.live().properties
        with Writer(snapshots.folder(), properties) as writer:
            for events in _windows(writer, upto):
                writer.append(_columns_of(events, properties), _merges(events))
                count += len(events)
        db.session.rollback()
    return count


def _windows(writer: Writer, upto: Place) -> Iterator[Sequence[LoggedEvent]]:
    while writer.place < upto:
        events = read_window(writer.place, WINDOW, identities.canonical)
        if not events:
            return
        yield events
        db.session.rollback()


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
