"""A trial of one account: started, lengthened, paused, called off. How trials end is in ending.py."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import select

from plg.accounts import accounts
from plg.events import log, names
from plg.kit.clock import now, zone
from plg.kit.db import db
from plg.kit.errors import Conflict, Fault, Unprocessable
from plg.plans import assignments
from plg.plans.trial_rules import TrialRule
from plg.trials import cases, ledger, rules, states
from plg.trials.cases import Case
from plg.trials.ledger import Step
from plg.trials.models import Trial
from plg.trials.rules import NoTrialOffered
from plg.trials.states import NotInThisState

__all__ = ["NoTrialOffered", "NotInThisState"]

MAX_EXTENSION = 365


class NoActiveTrial(Conflict):
    """The account has no trial that is open, or none that runs."""


class TrialUsed(Conflict):
    """The account had its trial; another one is given by the rule's `again_after`, or by staff."""


class AlreadyPaying(Conflict):
    """Who pays needs no trial."""


class BadExtension(Unprocessable):
    pass


def of_account(account_id: int) -> Trial | None:
    """The account's newest trial: the open one, or the one that was open last."""
    return db.session.scalar(
        select(Trial).where(Trial.account_id == account_id).order_by(Trial.id.desc()).limit(1)
    )


def explain(account_id: int) -> list[Step]:
    """Why the newest trial ends when it ends: the rows of its ledger, each with the end as of it."""
    trial = of_account(account_id)
    if trial is None:
        return []
    calendar = zone(accounts.get(account_id).timezone)
    return list(ledger.running(trial.started_at, ledger.rows_of([trial.id])[trial.id], calendar))


def start(
    account_id: int,
    *,
    person_id: int | None = None,
    plan: str | None = None,
    held: bool = False,
    again: bool = False,
    reason: str = "",
    by: str,
) -> Trial:
    """Start the account's trial: that of sign-ups, or that of a plan. Repeated or in parallel, the one that is open
    stands. held: it waits for `release`. again: another one although the account had its own (staff, with a
    reason). Raises NoTrialOffered, TrialUsed, AlreadyPaying."""
    rule_id, rule = rules.offered(plan)
    assignment, moment = assignments.lock(account_id), now()
    before = of_account(account_id)
    if before is not None and before.is_open:
        return before
    if assignment.source == "subscription":
        raise AlreadyPaying("This account pays already.")
    if before is not None and not (again or _may_have_another(before, rule, moment)):
        raise TrialUsed("This account has had its trial.")
    trial = Trial(account_id=account_id, plan_key=rule.plan, rule_id=rule_id, requested_at=moment)
    trial.status, trial.reminded, trial.stays = states.HELD, {}, True
    db.session.add(trial)
    db.session.flush()
    why = reason or ("another trial" if before else "trial of the plan")
    ledger.write(trial, ledger.GRANT, days=rule.days, at=moment, reason=why, by=by)
    case = Case(trial, rule, zone(accounts.get(account_id).timezone), assignment)
    trial.status = states.first(case.facts(activated=_is_activated(case)), held=held)
    _enter(case, moment, by=by, person_id=person_id)
    return trial


def _may_have_another(before: Trial, rule: TrialRule, moment: dt.datetime) -> bool:
    if rule.again_after is None or before.closed_at is None:
        return False
    return before.closed_at + dt.timedelta(days=rule.again_after) <= moment


def release(account_id: int, *, by: str) -> Trial:
    """Let a held trial go on its way."""
    return _step(account_id, states.RELEASED, by=by)


def add_card(account_id: int, card: str, *, by: str) -> Trial:
    """A card is there: a trial that waited for it goes on; in any other it is the one that will be charged."""
    case = _open_case(account_id)
    case.trial.card = card[:40]
    if case.trial.status == states.AWAITING_CARD:
        return _step(account_id, states.CARD_ADDED, by=by, case=case)
    db.session.flush()
    return case.trial


def activate(account_id: int, moment: dt.datetime, *, by: str) -> Trial | None:
    """The account reached its first moment of value: a clock that waited for it starts from there."""
    case = _open_case(account_id)
    if case.trial.status != states.AWAITING_ACTIVATION:
        return None
    begun = min(max(moment, case.trial.requested_at), now())
    return _step(account_id, states.ACTIVATED, by=by, case=case, moment=begun)


def _step(
    account_id: int, happening: str, *, by: str, case: Case | None = None, moment: dt.datetime | None = None
) -> Trial:
    """One step out of a waiting state."""
    case = case or _open_case(account_id)
    facts = case.facts(activated=happening == states.ACTIVATED or _is_activated(case))
    case.trial.status = states.after(case.trial.status, happening, facts)
    _enter(case, moment or now(), by=by)
    return case.trial


def _is_activated(case: Case) -> bool:
    if case.rule.clock != "activation":
        return False
    return bool(cases.activated([case.trial.account_id]))


