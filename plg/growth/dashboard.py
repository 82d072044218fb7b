"""The first dashboard: what it answers without anybody having set up anything."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from plg.growth import answers, comparing, snapshots
from plg.growth.asked import Asked
from plg.growth.config import GrowthConfig
from plg.growth.reports import funnel, time_to_value, trend, trial_to_paid
from plg.growth.reports.definition import Definition
from plg.growth.reports.funnel import Funnel, FunnelNumber, FunnelResult, FunnelStep
from plg.growth.reports.time_to_value import BeganIn, TimeToValueResult
from plg.growth.reports.trend import TrendResult
from plg.growth.reports.trial_to_paid import TrialToPaidResult

CALLS = 10


@dataclass(frozen=True)
class FirstDashboard:
    """funnel: sign-up to payment, beside the days before; value, value_before: the time to value, now and
    then. stop: the step before which most are lost, if any. calls: public id and name of who got to the last step
    but one and not to the last, latest first; to_call: how many."""

    events: int
    asked: Funnel
    funnel: FunnelResult
    stop: FunnelStep | None
    signups: TrendResult
    value: TimeToValueResult
    value_before: BeganIn
    trials: TrialToPaidResult
    calls: list[tuple[str, str]]
    to_call: int


Question = Callable[[Asked, GrowthConfig, str, dt.datetime], Definition]
QUESTIONS: dict[str, tuple[str, Question]] = {
    "funnel": (
        "funnel",
        lambda asked, config, locale, moment: config.funnel_between(
            asked.first, asked.last, asked.actor, locale, asked.segment
        ),
    ),
    "signups": (
        "trend",
        lambda asked, config, locale, moment: config.signups_between(asked.first, asked.last, asked.segment),
    ),
    "value": (
        "time-to-value",
        lambda asked, config, locale, moment: config.value_between(
            asked.first, asked.last, asked.actor, asked.segment
        ),
    ),
    "trials": (
        "trial-to-paid",
        lambda asked, config, locale, moment: config.trials_between(
            asked.first, asked.last, moment, asked.segment
        ),
    ),
}
"""Each question of the dashboard: its kind, and how it is asked."""


def first_dashboard(asked: Asked, config: GrowthConfig, locale: str, moment: dt.datetime) -> FirstDashboard:
    """Count everything of these days and this segment. Ends the transaction."""
    days = asked.first, asked.last
    question = config.funnel_between(*days, asked.actor, locale, asked.segment)
    events = answers.seen_by(question)
    counted = funnel.evaluate(question, events)
    signups = trend.evaluate(config.signups_between(*days), events)
    asked_value = config.value_between(*days, asked.actor)
    value = time_to_value.evaluate(asked_value, events)
    before = time_to_value.evaluate(comparing.before(asked_value, config.timezone), events)
    accounts = config.trials_between(*days, moment, asked.segment)
    trials = trial_to_paid.evaluate(accounts, answers.seen_by(accounts))
    lost = FunnelNumber(step=len(question.steps), dropped=True)
    calls = answers.people("funnel", question, lost, None, CALLS)
    seen = snapshots.newest().events
    return FirstDashboard(
        seen,
        question,
        counted,
        _stop(question, counted),
        signups,
        value,
        before.total[0],
        trials,
        calls.rows,
        calls.total,
    )


def _stop(question: Funnel, counted: FunnelResult) -> FunnelStep | None:
    """The step before which the largest part is lost; who left out an optional one is not lost."""
    pairs = zip(question.steps[1:], counted.steps[1:], strict=True)
    needed = [found for step, found in pairs if not step.optional]
    lost = [step for step in needed if step.conversion_from_previous is not None and step.drop_off > 0]
    return min(lost, key=lambda step: step.conversion_from_previous or 0.0, default=None)
