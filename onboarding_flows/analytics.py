"""How people fare in flows: how far they come, how long it takes, where they stop, and what looks wrong.

Every answer takes a number of queries that does not grow with steps or people."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Integer, case, cast, func, select

from onboarding_flows import backfill, flows, lifecycle
from onboarding_flows.flows import FlowNotFound, PublishedFlow
from onboarding_flows.models import FlowDismissal, FlowEnrolment, FlowVersion, StepCompletion
from onboarding_flows.step_definition import Step
from plg.kit.db import db
from plg.kit.db_expressions import epoch, json_at, seconds_of

FEW: Final = 5  # shares and times of fewer than these say nothing
SUSPICIOUS: Final = 20  # that so many begin and nobody does a step is no accident
SAMPLE: Final = 20  # so many of the newest owners are asked whether an event ever came


@dataclass(frozen=True)
class StepFigures:
    """One step. enrolled: how many have it (of one with a condition: for how many it is there); stopped: how many
    have not completed the flow and did this last; median: from the beginning, or from the step's reset, to when it
    was done, None where too few did it."""

    step: Step
    enrolled: int
    done: int
    skipped: int
    stopped: int
    median: dt.timedelta | None


@dataclass(frozen=True)
class Funnel:
    """Of one version or of all. not_begun: how many have not settled anything."""

    enrolled: int
    completed: int
    dismissed: int
    not_begun: int
    steps: list[StepFigures]


@dataclass(frozen=True)
class Sign:
    """A step that nobody has done of those who have begun the live version; event: the one that it waits for, where
    none of the newest ever sent it."""

    flow: PublishedFlow
    step: Step
    enrolled: int
    event: str | None


def funnel(key: str, version: int | None = None) -> Funnel:
    """The figures of that version of the flow, or of all; FlowNotFound, VersionNotFound where there is none."""
    published = _versions(key, version)
    of_them = FlowEnrolment.version_id.in_(list(published))
    counts = select(FlowEnrolment.version_id, func.count(), func.count(FlowEnrolment.completed_at))
    begun = db.session.execute(counts.where(of_them).group_by(FlowEnrolment.version_id)).all()
    away = select(func.count()).select_from(FlowDismissal).join(FlowEnrolment)
    completed = sum(row[2] for row in begun)
    enrolled = {row[0]: row[1] for row in begun}
    stopped = _stopped(of_them)
    total = sum(enrolled.values())
    return Funnel(
        total,
        completed,
        db.session.scalar(away.where(of_them)) or 0,
        total - completed - sum(stopped.values()),
        _figures(list(published.values()), enrolled, of_them, stopped),
    )


def _versions(key: str, version: int | None) -> dict[int, PublishedFlow]:
    """By id, the newest first."""
    if version is not None:
        only = lifecycle.version_of(key, version)
        return {only.id: only}
    query = select(FlowVersion.id).where(FlowVersion.key == key).order_by(FlowVersion.version.desc())
    if found := flows.versions_of(list(db.session.scalars(query))):
        return found
    raise FlowNotFound(f"There is no flow {key!r}.")


def _figures(
    published: Sequence[PublishedFlow],
    enrolled: dict[int, int],
    of_them: ColumnElement[bool],
    stopped: dict[str, int],
) -> list[StepFigures]:
    """Of every step, those of the newest version first."""
    steps = {key: step for flow in reversed(published) for key, step in flow.steps.items()}
    order = dict.fromkeys(key for flow in published for key in flow.steps)
    settled, medians = _settled(of_them), _medians(of_them, order)
    there = _there(of_them, {key for flow in published for key in flow.by_condition})
    found = []
    for key in order:
        having = [flow.id for flow in published if key in flow.steps]
        done, skipped = (sum(settled.get((i, key), (0, 0))[n] for i in having) for n in (0, 1))
        has = sum(there.get((i, key), enrolled.get(i, 0)) for i in having)
        median = medians.get(key) if done >= FEW else None
        found.append(StepFigures(steps[key], has, done, skipped, stopped.get(key, 0), median))
    return found


def _settled(of_them: ColumnElement[bool]) -> dict[tuple[int, str], tuple[int, int]]:
    """(version, step) -> (done, skipped)."""
    skipped = func.sum(cast(StepCompletion.skipped, Integer))
    by_step = (FlowEnrolment.version_id, StepCompletion.step_key)
    query = select(*by_step, func.count(), skipped).join(
        FlowEnrolment, FlowEnrolment.id == StepCompletion.enrolment_id
    )
    rows = db.session.execute(query.where(of_them).group_by(*by_step))
    return {(version, key): (number - left_out, left_out) for version, key, number, left_out in rows}


def _there(of_them: ColumnElement[bool], keys: Collection[str]) -> dict[tuple[int, str], int]:
    """(version, step that has a condition) -> for how many it is there, or was."""
    if not keys:
        return {}
    counts = []
    for key in keys:
        settled = select(StepCompletion.step_key).where(
            StepCompletion.enrolment_id == FlowEnrolment.id, StepCompletion.step_key == key
        )
        is_there = json_at(FlowEnrolment.revealed, [key]).exists | settled.exists()
        counts.append(func.sum(case((is_there, 1), else_=0)))
    rows = db.session.execute(
        select(FlowEnrolment.version_id, *counts).where(of_them).group_by(FlowEnrolment.version_id)
    )
    return {(row[0], key): number for row in rows for key, number in zip(keys, row[1:], strict=True)}


def _stopped(of_them: ColumnElement[bool]) -> dict[str, int]:
    """Step -> how many open enrolments have settled it last."""
    latest_first = (StepCompletion.occurred_at.desc(), StepCompletion.completed_at.desc())
    rank = func.row_number().over(
        partition_by=StepCompletion.enrolment_id, order_by=(*latest_first, StepCompletion.step_key)
    )
    query = select(StepCompletion.step_key, rank.label("rank")).join(
        FlowEnrolment, FlowEnrolment.id == StepCompletion.enrolment_id
    )
    last = query.where(of_them, FlowEnrolment.completed_at.is_(None)).subquery()
    counted = select(last.c.step_key, func.count()).where(last.c.rank == 1).group_by(last.c.step_key)
    return dict(db.session.execute(counted).all())


def _medians(of_them: ColumnElement[bool], step_keys: Collection[str]) -> dict[str, dt.timedelta]:
    """Step -> the middle of the times that it took; what was done before the beginning took none."""
    took = epoch(StepCompletion.occurred_at) - _counted_from(step_keys)
    times = select(StepCompletion.step_key, case((took > 0, took), else_=0).label("seconds")).join(
        FlowEnrolment, FlowEnrolment.id == StepCompletion.enrolment_id
    )
    c = times.where(of_them, StepCompletion.skipped.is_(False)).subquery().c
    rank = func.row_number().over(partition_by=c.step_key, order_by=c.seconds)
    number = func.count().over(partition_by=c.step_key)
    r = select(c.step_key, c.seconds, rank.label("rank"), number.label("number")).subquery().c
    middle = (2 * r.rank >= r.number) & (2 * r.rank <= r.number + 2)
    rows = db.session.execute(select(r.step_key, func.avg(r.seconds)).where(middle).group_by(r.step_key))
    return {key: dt.timedelta(seconds=float(seconds)) for key, seconds in rows}


def _counted_from(step_keys: Collection[str]) -> ColumnElement[Any]:
    """The second from which a step counts: that of its reset, else of the enrolment."""
    resets = {key: seconds_of(json_at(FlowEnrolment.counts_from, [key]).text) for key in step_keys}
    began = epoch(FlowEnrolment.enrolled_at)
    if not resets:
        return began
    reset = case((FlowEnrolment.reopened > 0, case(resets, value=StepCompletion.step_key)))
    return func.coalesce(reset, began)


def last_enrolments() -> dict[str, dt.datetime]:
    """Flow -> when somebody began it last."""
    query = select(FlowEnrolment.flow_key, func.max(FlowEnrolment.enrolled_at))
    return dict(db.session.execute(query.group_by(FlowEnrolment.flow_key)).all())


def signs(live: Iterable[PublishedFlow]) -> list[Sign]:
    """The steps of these flows that nobody ever did, where many had the chance."""
    published = {flow.id: flow for flow in live}
    of_them = FlowEnrolment.version_id.in_(list(published))
    counts = select(FlowEnrolment.version_id, func.count()).where(of_them).group_by(FlowEnrolment.version_id)
    many = {i: n for i, n in db.session.execute(counts) if n >= SUSPICIOUS}
    done = {place for place, (number, _) in _settled(of_them).items() if number} if many else set()
    idle = [
        (published[i], s, n) for i, n in many.items() for s in _steps(published[i]) if (i, s.key) not in done
    ]
    asked = {name for flow, step, _ in idle for name in _names(flow, step)}
    came = _came({flow.id: flow for flow, _, _ in idle}, asked)
    return [Sign(flow, step, number, _missing(flow, step, came)) for flow, step, number in idle]


def _steps(flow: PublishedFlow) -> list[Step]:
    return list(flow.steps.values())


def _missing(flow: PublishedFlow, step: Step, came: set[tuple[str, str]]) -> str | None:
    return next((name for name in _names(flow, step) if (flow.key, name) not in came), None)


def _names(flow: PublishedFlow, step: Step) -> list[str]:
    """The events that the step waits for."""
    way = flow.ways.get(step.key)
    return [need.event for need in way.needs] if way else []


def _came(published: dict[int, PublishedFlow], names: set[str]) -> set[tuple[str, str]]:
    """(flow, event) for those events that any of the flow's newest owners ever sent."""
    if not names:
        return set()
    newest = func.row_number().over(partition_by=FlowEnrolment.version_id, order_by=FlowEnrolment.id.desc())
    columns = (FlowEnrolment.version_id, FlowEnrolment.account_id, FlowEnrolment.person_id)
    ranked = select(*columns, newest.label("rank")).where(FlowEnrolment.version_id.in_(list(published)))
    c = ranked.subquery().c
    rows = db.session.execute(select(c.version_id, c.account_id, c.person_id).where(c.rank <= SAMPLE)).all()
    first = dict.fromkeys(names, backfill.Sought(1))
    by_account = backfill.of_accounts({row.account_id for row in rows} - {None}, first)
    by_person = backfill.of_people({row.person_id for row in rows} - {None}, first)
    sent = {(event.account_id, event.name) for event in by_account}
    sent_by = {(event.person_id, event.name) for event in by_person}
    return {
        (published[version].key, name)
        for version, account, person in rows
        for name in names
        if (account, name) in sent or (person, name) in sent_by
    }
