"""What came to pass with a person's flows, and with those of their accounts, the newest first, each with its why.

It is told from the log, which forgets nothing that was reset since, and from the enrolments."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, literal, or_, select

from onboarding_flows import event_names, flows
from onboarding_flows.flows import PublishedFlow
from onboarding_flows.models import FlowEnrolment, FlowVersion
from onboarding_flows.step_definition import Step
from plg.accounts import memberships
from plg.accounts.models import Account
from plg.events.models import Event
from plg.kit.db import db
from plg.kit.db_expressions import json_at
from plg.people import identities
from plg.people.models import Person

BEGUN: Final = "begun"
PAGE: Final = 50
_OF_ENROLMENT: Final[tuple[Any, ...]] = (
    FlowEnrolment.flow_key,
    FlowVersion.version,
    FlowEnrolment.account_id,
    literal(None).label("person_id"),
)
_OF_EVENT: Final[tuple[Any, ...]] = (Event.name, Event.properties, Event.person_id, Event.account_id)


class Place(NamedTuple):
    """Where a page of the timeline ends: the moment, and what tells apart what came to pass in the same."""

    at: dt.datetime
    source: int
    number: int

    def __str__(self) -> str:
        return f"{self.at.isoformat()}~{self.source}~{self.number}"


@dataclass(frozen=True)
class Cause:
    """The event that did a step. asked: those of its properties that the step asks for."""

    name: str
    at: dt.datetime
    asked: dict[str, Any]


@dataclass(frozen=True)
class Row:
    """One thing that came to pass. what: the name of flows' own event, or BEGUN. who: who did it, where that is
    somebody else; account: whose flow it is, where it is an account's."""

    place: Place
    what: str
    flow_key: str
    flow: PublishedFlow | None
    facts: dict[str, Any]
    step: Step | None = None
    cause: Cause | None = None
    who: Person | None = None
    account: Account | None = None

    @property
    def at(self) -> dt.datetime:
        return self.place.at

    @property
    def until(self) -> dt.datetime | None:
        """How long it was put off."""
        told = self.facts.get("until")
        return dt.datetime.fromisoformat(told) if isinstance(told, str) else None


@dataclass
class _Read:
    """What the rows of a page name, read together."""

    person_id: int
    accounts: dict[int, Account]
    versions: dict[tuple[str, int], PublishedFlow] = field(default_factory=dict)
    causes: dict[str, Event] = field(default_factory=dict)
    people: dict[int, Person] = field(default_factory=dict)


def of_person(person_id: int, before: Place | None = None) -> tuple[list[Row], Place | None]:
    """A page of the person's timeline, and where the next one begins; None where there is no more."""
    accounts = {account.id: account for account, _ in memberships.of_person(person_id)}
    records = identities.records_of(person_id)
    told = [
        *db.session.execute(_enrolments(person_id, accounts, before)),
        *db.session.execute(_by_person(records, before)),
        *db.session.execute(_by_account(records, accounts, before)),
    ]
    told.sort(key=lambda row: (row.at, row.source, row.number), reverse=True)
    shown = told[:PAGE]
    read = _read(person_id, accounts, shown)
    rows = [_row(each, read) for each in shown]
    return rows, rows[-1].place if len(told) > PAGE else None


def _enrolments(person_id: int, accounts: Collection[int], before: Place | None) -> Select[Any]:
    at, number = FlowEnrolment.enrolled_at, FlowEnrolment.id
    query = select(at.label("at"), literal(0).label("source"), number.label("number"), *_OF_ENROLMENT)
    theirs = or_(FlowEnrolment.person_id == person_id, FlowEnrolment.account_id.in_(accounts))
    query = query.join(FlowVersion, FlowVersion.id == FlowEnrolment.version_id)
    return _page(query.where(theirs), at, number, 0, before)


def _by_person(records: Collection[int], before: Place | None) -> Select[Any]:
    return _events(Event.person_id.in_(records), 1, before)


def _by_account(records: Collection[int], accounts: Collection[int], before: Place | None) -> Select[Any]:
    """What others did in flows of the accounts, not in flows of their own."""
    shared = select(FlowEnrolment.flow_key).where(FlowEnrolment.account_id.in_(accounts))
    others = or_(Event.person_id.is_(None), Event.person_id.not_in(records))
    of_flow = json_at(Event.properties, ["flow"]).text.in_(shared)
    return _events(and_(Event.account_id.in_(accounts), others, of_flow), 2, before)


