"""What the report on an experiment counts, by arm; each figure of all arms is one statement."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Integer, Row, Select, case, cast, func, select

from onboarding_flows import step_figures
from onboarding_flows.flows import PublishedFlow
from onboarding_flows.models import FlowEnrolment
from plg.accounts.models import Membership
from plg.events import names
from plg.events.models import Event
from plg.kit.clock import now
from plg.kit.db import db
from plg.kit.db_expressions import epoch
from plg.kit.proportions import Share

DAY: Final = 86_400
COMPLETED: Final = "completed"
OUTCOMES: Final = {"activated": names.ACTIVATED, "upgraded": names.SUBSCRIPTION_STARTED}

Asked = tuple[str, int | None]
"""An outcome, and within how many days."""
Place = tuple[str | None, str]
"""An arm and a step."""


@dataclass(frozen=True)
class Figures:
    """counts: arm -> begun, met, completed, since, and over_14, how many met it at least 14 days ago. outcomes: (arm,
    event) -> within_14, how many of those had it in their 14 days. whole: arm -> half completed the flow within."""

    counts: dict[str, Row[Any]]
    outcomes: dict[Place, Row[Any]]
    settled: dict[Place, tuple[int, int]]
    stopped: dict[Place, int]
    medians: dict[Place, dt.timedelta]
    whole: dict[str, dt.timedelta]


def read(published: Sequence[PublishedFlow], days: Sequence[int]) -> Figures:
    """Six queries. published: versions of one flow with the same arms."""
    moment = now()
    versions = FlowEnrolment.version_id.in_([flow.id for flow in published])
    of_them = versions & FlowEnrolment.variant.in_(list(published[0].arms))
    met = of_them & FlowEnrolment.exposed_at.is_not(None)
    by_account = published[0].flow.scope == "account"
    counts = db.session.execute(_counts(of_them, days, moment))
    outcomes = db.session.execute(_outcomes(_first_outcomes(met, by_account), days, moment))
    settled: dict[Place, tuple[int, int]] = {}
    for ((_, arm), key), (done, skipped) in step_figures.settled(met).items():
        before = settled.get((arm, key), (0, 0))
        settled[arm, key] = (before[0] + done, before[1] + skipped)
    took = epoch(FlowEnrolment.completed_at) - epoch(FlowEnrolment.exposed_at)
    whole = select(FlowEnrolment.variant, step_figures.seconds(took))
    whole = whole.where(met, FlowEnrolment.completed_at.is_not(None))
    return Figures(
        {row.variant: row for row in counts},
        {(row.variant, row.name): row for row in outcomes},
        settled,
        step_figures.stopped(met),
        step_figures.medians_since_met(met),
        {arm: middle for (arm,), middle in step_figures.middles(whole).items()},
    )


def shares(found: Figures, arm: str, days: Iterable[int]) -> dict[Asked, Share]:
    """How many of the arm had each outcome, of those who could have."""
    counts = found.counts.get(arm)
    met, completed = (counts.met, counts.completed) if counts else (0, 0)
    told: dict[Asked, Share] = {(COMPLETED, None): Share(completed, met)}
    for name, event in OUTCOMES.items():
        row = found.outcomes.get((arm, event))
        for within in days:
            of = getattr(counts, f"over_{within}") if counts else 0
            told[name, within] = Share(getattr(row, f"within_{within}") if row else 0, of)
    return told


def _counts(of_them: ColumnElement[bool], days: Iterable[int], moment: dt.datetime) -> Any:
    met = FlowEnrolment.exposed_at.is_not(None)
    return (
        select(
            FlowEnrolment.variant,
            func.count().label("begun"),
            func.count(FlowEnrolment.exposed_at).label("met"),
            _number(met & FlowEnrolment.completed_at.is_not(None)).label("completed"),
            func.min(FlowEnrolment.exposed_at).label("since"),
            *(_number(_is_over(FlowEnrolment.exposed_at, n, moment)).label(f"over_{n}") for n in days),
        )
        .where(of_them)
        .group_by(FlowEnrolment.variant)
    )


def _first_outcomes(met: ColumnElement[bool], by_account: bool) -> Any:
    """When each of them first had each outcome since they met the experiment."""
    columns = (FlowEnrolment.id, FlowEnrolment.variant, FlowEnrolment.exposed_at, Event.name)
    query = select(*columns, func.min(Event.occurred_at).label("at")).select_from(FlowEnrolment)
    if by_account:
        query = query.join(Event, Event.account_id == FlowEnrolment.account_id)
    else:
        query = query.join(Membership, Membership.person_id == FlowEnrolment.person_id)
        query = query.join(Event, Event.account_id == Membership.account_id)
    after = Event.occurred_at > FlowEnrolment.exposed_at
    return query.where(met, Event.name.in_(OUTCOMES.values()), after).group_by(*columns).subquery()


def _outcomes(first: Any, days: Iterable[int], moment: dt.datetime) -> Select[Any]:
    c = first.c
    took = epoch(c.at) - epoch(c.exposed_at)
    within = (
        _number(_is_over(c.exposed_at, n, moment) & (took <= n * DAY)).label(f"within_{n}") for n in days
    )
    return select(c.variant, c.name, *within).group_by(c.variant, c.name)


def _is_over(exposed_at: Any, days: int, moment: dt.datetime) -> ColumnElement[bool]:
    return exposed_at <= moment - dt.timedelta(days=days)


def _number(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return cast(func.sum(case((condition, 1), else_=0)), Integer)