def _enter(case: Case, moment: dt.datetime, *, by: str, person_id: int | None = None) -> None:
    """The clock starts, or the trial waits for what comes before it."""
    trial = case.trial
    if trial.status == states.ACTIVE:
        trial.started_at = moment
    cases.recount([case])
    cases.settle([case], moment, by=by, person_id=person_id)
    if trial.started_at is None or trial.ends_at is None:
        waits_for = {states.HELD: "review", states.AWAITING_CARD: "card"}.get(trial.status, "activation")
        _tell(names.TRIAL_REQUESTED, case, person_id=person_id, waits_for=waits_for)
        return
    dates = {"trial_start_date": trial.started_at.isoformat(), "trial_end_date": trial.ends_at.isoformat()}
    _tell(names.TRIAL_STARTED, case, person_id=person_id, **dates)


def _tell(name: str, case: Case, *, person_id: int | None = None, **properties: Any) -> None:
    told = {"trial_plan_name": case.trial.plan_key, **properties}
    log.record(name, person_id=person_id, account_id=case.trial.account_id, properties=told)


def _open_case(account_id: int) -> Case:
    found = cases.take([account_id])
    if not found:
        raise NoActiveTrial("This account has no trial that is open.")
    return found[0]


def extend(account_id: int, days: int, *, reason: str, by: str) -> Trial:
    """Give a trial more days (or take some back). One in its grace runs again where its end lies ahead then."""
    if not 0 < abs(days) <= MAX_EXTENSION:
        raise BadExtension(errors=[Fault("days", f"must be 1 to {MAX_EXTENSION}, or as many below 0")])
    case, moment = _open_case(account_id), now()
    if case.trial.status not in (states.ACTIVE, states.GRACE):
        raise NoActiveTrial("This account has no trial that runs.")
    ledger.write(case.trial, ledger.EXTENSION, days=days, at=moment, reason=reason, by=by)
    lengthen([case], moment, by=by)
    ends_at = case.trial.ends_at
    _tell(names.TRIAL_EXTENDED, case, days=days, reason=reason, by=by, trial_end_date=_iso(ends_at))
    return case.trial


def lengthen(found: list[Case], moment: dt.datetime, *, by: str) -> None:
    """Days were added or taken: the ends anew, and the states that follow from them."""
    cases.recount(found)
    for case in found:
        if case.trial.status in (states.ACTIVE, states.GRACE):
            case.trial.status = states.after(case.trial.status, states.LENGTHENED, case.facts(moment=moment))
    cases.settle(found, moment, by=by)


def follow_calendar(account_id: int, *, by: str) -> Trial:
    """The account's calendar is of another zone now: the end anew, and all that is due."""
    case = _open_case(account_id)
    lengthen([case], now(), by=by)
    return case.trial


def pause(account_id: int, *, reason: str, by: str) -> Trial:
    """Stop the clock; until it is resumed the account can look and change nothing."""
    return _stop_or_go(account_id, states.PAUSE, ledger.PAUSE, names.TRIAL_PAUSED, reason, by)


def resume(account_id: int, *, reason: str = "", by: str) -> Trial:
    """Let the clock run again: the end moves by the time that the pause took."""
    return _stop_or_go(account_id, states.RESUME, ledger.RESUME, names.TRIAL_RESUMED, reason, by)


def _stop_or_go(account_id: int, happening: str, kind: str, name: str, reason: str, by: str) -> Trial:
    case, moment = _open_case(account_id), now()
    case.trial.status = states.after(case.trial.status, happening, case.facts())
    ledger.write(case.trial, kind, at=moment, reason=reason, by=by)
    cases.recount([case])
    cases.settle([case], moment, by=by)
    _tell(name, case, reason=reason, by=by, trial_end_date=_iso(case.trial.ends_at))
    return case.trial


def cancel(account_id: int, *, reason: str = "", by: str, person_id: int | None = None) -> Trial:
    """Call a trial off. One that runs goes on until its end, and nothing is charged then; one that waits, or whose
    charge is on its way, is over at once."""
    case, moment = _open_case(account_id), now()
    case.trial.status = states.after(case.trial.status, states.CANCEL, case.facts())
    first_time, case.trial.stays = case.trial.stays, False
    cases.settle([case], moment, by=by)
    if first_time:
        _tell(names.TRIAL_CANCELLED, case, person_id=person_id, reason=reason, by=by)
    if case.trial.status == states.ENDED:
        _tell(names.TRIAL_ENDED, case, reason="cancelled")
    return case.trial


def reactivate(account_id: int, *, by: str, person_id: int | None = None) -> Trial:
    """Take back that a trial was called off, before it is over: at its end the card is charged after all."""
    accounts.check_open(account_id)
    case, moment = _open_case(account_id), now()
    if case.trial.stays:
        return case.trial
    case.trial.stays = True
    cases.settle([case], moment, by=by)
    _tell(names.TRIAL_REACTIVATED, case, person_id=person_id, by=by)
    return case.trial


def stop(account_id: int, *, reason: str, by: str) -> Trial:
    """End a trial now, whatever its clock says."""
    case, moment = _open_case(account_id), now()
    case.trial.status = states.after(case.trial.status, states.STOP, case.facts())
    ledger.write(case.trial, ledger.STOP, at=moment, reason=reason, by=by)
    case.trial.reminded = {**case.trial.reminded, "0": moment.isoformat()}
    cases.recount([case])
    cases.settle([case], moment, by=by)
    _tell(names.TRIAL_ENDED, case, reason=reason, by=by)
    return case.trial


def _iso(moment: dt.datetime | None) -> str | None:
    return moment.isoformat() if moment else None
