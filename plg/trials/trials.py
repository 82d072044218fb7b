"""A trial: started, extended, converted, ended."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from sqlalchemy import func, select

from plg.events import log, names
from plg.kit.clock import now
from plg.kit.db import db, insert
from plg.kit.errors import Conflict, Fault, NotFound, Unprocessable
from plg.plans import assignments, catalogue
from plg.trials.models import Trial, TrialGrant

MAX_EXTENSION = 365


class NoTrialOffered(NotFound):
    """The catalogue has no trial."""


class NoActiveTrial(Conflict):
    pass


class BadExtension(Unprocessable):
    pass


def of_account(account_id: int) -> Trial | None:
    return db.session.scalar(select(Trial).where(Trial.account_id == account_id))


def start(account_id: int, *, person_id: int | None = None, by: str) -> Trial:
    """Start the account's one trial: its plan at once, its clock from now. Repeated or in parallel, the first
    one stands."""
    rule = catalogue.live().trial
    if rule is None:
        raise NoTrialOffered("There is no trial to start.")
    moment = now()
    row = {"account_id": account_id, "plan_key": rule.plan, "status": "active", "started_at": moment}
    row["ends_at"] = moment + dt.timedelta(days=rule.days)
    new = insert(Trial).values(row).on_conflict_do_nothing().returning(Trial.id)
    trial_id = db.session.scalar(new)
    if trial_id is None:
        return db.session.scalars(select(Trial).where(Trial.account_id == account_id)).one()
    trial = db.session.get_one(Trial, trial_id)
    _grant(trial, rule.days, "trial of the plan", by)
    assignments.assign(account_id, rule.plan, source="trial", by=by, person_id=person_id)
    properties = {
        "trial_start_date": trial.started_at.isoformat(),
        "trial_end_date": trial.ends_at.isoformat(),
    }
    properties["trial_plan_name"] = rule.plan
    log.record(names.TRIAL_STARTED, person_id=person_id, account_id=account_id, properties=properties)
    return trial


def extend(account_id: int, days: int, *, reason: str, by: str) -> Trial:
    """Give an active trial more days (or take some back)."""
    if not 0 < abs(days) <= MAX_EXTENSION:
        raise BadExtension(errors=[Fault("days", f"must be 1 to {MAX_EXTENSION}, or as many below 0")])
    trial = db.session.scalar(select(Trial).where(Trial.account_id == account_id).with_for_update())
    if trial is None or trial.status != "active":
        raise NoActiveTrial("This account has no trial that runs.")
    _grant(trial, days, reason, by)
    granted = select(func.sum(TrialGrant.days)).where(TrialGrant.trial_id == trial.id)
    trial.ends_at = trial.started_at + dt.timedelta(days=int(db.session.scalar(granted) or 0))
    return trial


def _grant(trial: Trial, days: int, reason: str, by: str) -> None:
    grant = TrialGrant(trial_id=trial.id, days=days, reason=reason, actor=by, granted_at=now())
    db.session.add(grant)
    db.session.flush()


def convert(account_ids: Iterable[int]) -> None:
    """Their accounts pay now: trials that run are converted."""
    query = select(Trial).where(Trial.account_id.in_(list(account_ids)), Trial.status == "active")
    for trial in db.session.scalars(query.with_for_update()):
        _convert(trial, now(), assignments.current(trial.account_id).plan.key)


def _convert(trial: Trial, moment: dt.datetime, plan: str) -> None:
    trial.status, trial.closed_at = "converted", moment
    properties = {"trial_plan_name": trial.plan_key, "plan": plan}
    log.record(names.TRIAL_CONVERTED, account_id=trial.account_id, properties=properties)


def end(trial: Trial, moment: dt.datetime) -> None:
    """The clock ran out. An account that paid in the last second keeps what it paid for."""
    assignment = assignments.lock(trial.account_id)
    if assignment.source == "subscription":
        _convert(trial, moment, assignment.plan.key)
        return
    trial.status, trial.closed_at = "ended", moment
    rule = catalogue.live().trial
    if assignment.source == "trial" and rule is not None:
        assignments.assign(trial.account_id, rule.at_end, source="default", by="trial clock")
    properties = {"trial_plan_name": trial.plan_key}
    log.record(names.TRIAL_ENDED, account_id=trial.account_id, properties=properties)
