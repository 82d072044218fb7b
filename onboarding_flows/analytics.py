"""How people fare in flows: how far they come, how long it takes, where they stop, and what looks wrong.

Every answer takes a number of queries that does not grow with steps or people."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, func, select

from onboarding_flows import backfill, flows, lifecycle, missing_anchors, step_figures
from onboarding_flows.flows import FlowNotFound, PublishedFlow
from onboarding_flows.models import FlowDismissal, FlowEnrolment, FlowVersion
from onboarding_flows.step_definition import Step
from onboarding_flows.step_figures import Arm
from plg.kit.db import db

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
    """Of one version or of all. begun: whose it is; seen: on whose screen it came. enrolled: of whom the rest tells,
    who are those who have seen it where it comes up by itself, else all who have begun it. not_begun: how many of
    them have not settled anything."""

    begun: int
    seen: int
    enrolled: int
    completed: int
    dismissed: int
    not_begun: int
    steps: list[StepFigures]


@dataclass(frozen=True)
class Sign:
    """A step that nobody has done of those who have begun the live version; event: the one that it waits for, where
    none of the newest ever sent it. Or, with a path, a step of a tour whose anchor was not found there, so often."""

    flow: PublishedFlow
    step: Step
    enrolled: int
    event: str | None
    path: str | None = None
    times: int = 0


def funnel(key: str, version: int | None = None) -> Funnel:
    """The figures of that version of the flow, or of all; FlowNotFound, VersionNotFound where there is none."""
    published = _versions(key, version)
    everybody = FlowEnrolment.version_id.in_(list(published)) & lifecycle.shown_it()
    comes_up = next(iter(published.values())).flow.is_prompt
    of_them = everybody & lifecycle.saw_it() if comes_up else everybody
    arm = (FlowEnrolment.version_id, FlowEnrolment.variant)
    counts = select(*arm, func.count(), func.count(FlowEnrolment.completed_at)).where(of_them).group_by(*arm)
    begun = db.session.execute(counts).all()
    away = select(func.count()).select_from(FlowDismissal).join(FlowEnrolment)
    completed = sum(row[3] for row in begun)
    enrolled = {(row[0], row[1]): row[2] for row in begun}
    stopped: Counter[str] = Counter()
    for (_, key), number in step_figures.stopped(of_them).items():
        stopped[key] += number
    total = sum(enrolled.values())
    counted = select(func.count()).select_from(FlowEnrolment).where(everybody)
    saw = db.session.scalar(counted.where(lifecycle.saw_it())) or 0
    return Funnel(
        (db.session.scalar(counted) or 0) if comes_up else total,
        saw,
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
    enrolled: dict[Arm, int],
    of_them: ColumnElement[bool],
    stopped: dict[str, int],
) -> list[StepFigures]:
    """Of every step, those of the newest version first."""
    steps = {key: step for flow in reversed(published) for key, step in flow.steps_of_all_arms.items()}
    order = dict.fromkeys(key for flow in published for key in flow.steps_of_all_arms)
    settled, medians = step_figures.settled(of_them), step_figures.medians(of_them, order)
    there = step_figures.there(of_them, _conditional(published))
    found = []
    for key in order:
        having = _having(key, published, enrolled)
        done, skipped = (sum(settled.get((arm, key), (0, 0))[n] for arm in having) for n in (0, 1))
        has = sum(there.get((arm, key), enrolled[arm]) for arm in having)
        median = medians.get(key) if done >= FEW else None
        found.append(StepFigures(steps[key], has, done, skipped, stopped.get(key, 0), median))
    return found


def _conditional(published: Iterable[PublishedFlow]) -> set[str]:
    """The steps that are not there for all."""
    arms = [arm for flow in published for arm in (flow, *flow.arms.values())]
    return {key for arm in arms for key in arm.by_condition}


def last_enrolments() -> dict[str, dt.datetime]:
    """Flow -> when somebody began it last."""
    query = select(FlowEnrolment.flow_key, func.max(FlowEnrolment.enrolled_at))
    return dict(db.session.execute(query.group_by(FlowEnrolment.flow_key)).all())


def signs(live: Iterable[PublishedFlow]) -> list[Sign]:
    """The steps of these flows that nobody ever did, where many had the chance, and what tours look for in vain."""
    published = {flow.id: flow for flow in live}
    of_them = FlowEnrolment.version_id.in_(list(published)) & lifecycle.shown_it()
    arm = (FlowEnrolment.version_id, FlowEnrolment.variant)
    counts = db.session.execute(select(*arm, func.count()).where(of_them).group_by(*arm))
    enrolled = {(version, variant): number for version, variant, number in counts}
    done = {place for place, (number, _) in step_figures.settled(of_them).items() if number}
    idle = []
    for flow in published.values():
        for key, step in _expected(flow).items():
            having = _having(key, [flow], enrolled)
            number = sum(enrolled[arm] for arm in having)
            if number >= SUSPICIOUS and not any((arm, key) in done for arm in having):
                idle.append((flow.in_arm(having[0][1]), step, number))
    asked = {name for flow, step, _ in idle for name in _names(flow, step)}
    came = _came({flow.id: flow for flow, _, _ in idle}, asked)
    undone = [Sign(flow, step, number, _missing(flow, step, came)) for flow, step, number in idle]
    return undone + _missing_anchors(published)


def _having(step_key: str, published: Iterable[PublishedFlow], arms: Collection[Arm]) -> list[Arm]:
    """Those of the arms of these flows that have the step."""
    shown = {arm: flow.in_arm(arm[1]) for flow in published for arm in arms if arm[0] == flow.id}
    return [arm for arm, flow in shown.items() if step_key in flow.steps]


def _expected(flow: PublishedFlow) -> dict[str, Step]:
    """The steps that whoever has begun should do; what comes up by itself has not come up for everybody."""
    return {} if flow.flow.is_prompt else flow.steps_of_all_arms


def _missing_anchors(published: dict[int, PublishedFlow]) -> list[Sign]:
    """Of each step the page on which it was missed most often lately."""
    worst: dict[tuple[int, str], Sign] = {}
    for row in missing_anchors.lately(list(published)):
        flow = published[row.version_id]
        sign = Sign(flow, flow.steps_of_all_arms[row.step_key], 0, None, row.path, row.times)
        worst.setdefault((flow.id, row.step_key), sign)
    return list(worst.values())


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
