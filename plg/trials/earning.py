"""Earned days: what somebody did makes the trial longer, once for each thing, up to a cap, and can be reversed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from plg.capture.trust import is_believed
from plg.events import log, names
from plg.events.log import NewEvent
from plg.events.models import Event
from plg.events.stream import LoggedEvent
from plg.kit.clock import now
from plg.kit.db import db
from plg.people.models import Person
from plg.plans import catalogue
from plg.plans.trial_rules import EarnRule
from plg.trials import cases, ledger, states, trials
from plg.trials.cases import Case
from plg.trials.models import TrialGrant

ACTOR = "earned"
PERSON = "person"
RUNS = (states.AWAITING_ACTIVATION, states.ACTIVE, states.PAUSED)
"""States in which days can be earned or taken back."""


@dataclass(frozen=True)
class Invited:
    """Who joined which account by accepting an invitation: (account, person)."""

    pairs: Collection[tuple[int, int]]

    def holds(self, event: LoggedEvent) -> bool:
        return (event.account_id, event.person_id) in self.pairs


def hear(events: Sequence[LoggedEvent]) -> None:
    """Give and take back the days that these events stand for, in a few statements. Heard again they add nothing."""
    heard = _names()
    told = [e for e in events if e.name in heard and e.account_id is not None and is_believed(e)]
    if not told:
        return
    open_ones = cases.with_open_trial({e.account_id for e in told if e.account_id})
    found = {case.trial.account_id: case for case in cases.take(open_ones) if case.trial.status in RUNS}
    mine = [event for event in told if event.account_id in found]
    if not mine:
        return
    invited = _invited(mine) if _asks_for_invited(found.values()) else Invited(frozenset())
    books = ledger.rows_of([case.trial.id for case in found.values()])
    written: list[tuple[Case, TrialGrant]] = []
    for event in mine:
        case = found[event.account_id or 0]
        written += [(case, row) for row in _rows(case, books[case.trial.id], event, invited)]
    make_known(written)


def _names() -> set[str]:
    """Names of all events that some rule gives days for, or takes them back."""
    rules = [rule for each in catalogue.trial_rules().values() for rule in each.earn]
    return {rule.event for rule in rules} | {rule.reversed_by for rule in rules if rule.reversed_by}


def _asks_for_invited(found: Collection[Case]) -> bool:
    return any(rule.only == "invited" for case in found for rule in case.rule.earn)


def _invited(events: Sequence[LoggedEvent]) -> Invited:
    accounts = {event.account_id for event in events}
    query = (
        select(Event.account_id, func.coalesce(Person.merged_into_id, Person.id))
        .join(Person, Person.id == Event.person_id)
        .where(Event.account_id.in_(accounts), Event.name == names.INVITE_ACCEPTED, Event.source == "plg")
    )
    return Invited({(row[0], row[1]) for row in db.session.execute(query.distinct()) if row[0]})


def _rows(case: Case, book: list[TrialGrant], event: LoggedEvent, invited: Invited) -> Iterator[TrialGrant]:
    """The rows that one event adds to a trial's ledger."""
    for number, rule in enumerate(case.rule.earn):
        if rule.reversed_by == event.name:
            yield from _taken_back(book, number, rule, event)
        elif _fits(case, rule, event) and (rule.only is None or invited.holds(event)):
            yield from _earned(case, book, number, rule, event)


def _fits(case: Case, rule: EarnRule, event: LoggedEvent) -> bool:
    if rule.event != event.name or event.occurred_at < case.trial.requested_at:
        return False
    return all(event.properties.get(name) == value for name, value in rule.where.items())


def _earned(
    case: Case, book: list[TrialGrant], number: int, rule: EarnRule, event: LoggedEvent
) -> Iterator[TrialGrant]:
    which = _which(rule, event)
    cause = f"{number}:{which}"
    standing = in_force(book)
    times = sum(row.rule == number for row in standing)
    left = case.rule.earn_cap - sum(row.days for row in standing)
    if which is None or left <= 0 or times >= rule.most or any(row.cause == cause for row in book):
        return
    row = _row(case, ledger.EARNED, min(rule.days, left), number, event)
    row.cause = cause
    book.append(row)
    yield row


def _taken_back(
    book: list[TrialGrant], number: int, rule: EarnRule, event: LoggedEvent
) -> Iterator[TrialGrant]:
    given = [row for row in in_force(book) if row.rule == number]
    if rule.each is not None:
        given = [row for row in given if row.cause == f"{number}:{_which(rule, event)}"]
    for earned in given[-1:]:
        if any(row.event_id == event.id for row in book if row.kind == ledger.REVERSAL):
            continue  # the log is read again
        if earned.id is None:
            ledger.write_all([earned])
        row = _by_rule(earned.trial_id, ledger.REVERSAL, -earned.days, number, event)
        row.reverses_id = earned.id
        book.append(row)
        yield row


def in_force(book: list[TrialGrant]) -> list[TrialGrant]:
    """Earned and not taken back."""
    reversed_ids = {row.reverses_id for row in book if row.kind == ledger.REVERSAL}
    return [
        row for row in book if row.kind == ledger.EARNED and (row.id is None or row.id not in reversed_ids)
    ]


def _which(rule: EarnRule, event: LoggedEvent) -> str | None:
    """What makes this another time for the rule; None where the event does not say."""
    if rule.each is None:
        return event.id[:200]
    value = event.person_id if rule.each == PERSON else event.properties.get(rule.each)
    return None if value is None else str(value)[:200]


def _row(case: Case, kind: str, days: int, number: int, event: LoggedEvent) -> TrialGrant:
    return _by_rule(case.trial.id, kind, days, number, event)


def _by_rule(trial_id: int, kind: str, days: int, number: int, event: LoggedEvent) -> TrialGrant:
    row = row_of(trial_id, kind, days, reason=event.name, event_id=event.id)
    row.rule = number
    return row


def row_of(trial_id: int, kind: str, days: int, *, reason: str, event_id: str | None) -> TrialGrant:
    """A row of a ledger, not written yet."""
    row = TrialGrant(trial_id=trial_id, kind=kind, days=days, at=now(), reason=reason[:200], actor=ACTOR)
    row.event_id = event_id
    return row


def make_known(written: list[tuple[Case, TrialGrant]]) -> None:
    """Write these rows of open trials that are held: the ends anew, and an event for each."""
    if not written:
        return
    ledger.write_all([row for _, row in written])
    changed = {case.trial.id: case for case, _ in written}
    trials.lengthen(list(changed.values()), now(), by=ACTOR)
    log.store([_told(case, row) for case, row in written])


def _told(case: Case, row: TrialGrant) -> NewEvent:
    ends_at: dt.datetime | None = case.trial.ends_at
    properties = {"trial_plan_name": case.trial.plan_key, "days": row.days, "rule": row.reason}
    properties |= {"caused_by": row.event_id, "trial_end_date": ends_at.isoformat() if ends_at else None}
    name, id = names.TRIAL_DAYS_EARNED, f"trial-days:{row.trial_id}:{row.cause}"
    if row.kind == ledger.REVERSAL:
        name, id = names.TRIAL_DAYS_REVERSED, f"trial-days-reversed:{row.reverses_id}"
    return log.own(name, account_id=case.trial.account_id, properties=properties, id=id[:200])
