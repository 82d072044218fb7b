"""Retention by the calendar of each one's own account: the report of each time zone, put together."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy import func, select

from plg.accounts.models import Account, Membership
from plg.growth.columns import Actor, Among, Log
from plg.growth.columns.keys import Keys, distinct_actors
from plg.growth.columns.views import among
from plg.growth.reports import parts, retention
from plg.growth.reports.chosen import keys_of
from plg.growth.reports.definition import Definition
from plg.growth.reports.numbers import newest_first
from plg.growth.reports.retention import Cell, Retention, RetentionNumber, RetentionResult
from plg.kit.db import db

Zones = Mapping[str, Keys]
"""Who is in which time zone, as sorted numbers."""


def zones_of(asked: Definition) -> Zones | None:
    """Where a report asks for own calendars, the actors of each other zone than its own; else None."""
    if not isinstance(asked, Retention) or not asked.own_calendar:
        return None
    found: dict[str, list[int]] = {}
    for actor, zone in db.session.execute(_zoned(asked.actor)):
        if zone != asked.timezone:
            found.setdefault(zone, []).append(actor)
    return {zone: np.sort(np.array(ids, np.uint64)) for zone, ids in found.items()}


def evaluate(asked: Retention, zones: Zones, events: Log) -> RetentionResult:
    """Count, zone by zone. A period has begun where it has for all of a cohort."""
    results = [retention.evaluate(each, some) for each, some in _parts(asked, zones, events)]
    cells: dict[tuple[dt.date, int], list[Cell]] = {}
    for cell in (cell for result in results for cell in result.cells):
        cells.setdefault((cell.cohort, cell.period), []).append(cell)
    joined = [_joined([cell for cell in same if cell.size] or same[:1]) for same in cells.values()]
    return RetentionResult(cells=joined, average=retention.average(joined, len(asked.sizes)))


def people(asked: Retention, zones: Zones, events: Log, number: RetentionNumber) -> Keys:
    """The actors behind a number of all zones."""
    found = [retention.people(each, some, number) for each, some in _parts(asked, zones, events)]
    return newest_first(np.concatenate(found))


def _zoned(actor: Actor) -> Any:
    """Each account with its zone, or each person whose accounts have one zone."""
    if actor == "account":
        return select(Account.id, Account.timezone)
    query = select(Membership.person_id, func.min(Account.timezone))
    query = query.join(Account, Account.id == Membership.account_id).group_by(Membership.person_id)
    return query.having(func.min(Account.timezone) == func.max(Account.timezone))


def _parts(asked: Retention, zones: Zones, events: Log) -> list[tuple[Retention, Log]]:
    """The question of the same days in each zone, and the events of who is there."""
    starts = asked.start_event.model_copy(update={"where": {}})
    found = parts.of_all(
        lambda some: distinct_actors(keys_of(starts, asked.actor, some)), events, starts.events, asked.actor
    )
    everybody = np.concatenate(found)
    elsewhere = np.sort(np.concatenate([np.empty(0, np.uint64), *zones.values()]))
    here: Log = Among(events, everybody[~among(everybody, elsewhere)])
    others = [(_in_zone(asked, zone), Among(events, actors)) for zone, actors in zones.items()]
    return [(asked, here), *others]


def _in_zone(asked: Retention, zone: str) -> Retention:
    home, there = ZoneInfo(asked.timezone), ZoneInfo(zone)
    edges = {name: getattr(asked, name).astimezone(home).replace(tzinfo=there) for name in ("start", "end")}
    return asked.model_copy(update=edges | {"timezone": zone})


def _joined(cells: Sequence[Cell]) -> Cell:
    size, first = sum(cell.size for cell in cells), cells[0]
    told: dict[str, Any] = {"cohort": first.cohort, "period": first.period, "size": size}
    returned = [cell.returned for cell in cells if cell.returned is not None]
    if len(returned) < len(cells):
        return Cell(**told, returned=None, rate=None, amount=None)
    amounts = [cell.amount for cell in cells if cell.amount is not None]
    rate = sum(returned) / size if size else None
    return Cell(**told, returned=sum(returned), rate=rate, amount=sum(amounts) if amounts else None)
