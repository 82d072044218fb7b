"""What an experiment of a flow brought: who met it, how they fared, and whether more of them activated and upgraded
than of those they are compared with. The number of queries grows neither with arms, nor with steps, nor with people.

An arm holds who has met the experiment: first saw the flow, or would have. An outcome counts once for each of them,
where it came after that and within so many days; whose days are not over yet are left out. Accounts activate and
upgrade; in a person's flow, a person has the outcomes of any account that they belong to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select

from onboarding_flows import experiment_figures, flows, lifecycle
from onboarding_flows.analytics import FEW
from onboarding_flows.experiment_definition import Experiment
from onboarding_flows.experiment_figures import Asked, Figures
from onboarding_flows.flows import FlowNotFound, PublishedFlow
from onboarding_flows.models import FlowVersion
from onboarding_flows.step_definition import Step
from plg.kit import proportions
from plg.kit.assignment import BUCKETS
from plg.kit.db import db
from plg.kit.errors import NotFound
from plg.kit.proportions import Comparison, Share

WITHIN: Final = (14, 30)
MIN_FOR_RATIO: Final = 100  # so many have to have met it before uneven arms are no accident
SUSPICIOUS: Final = 0.001


class NoExperiment(NotFound):
    """No version of the flow has an experiment, or not the one that was asked for."""


@dataclass(frozen=True)
class StepFigures:
    """A step, of those who met the experiment. stopped: how many have not completed the flow and settled this last;
    median: since they met it, None where too few did it."""

    step: Step
    done: int
    share: float | None
    skipped: int
    stopped: int
    median: dt.timedelta | None


@dataclass(frozen=True)
class Outcome:
    """How many did it, of those who could have. days: after they met the experiment; None: until now."""

    name: str
    days: int | None
    of: Share
    told: Comparison


@dataclass(frozen=True)
class Arm:
    """planned: its part of everybody. begun: how many are in it; met: how many have met the experiment."""

    flow: PublishedFlow
    planned: float
    begun: int
    met: int
    median: dt.timedelta | None
    steps: dict[str, StepFigures]
    outcomes: list[Outcome]

    @property
    def key(self) -> str:
        return self.flow.variant or ""


@dataclass(frozen=True)
class Report:
    """flow: the newest version that counts. baseline: the arm with which the others are compared. uneven: the arms
    are farther from their planned parts than chance makes them, so something goes wrong on the way."""

    flow: PublishedFlow
    versions: list[int]
    baseline: str
    since: dt.datetime | None
    uneven: bool
    arms: list[Arm]


def of_flow(key: str, version: int | None = None, within: Sequence[int] = WITHIN) -> Report:
    """Of the newest version that has an experiment, together with those that divide people in the same way; or of
    that version alone. NoExperiment, FlowNotFound, VersionNotFound where there is nothing to report."""
    published = _versions(key, version)
    flow, experiment = published[0], published[0].flow.experiment
    assert experiment is not None
    days = sorted(set(within))
    found = experiment_figures.read(published, days)
    base = experiment_figures.shares(found, experiment.baseline, days)
    arms = [_arm(each, experiment, found, days, base) for each in flow.arms.values()]
    since = [row.since for row in found.counts.values() if row.since is not None]
    numbers = [each.version for each in published]
    return Report(
        flow, numbers, experiment.baseline, min(since, default=None), _is_uneven(arms, experiment), arms
    )


def _arm(
    flow: PublishedFlow,
    experiment: Experiment,
    found: Figures,
    days: Sequence[int],
    base: dict[Asked, Share],
) -> Arm:
    key = flow.variant or ""
    counts = found.counts.get(key)
    met = counts.met if counts else 0
    outcomes = [
        Outcome(*asked, of, proportions.compare(of, base[asked] if key != experiment.baseline else None))
        for asked, of in experiment_figures.shares(found, key, days).items()
    ]
    return Arm(
        flow=flow,
        planned=len(experiment.buckets[key]) / BUCKETS,
        begun=counts.begun if counts else 0,
        met=met,
        median=found.whole.get(key) if counts and counts.completed >= FEW else None,
        steps={step.key: _step(step, key, met, found) for step in flow.steps.values()},
        outcomes=outcomes,
    )


def _step(step: Step, arm: str, met: int, found: Figures) -> StepFigures:
    place = (arm, step.key)
    done, skipped = found.settled.get(place, (0, 0))
    return StepFigures(
        step,
        done,
        done / met if met >= proportions.MIN_EXPOSED else None,
        skipped,
        found.stopped.get(place, 0),
        found.medians.get(place) if done >= FEW else None,
    )


def _versions(key: str, version: int | None) -> list[PublishedFlow]:
    """The newest first."""
    if version is not None:
        found = [lifecycle.version_of(key, version)]
    else:
        query = select(FlowVersion.id).where(FlowVersion.key == key).order_by(FlowVersion.version.desc())
        found = list(flows.versions_of(list(db.session.scalars(query))).values())
    if not found:
        raise FlowNotFound(f"There is no flow {key!r}.")
    having = [each for each in found if each.arms]
    if not having:
        raise NoExperiment(f"The flow {key!r} has no experiment.")
    return [each for each in having if _divides_alike(each, having[0])]


def _divides_alike(one: PublishedFlow, other: PublishedFlow) -> bool:
    """Else an arm that grew would hold later people than the others, who differ from earlier ones anyway."""
    a, b = one.flow.experiment, other.flow.experiment
    return a is not None and b is not None and a.buckets == b.buckets and one.flow.scope == other.flow.scope


def _is_uneven(arms: Sequence[Arm], experiment: Experiment) -> bool:
    met = [arm.met for arm in arms]
    planned = [len(experiment.buckets[arm.key]) for arm in arms]
    return sum(met) >= MIN_FOR_RATIO and proportions.chance_of(met, planned) < SUSPICIOUS