def _events(whose: ColumnElement[bool], source: int, before: Place | None) -> Select[Any]:
    at, number = Event.occurred_at, Event.position
    names = event_names.MEANINGS.keys() - {event_names.MIGRATED}
    query = select(at.label("at"), literal(source).label("source"), number.label("number"), *_OF_EVENT)
    query = query.where(whose, Event.name.in_(names), Event.source == "plg")
    return _page(query, at, number, source, before)


def _page(query: Select[Any], at: Any, number: Any, source: int, before: Place | None) -> Select[Any]:
    if before is not None:
        same = at == before.at
        if source == before.source:
            query = query.where(or_(at < before.at, and_(same, number < before.number)))
        else:
            query = query.where(or_(at < before.at, same) if source < before.source else at < before.at)
    return query.order_by(at.desc(), number.desc()).limit(PAGE + 1)


def _read(person_id: int, accounts: dict[int, Account], rows: Sequence[Any]) -> _Read:
    """All that is named there; four queries, however many rows there are."""
    found = _Read(person_id, accounts)
    found.versions = _versions({_version(row) for row in rows})
    causes = {str(row.properties.get("cause_event_id")) for row in rows if row.source}
    events = db.session.scalars(select(Event).where(Event.id.in_(causes)))
    found.causes = {event.id: event for event in events}
    others = {row.person_id for row in rows if row.person_id is not None}
    survivors = identities.canonical(others)
    named = select(Person).where(Person.id.in_({survivors.get(each, each) for each in others}))
    people = {person.id: person for person in db.session.scalars(named)}
    found.people = {each: people[own] for each in others if (own := survivors.get(each, each)) in people}
    return found


def _version(row: Any) -> tuple[str, int]:
    if not row.source:
        return row.flow_key, row.version
    number = row.properties.get("version")
    return str(row.properties.get("flow")), number if isinstance(number, int) else 0


def _versions(named: Collection[tuple[str, int]]) -> dict[tuple[str, int], PublishedFlow]:
    if not named:
        return {}
    asked = or_(*(and_(FlowVersion.key == key, FlowVersion.version == number) for key, number in named))
    ids = list(db.session.scalars(select(FlowVersion.id).where(asked)))
    return {(flow.key, flow.version): flow for flow in flows.versions_of(ids).values()}


def _row(row: Any, read: _Read) -> Row:
    place = Place(row.at, row.source, row.number)
    flow = read.versions.get(_version(row))
    account = read.accounts.get(row.account_id) if flow and flow.flow.scope == "account" else None
    if not row.source:
        return Row(place, BEGUN, row.flow_key, flow, {}, account=account)
    facts: dict[str, Any] = row.properties
    step = flow.steps.get(str(facts.get("step"))) if flow else None
    who = read.people.get(row.person_id)
    return Row(
        place,
        row.name,
        _version(row)[0],
        flow,
        facts,
        step,
        _cause(read.causes.get(str(facts.get("cause_event_id"))), step),
        who if who is not None and who.id != read.person_id else None,
        account,
    )


def _cause(event: Event | None, step: Step | None) -> Cause | None:
    if event is None:
        return None
    asked = dict(_asked(step.model_dump(mode="json", include={"completes_on"}) if step else {}))
    return Cause(event.name, event.occurred_at, {key: event.properties.get(key) for key in asked})


def _asked(told: Any) -> Iterator[tuple[str, Any]]:
    """The properties that conditions name, wherever they stand."""
    if isinstance(told, Mapping):
        for name, inner in told.items():
            if name == "where" and isinstance(inner, Mapping):
                yield from inner.items()
            else:
                yield from _asked(inner)
    elif isinstance(told, list):
        for inner in told:
            yield from _asked(inner)


def place_of(text: str) -> Place | None:
    """The inverse of `str(place)`; None where the text is none."""
    at, _, rest = text.partition("~")
    source, _, number = rest.partition("~")
    try:
        moment = dt.datetime.fromisoformat(at)
        return Place(moment, int(source), int(number)) if moment.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None
