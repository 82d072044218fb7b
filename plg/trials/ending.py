"""How trials end: by the clock, by their credits, or because the account pays. Many at once take few statements.

Who paid in the last second keeps what they paid for: both sides hold the account, and whoever comes second sees what
the first one did."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from sqlalchemy import select

from plg.events import log, names
from plg.events.log import NewEvent
from plg.events.stream import LoggedEvent
from plg.kit.clock import now
from plg.kit.db import db
from plg.plans import assignments, catalogue
from plg.trials import cases, ledger, states
from plg.trials.cases import Case
from plg.trials.models import Trial


def end_due(moment: dt.datetime, limit: int) -> int:
    """Let the clock run out for at most `limit` trials; returns how many. Those whose account somebody else
    holds are left for the next time; only the index of due trials is read."""
    due = select(Trial.account_id).where(Trial.due_at <= moment).order_by(Trial.due_at).limit(limit)
    found = cases.take(db.session.scalars(due).all(), skip_locked=True)
    mine = [case for case in found if case.trial.due_at is not None and case.trial.due_at <= moment]
    time_up(mine, moment)
    return len(mine)


def time_up(found: Sequence[Case], moment: dt.datetime, *, reason: str = "time") -> None:
    """The clock of these trials ran out: their next state, or `converted` where the account pays by now."""
    if not found:
        return
    for case in found:
        happening = states.PAID if case.pays else states.TIME_UP
        case.trial.status = states.after(case.trial.status, happening, case.facts())
    cases.settle(found, moment, by="trial clock")
    log.store([told for case in found if (told := _told(case, reason)) is not None])


def _told(case: Case, reason: str) -> NewEvent | None:
    trial = case.trial
    properties = {"trial_plan_name": trial.plan_key}
    if trial.status == states.CONVERTED:
        return _converted(case)
    if trial.status == states.ENDED:
        properties["reason"] = reason
        return log.own(
            names.TRIAL_ENDED,
            account_id=trial.account_id,
            properties=properties,
            id=f"trial-ended:{trial.id}",
        )
    if trial.status == states.CONVERTING and case.rule.continues_as is not None:
        onward = case.rule.continues_as
        properties |= {"plan": onward.plan, "interval": onward.interval}
        id = f"trial-payment-due:{trial.id}"
        return log.own(names.TRIAL_PAYMENT_DUE, account_id=trial.account_id, properties=properties, id=id)
    return None


def _converted(case: Case) -> NewEvent:
    properties = {"trial_plan_name": case.trial.plan_key, "plan": case.assignment.plan.key}
    id = f"trial-converted:{case.trial.id}"
    return log.own(names.TRIAL_CONVERTED, account_id=case.trial.account_id, properties=properties, id=id)


def use_up(found: Sequence[Case], moment: dt.datetime) -> None:
    """All credits of these trials were used: they are over now."""
    for case in found:
        ledger.write(case.trial, ledger.CREDITS, at=moment, reason="all credits used", by="trial clock")
    cases.recount(found)
    time_up(found, moment, reason="credits")


def convert(events: Iterable[LoggedEvent]) -> None:
    """Their accounts pay now: trials that are open are converted. A payment from before the trial began (the log
    is read again, say) converts nothing where the account does not pay any more."""
    paid = {event.account_id: event for event in events if event.account_id is not None}
    found = []
    for case in cases.take(cases.with_open_trial(paid)):
        event = paid[case.trial.account_id]
        plan = str(event.properties.get("plan", ""))
        if not case.pays and event.occurred_at < case.trial.requested_at:
            continue
        if case.assignment.source == "trial":
            if plan not in catalogue.published().plans:
                continue
            account_id = case.trial.account_id
            case.assignment = assignments.assign(account_id, plan, source="subscription", by="host product")
        case.trial.status = states.after(case.trial.status, states.PAID, case.facts())
        found.append(case)
    cases.settle(found, now(), by="payment")
    log.store([_converted(case) for case in found])


def give_up_charge(account_ids: Iterable[int]) -> None:
    """A payment failed. Where the rule gives no grace to try again, the trial that waited for it is over."""
    waiting = [
        case
        for case in cases.take(cases.with_open_trial(account_ids))
        if case.trial.status == states.CONVERTING and not case.rule.grace
    ]
    time_up(waiting, now(), reason="payment failed")
