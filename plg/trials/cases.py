"""Open trials with all that is needed to decide about them, while their accounts are held; and what follows from a
decision: the end, the due times, the account's plan. One account or thousands take the same few statements."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, select

from plg.events.models import Event
from plg.kit.clock import zone
from plg.kit.db import db
from plg.plans import assignments, catalogue
from plg.plans.assignments import Assignment, Wanted
from plg.plans.catalogue import Published
from plg.plans.trial_rules import TrialRule
from plg.trials import ledger, reminders, states
from plg.trials.ledger import days_later
from plg.trials.models import Trial

OPEN = Trial.closed_at.is_(None)
LONGEST_ANSWER = 1
"""Days that a charge may take where the rule gives no grace."""


@dataclass
class Case:
    """A trial whose account is held: nobody else changes either."""

    trial: Trial
    rule: TrialRule
    calendar: dt.tzinfo
    assignment: Assignment

    @property
    def pays(self) -> bool:
        return self.assignment.source == "subscription"

    def facts(self, *, activated: bool = False, moment: dt.datetime | None = None) -> states.Facts:
        ends_at = self.trial.ends_at
        return states.Facts(
            needs_card=self.rule.card == "first" and self.trial.card is None,
            needs_activation=self.rule.clock == "activation" and not activated,
            charges=self.rule.continues_as is not None and self.trial.card is not None and self.trial.stays,
            has_grace=self.rule.grace > 0,
            in_time=moment is None or ends_at is None or ends_at > moment,
        )


def take(
    account_ids: Iterable[int], *, skip_locked: bool = False, which: ColumnElement[bool] = OPEN
) -> list[Case]:
    """Hold these accounts until the transaction ends; their trials (the open ones, or those of `which`) as they are
    now. skip_locked: without accounts that somebody else holds."""
    zones = assignments.hold(account_ids, skip_locked=skip_locked)
    if not zones:
        return []
    query = select(Trial).where(Trial.account_id.in_(zones), which).order_by(Trial.id)
    found = db.session.scalars(query.execution_options(populate_existing=True)).all()
    if not found:
        return []
    current = assignments.current_of([trial.account_id for trial in found])
    published = catalogue.trial_rules()
    return [Case(t, published[t.rule_id], zone(zones[t.account_id]), current[t.account_id]) for t in found]


def with_open_trial(account_ids: Iterable[int]) -> list[int]:
    """Those of these accounts that have an open trial, without holding them."""
    query = select(Trial.account_id).where(Trial.account_id.in_(set(account_ids)), OPEN)
    return list(db.session.scalars(query))


def states_of(account_ids: Iterable[int]) -> dict[int, str]:
    """The states of these accounts' open trials, without holding them."""
    query = select(Trial.account_id, Trial.status).where(Trial.account_id.in_(set(account_ids)), OPEN)
    return {row[0]: row[1] for row in db.session.execute(query)}


def activated(account_ids: Iterable[int]) -> set[int]:
    """Those of these accounts that reached their first moment of value."""
    ids = {activation_id(account_id) for account_id in account_ids}
    return set(db.session.scalars(select(Event.account_id).where(Event.id.in_(ids))))


def activation_id(account_id: int) -> str:
    """The id of an account's one `Activated` event."""
    return f"activated:{account_id}"


def recount(cases: Sequence[Case]) -> None:
    """Compute the ends anew from the ledgers."""
    rows = ledger.rows_of([case.trial.id for case in cases])
    for case in cases:
        case.trial.ends_at = ledger.ends_at(case.trial.started_at, rows[case.trial.id], case.calendar)


def settle(cases: Sequence[Case], moment: dt.datetime, *, by: str, person_id: int | None = None) -> None:
    """Let everything follow from the trials' states and ends: what is due when, and the accounts' plans."""
    for case in cases:
        trial = case.trial
        trial.due_at = _due_at(case, moment)
        if trial.status in states.CLOSED and trial.closed_at is None:
            trial.closed_at = moment
        trial.remind_at = reminders.next_at(trial, case.rule, case.calendar)
    db.session.flush()
    published = catalogue.published()
    wanted = [one for case in cases if (one := _wanted(case, published, person_id)) is not None]
    assignments.assign_all(wanted, by=by)


def _due_at(case: Case, moment: dt.datetime) -> dt.datetime | None:
    trial, rule = case.trial, case.rule
    if trial.status == states.ACTIVE:
        return trial.ends_at
    if trial.status == states.AWAITING_ACTIVATION:
        return trial.due_at or days_later(moment, rule.activate_within, case.calendar)
    if trial.ends_at is None or trial.status not in (states.GRACE, states.CONVERTING):
        return None
    days = rule.grace if trial.status == states.GRACE else max(rule.grace, LONGEST_ANSWER)
    return days_later(trial.ends_at, days, case.calendar)


def _wanted(case: Case, published: Published, person_id: int | None) -> Wanted | None:
    """The plan that follows from the trial; None where it says nothing of it: the account pays, was given its plan
    by staff meanwhile, or has it from an earlier trial that this one, over before it gave any, leaves as it is."""
    trial, given = case.trial, case.assignment
    access = states.access(trial.status, case.rule.end)
    begins = given.source == "default" and access is not None and trial.is_open
    if given.source != "trial" and not begins:
        return None
    is_its_own = given.source == "trial" and given.since is not None and given.since >= trial.requested_at
    if not trial.is_open and not is_its_own:
        return None
    if access is not None:
        plan = given.plan if is_its_own else published.plans.get(trial.plan_key, given.plan)
        return Wanted(trial.account_id, plan.version_id, "trial", access, person_id)
    if not trial.is_open:
        after = published.plans.get(case.rule.at_end or "", published.default_plan())
        return Wanted(trial.account_id, after.version_id, "default")
    return None
