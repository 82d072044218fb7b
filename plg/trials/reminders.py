"""When the mails about a trial's end are due. Pure; letters.py writes and sends them.

All reminders of the same number of days are one occasion: the first one that fits the account then is sent. An
occasion comes again only where the end was moved so far that it is as far away again as the reminder says."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from plg.plans.trial_rules import TrialRule
from plg.trials import states
from plg.trials.ledger import days_later
from plg.trials.models import Trial


@dataclass(frozen=True, order=True)
class Occasion:
    at: dt.datetime
    days: int


def occasions(trial: Trial, rule: TrialRule, calendar: dt.tzinfo) -> list[Occasion]:
    """What is still to be sent, the earliest first."""
    if trial.ends_at is None or trial.started_at is None:
        return []
    found = []
    for days in {one.days for one in rule.reminders}:
        at = days_later(trial.ends_at, -days, calendar)
        if _is_wanted(trial, rule, days, at) and not _was_sent(trial, days):
            found.append(Occasion(at, days))
    return sorted(found)


def next_at(trial: Trial, rule: TrialRule, calendar: dt.tzinfo) -> dt.datetime | None:
    return next((one.at for one in occasions(trial, rule, calendar)), None)


def _is_wanted(trial: Trial, rule: TrialRule, days: int, at: dt.datetime) -> bool:
    if days == 0:
        return trial.status in (states.GRACE, states.ENDED)
    if trial.status != states.ACTIVE or trial.started_at is None:
        return False
    # A trial shorter than the reminder does not begin with it; but nobody is charged unwarned.
    return at > trial.started_at or rule.card == "first"


def _was_sent(trial: Trial, days: int) -> bool:
    sent_for = trial.reminded.get(str(days))
    if sent_for is None or trial.ends_at is None:
        return False
    return days == 0 or trial.ends_at - dt.datetime.fromisoformat(sent_for) < dt.timedelta(days=days)
