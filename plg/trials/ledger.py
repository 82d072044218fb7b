"""How long a trial is: rows that are added and never changed, and the one function that computes the end from them.

A day is a day of the account's calendar: an end lies so many days later at the same time of day there, whether a
clock was changed in between (23 or 25 hours) or not; where that time does not exist, by as much later as the clock
was moved. A pause gives back exactly the time that it took.

Kinds: `grant` (the rule's own days), `extension` (staff, either way), `earned`, `reversal` (of earned days), `pause`,
`resume`, `credits` (all were used: over at that moment), `stop` (over by somebody's decision)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from plg.kit.db import db, insert
from plg.trials.models import Trial, TrialGrant

GRANT, EXTENSION, EARNED, REVERSAL = "grant", "extension", "earned", "reversal"
PAUSE, RESUME, CREDITS, STOP = "pause", "resume", "credits", "stop"
DAYS = (GRANT, EXTENSION, EARNED, REVERSAL)


@dataclass(frozen=True)
class Step:
    """A row, and when the trial would end were it the last one (None: paused, or not begun)."""

    row: TrialGrant
    ends_at: dt.datetime | None


def ends_at(
    started_at: dt.datetime | None, rows: Iterable[TrialGrant], calendar: dt.tzinfo
) -> dt.datetime | None:
    """When a trial ends: its start and all that its rows come to. None while it waits or is paused."""
    steps = list(running(started_at, rows, calendar))
    return steps[-1].ends_at if steps else None


def running(
    started_at: dt.datetime | None, rows: Iterable[TrialGrant], calendar: dt.tzinfo
) -> Iterator[Step]:
    """Each row with the end as of it. After `credits` or `stop`, further days count from that moment."""
    anchor, days, idle, paused_at = started_at, 0, dt.timedelta(), None
    for row in rows:
        if row.kind in DAYS:
            days += row.days
        elif row.kind == PAUSE:
            paused_at = row.at
        elif row.kind == RESUME and paused_at is not None:
            idle, paused_at = idle + (row.at - paused_at), None
        elif row.kind in (CREDITS, STOP):
            anchor, days, idle, paused_at = row.at, 0, dt.timedelta(), None
        waits = anchor is None or paused_at is not None
        yield Step(row, None if waits or anchor is None else days_later(anchor, days, calendar) + idle)


def days_later(moment: dt.datetime, days: int, calendar: dt.tzinfo) -> dt.datetime:
    """The same time of day so many days later there (UTC). Of a time that exists twice, the first."""
    if not days:
        return moment
    return (moment.astimezone(calendar) + dt.timedelta(days=days)).astimezone(dt.UTC)


def write(trial: Trial, kind: str, *, days: int = 0, at: dt.datetime, reason: str, by: str) -> TrialGrant:
    """Add a row; the caller holds the account and computes the end anew."""
    row = TrialGrant(trial_id=trial.id, kind=kind, days=days, at=at, reason=reason[:200], actor=by[:100])
    db.session.add(row)
    db.session.flush()
    return row


def write_all(rows: Sequence[TrialGrant]) -> None:
    """Add many rows in one statement; one that has its number already stays as it is. A row that is written by
    itself learns its number."""
    new = [row for row in rows if row.id is None]
    if len(new) == 1:
        db.session.add(new[0])
        db.session.flush()
    elif new:
        columns = [column.name for column in TrialGrant.__table__.columns if column.name != "id"]
        told = [{name: getattr(row, name) for name in columns} for row in new]
        db.session.execute(insert(TrialGrant.__table__), told)


def rows_of(trial_ids: Iterable[int]) -> dict[int, list[TrialGrant]]:
    """The rows of trials, in the order in which they were written."""
    wanted = list(trial_ids)
    found: dict[int, list[TrialGrant]] = {trial_id: [] for trial_id in wanted}
    query = select(TrialGrant).where(TrialGrant.trial_id.in_(wanted)).order_by(TrialGrant.id)
    for row in db.session.scalars(query):
        found[row.trial_id].append(row)
    return found
