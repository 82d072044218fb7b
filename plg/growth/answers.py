"""Reports over this app's columns: a definition in, the result out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from pydantic import BaseModel, ValidationError
from sqlalchemy import select

from plg.accounts.listing import UnknownCursor
from plg.accounts.models import Account
from plg.growth import own_calendars, snapshots
from plg.growth.columns import Actor, Among, Log
from plg.growth.columns.keys import LARGEST_ACTOR, Keys
from plg.growth.reports import REPORTS, Report, tables
from plg.growth.reports.definition import Definition
from plg.growth.reports.numbers import Number
from plg.growth.reports.retention import Retention, RetentionNumber
from plg.growth.reports.tables import Table
from plg.kit.clock import now
from plg.kit.db import db, end_transaction
from plg.kit.errors import Fault, NotFound, Unprocessable
from plg.kit.faults import faults_of
from plg.people.models import Person
from plg.segments import cohorts, named, segments

MOST_IDS = 5000


class NoSuchReport(NotFound):
    """There is no report of this kind."""


class NoSuchTable(NotFound):
    """The report has no table of this name."""


class ReportFaulty(Unprocessable):
    """A definition that is none: every fault with its path."""

    title = "The report's definition has faults"


@dataclass(frozen=True)
class People:
    """rows: public id and name; who was erased since is left out. total: in all. next: the cursor of the next page,
    None on the last."""

    rows: list[tuple[str, str]]
    total: int
    next: str | None


def report_of(kind: str) -> Report:
    """Raises `NoSuchReport`."""
    if kind not in REPORTS:
        raise NoSuchReport(f"There is no report {kind!r}, but: {', '.join(REPORTS)}.")
    return REPORTS[kind]


def parse(kind: str, definition: Any) -> Definition:
    """The typed definition. Raises `NoSuchReport`, or `ReportFaulty` with every fault."""
    try:
        return report_of(kind).definition.model_validate(definition)
    except ValidationError as error:
        raise ReportFaulty(errors=faults_of(error)) from None


def answer(kind: str, definition: Definition) -> BaseModel:
    """Count. Ends the transaction: counting needs no database. Raises `PropertyNotKept` or `NoSuchSegment`."""
    report = report_of(kind)
    asked: tuple[str, ...] = getattr(definition, "by_segments", ())
    members = {name: _members(name, definition.actor) for name in dict.fromkeys(asked)}
    zones = own_calendars.zones_of(definition)
    events = seen_by(definition)
    if zones is not None:
        return own_calendars.evaluate(cast(Retention, definition), zones, events)
    result = report.evaluate(definition, events)
    if report.side_by_side is None or not members:
        return result
    among = {name: Among(events, actors) for name, actors in members.items()}
    return result.model_copy(update={"segments": report.side_by_side(definition, among)})


def number_of(kind: str, told: Any) -> Number:
    """The typed number of a report. Raises `NoSuchReport`, or `ReportFaulty` with every fault."""
    try:
        return report_of(kind).number.model_validate(told)
    except ValidationError as error:
        raise ReportFaulty(errors=faults_of(error, "number")) from None


def behind(kind: str, asked: Definition, number: Number) -> Keys:
    """The actors behind a number of a report, in its order. Ends the transaction. Raises `PropertyNotKept`,
    `NoSuchNumber` or `NoSuchSegment`."""
    segment: str | None = getattr(number, "segment", None)
    members = None if segment is None else _members(segment, asked.actor)
    zones = own_calendars.zones_of(asked)
    seen = seen_by(asked)
    events = seen if members is None else Among(seen, members)
    if zones is not None:
        return own_calendars.people(cast(Retention, asked), zones, events, cast(RetentionNumber, number))
    return report_of(kind).people(asked, events, number)


def people(kind: str, asked: Definition, number: Number, cursor: str | None, limit: int) -> People:
    """A page of those behind a number: see `behind`. Raises `UnknownCursor`, too."""
    actors = behind(kind, asked, number)
    first = _after(actors, cursor)
    page = actors[first : first + limit]
    more = first + limit < actors.size
    following = f"{first + limit}-{page[-1]}" if more else None
    return People(_named(asked.actor, page.tolist()), actors.size, following)


def everybody(kind: str, asked: Definition, number: Number) -> list[tuple[str, str]]:
    """Public id and name of all behind a number."""
    actors = behind(kind, asked, number).tolist()
    each = (_named(asked.actor, actors[n : n + MOST_IDS]) for n in range(0, len(actors), MOST_IDS))
    return [row for rows in each for row in rows]


def _after(actors: Keys, cursor: str | None) -> int:
    """Where the page after a cursor begins: behind the last one of the page before, who may have moved."""
    if cursor is None:
        return 0
    place, _, last = cursor.partition("-")
    if not (place.isdecimal() and last.isdecimal() and len(cursor) < 40):
        raise UnknownCursor(errors=[Fault("cursor", "must be `next` of the page before")])
    found = np.flatnonzero(actors == np.uint64(int(last)))
    return int(found[0]) + 1 if found.size else int(place)


def table(kind: str, result: BaseModel, name: str | None) -> Table:
    """The table of this name, or the one that the report's chart shows. Raises `NoSuchTable`."""
    wanted = name or report_of(kind).drawn.table
    for each in tables.tables_of(result):
        if each.name == wanted:
            return each
    raise NoSuchTable(f"There is no table {wanted!r}, but: {', '.join(tables.names_of(type(result)))}.")


def seen_by(definition: Definition) -> Log:
    """The events that a definition looks at: all, or those of its segment. Ends the transaction."""
    if definition.segment is None:
        end_transaction()
        return snapshots.newest()
    actors = _members(definition.segment, definition.actor)
    end_transaction()
    return Among(snapshots.newest(), actors)


def _members(segment: str, actor: Actor) -> Keys:
    """Who is in a segment now, or the accounts that have a member in it; of a cohort of such actors exactly those who
    are listed. Raises `NoSuchSegment`."""
    cohort = cohorts.find(segment) if named.is_cohort(segment) else None
    if cohort is not None and cohort.actor == actor:
        found = cohorts.ids_of(cohort)
    else:
        moment = now()
        members = segments.members(named.rule_of(segment, moment), moment).subquery()
        found = db.session.scalars(select(members.c[f"{actor}_id"]).distinct()).all()
    ids = np.array(found, dtype=np.int64)
    return np.sort(ids[(ids > 0) & (ids <= LARGEST_ACTOR)]).astype(np.uint64)


def _named(actor: Actor, ids: Sequence[int]) -> list[tuple[str, str]]:
    if actor == "person":
        rows = db.session.execute(
            select(Person.id, Person.public_id, Person.name, Person.email).where(Person.id.in_(ids))
        )
        known = {row.id: (row.public_id, row.name or row.email or row.public_id) for row in rows}
    else:
        found = db.session.execute(
            select(Account.id, Account.public_id, Account.name).where(Account.id.in_(ids))
        )
        known = {row.id: (row.public_id, row.name or row.public_id) for row in found}
    return [known[each] for each in ids if each in known]
