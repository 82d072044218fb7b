"""Flows: published as immutable versions, read, retired."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Any, NamedTuple

from flask import current_app
from pydantic import ValidationError
from sqlalchemy import ColumnElement, Select, func, select

from onboarding_flows import definition as definitions
from onboarding_flows import experiment_soundness, soundness, targeting
from onboarding_flows.completion import PUBLISHED, Way, way_of
from onboarding_flows.definition import Flow
from onboarding_flows.experiment_definition import HOLDOUT
from onboarding_flows.markdown import html_of_arm, render
from onboarding_flows.models import FlowVersion
from onboarding_flows.needs import Need
from onboarding_flows.prompt_definition import PROMPTS
from onboarding_flows.step_definition import Part, Reward, Step
from plg.kit import assignment, rules, versions
from plg.kit.db import db
from plg.kit.errors import Fault, NotFound, Unprocessable
from plg.kit.rules import Rule

CACHE_SIZE = 500


class FlowNotFound(NotFound):
    pass


class StepNotFound(NotFound):
    pass


class FlowFaulty(Unprocessable):
    """A definition that is no sound flow; the errors name every fault."""


class Wanted(NamedTuple):
    """A part of what does a step: the number of a need, and the need."""

    step_key: str
    part: int
    need: Need


@dataclass(frozen=True, eq=False)
class PublishedFlow:
    """One version of a flow, read into memory. It never changes, so a process reads it once.

    variant: whose flow this is of the arms of its experiment; None: as it is written."""

    id: int
    key: str
    version: int
    flow: Flow
    html: Mapping[str, Mapping[str, str]]
    variant: str | None = None

    @cached_property
    def arms(self) -> dict[str, PublishedFlow]:
        """The flow as each arm of its experiment has it; none where there is no experiment."""
        experiment = self.flow.experiment
        if experiment is None or self.variant is not None:
            return {}
        return {
            arm: replace(self, flow=self.flow.in_arm(arm), html=html_of_arm(self.html, arm), variant=arm)
            if experiment.changes(arm)
            else replace(self, variant=arm)
            for arm in experiment.buckets
        }

    def in_arm(self, variant: str | None) -> PublishedFlow:
        """The flow as that arm has it; as it is written for who is in none of its arms."""
        return self.arms.get(variant, self) if variant is not None else self

    def arm_of(self, owner: str) -> str | None:
        """The arm of whoever begins it, by their public id; None where there is no experiment."""
        experiment = self.flow.experiment
        if experiment is None:
            return None
        return assignment.arm_in(experiment.buckets, assignment.bucket(owner, self.key))

    @property
    def held_out(self) -> bool:
        """Whether nobody is shown it: they only serve for comparison."""
        return self.variant == HOLDOUT

    @cached_property
    def place_in_line(self) -> tuple[int, int, str]:
        """Where a prompt stands among those that could come up, by what it says itself: the lowest comes first."""
        return -self.flow.show.priority, PROMPTS.index(self.flow.kind), self.key

    @cached_property
    def is_for_all_times(self) -> bool:
        show = self.flow.show
        return show.from_ is None and show.until is None and show.wait is None

    @cached_property
    def steps(self) -> dict[str, Step]:
        return {step.key: step for step in self.flow.all_steps}

    @cached_property
    def steps_of_all_arms(self) -> dict[str, Step]:
        """The steps as it is written, then those that only other arms have."""
        others = {key: step for arm in self.arms.values() for key, step in arm.steps.items()}
        return self.steps | {key: step for key, step in others.items() if key not in self.steps}

    @cached_property
    def ways(self) -> dict[str, Way]:
        """How those steps are done that are done by what happens."""
        told = ((step.key, step.completes_on) for step in self.flow.all_steps)
        return {key: way_of(way) for key, way in told if way is not None}

    @cached_property
    def by_event(self) -> dict[str, list[Wanted]]:
        """What an event of this name may be a part of."""
        found: dict[str, list[Wanted]] = {}
        for key, way in self.ways.items():
            for part, need in enumerate(way.needs):
                found.setdefault(need.event, []).append(Wanted(key, part, need))
        return found

    @cached_property
    def audience(self) -> Rule | None:
        """Everything that the audience asks for as one rule, where it has one; who is in it is asked in SQL."""
        return targeting.rule_of(self.flow)

    @cached_property
    def by_rule(self) -> dict[str, Rule]:
        """The steps that a rule completes."""
        steps = ((step.key, step.completes_when) for step in self.flow.all_steps)
        return {key: rules.parse(definition) for key, definition in steps if definition is not None}

    @cached_property
    def rewards(self) -> dict[str, Reward]:
        """What steps earn; nothing for who is held out."""
        if self.held_out:
            return {}
        return {step.key: step.reward for step in self.flow.all_steps if step.reward is not None}

    @cached_property
    def earns(self) -> bool:
        """Whether a step earns anything, in any of its arms."""
        return any(each.rewards for each in (self, *self.arms.values()))

    @cached_property
    def lapsing(self) -> list[str]:
        """The steps that are open again when the rule that did them holds no more."""
        return [step.key for step in self.flow.all_steps if not step.stays_done]

    @cached_property
    def by_condition(self) -> dict[str, Rule]:
        """The steps that are not there before a rule held once."""
        steps = ((step.key, step.visible_when) for step in self.flow.all_steps)
        return {key: rules.parse(definition) for key, definition in steps if definition is not None}

    def hidden(self, revealed: Container[str], settled: Container[str]) -> set[str]:
        """The steps that are not there for an owner. What was revealed once, or settled, stays."""
        return {key for key in self.by_condition if key not in revealed and key not in settled}

    @cached_property
    def parts(self) -> dict[str, Part]:
        """The section of each step that stands in one."""
        return {step.key: part for part in self.flow.sections for step in part.steps}

    def locked_by(self, step_key: str, settled: Container[str], hidden: Container[str] = ()) -> list[str]:
        """The steps that come first and are not settled; none where the step is settled itself. Nobody waits for
        a step that is hidden."""
        if step_key in settled:
            return []
        return [key for key in self.steps[step_key].requires if key not in settled and key not in hidden]

    def step(self, key: str) -> Step:
        """The step of that key; StepNotFound where this version has none."""
        if key not in self.steps:
            raise StepNotFound(f"The flow {self.key!r} has no step {key!r} in version {self.version}.")
        return self.steps[key]

    def step_html(self, step_key: str, language: str) -> str:
        return self.html.get(step_key, {}).get(language, "")


def parse(definition: Any) -> Flow:
    """The flow that a definition says; FlowFaulty names all of its faults by their paths."""
    faults = soundness.faults(definition) + experiment_soundness.faults(definition, soundness.faults)
    try:
        flow = definitions.of(definition)
    except ValidationError as error:
        faults += [Fault(_path(f["loc"]), f["msg"]) for f in error.errors()]
    if faults:
        raise FlowFaulty("The flow has faults.", errors=faults)
    return flow


def _path(steps: Iterable[int | str]) -> str:
    """The names of a union's members (`<event>`) are no part of a path."""
    return ".".join(str(step) for step in steps if not str(step).startswith("<"))


def definition_of(flow: Flow) -> dict[str, Any]:
    """The flow as the JSON that a version keeps."""
    return flow.model_dump(mode="json", exclude_none=True, exclude_defaults=True, by_alias=True)


def publish(definition: dict[str, Any], *, by: str, source: str | None = None) -> PublishedFlow:
    """Make this the live version of its flow, unless it already is. Who has begun stays on their version.

    source: the YAML that says it; that of a version may get other comments, since it says the same."""
    flow = parse(definition)
    row, made = versions.publish(FlowVersion, flow.key, definition_of(flow), by=by)
    if made:
        row.html = render(flow)
    row.source = source or row.source
    db.session.flush()
    return _published(row)  # not remembered yet: the transaction may still be rolled back


def retire(key: str) -> None:
    """Nobody begins the flow any more; who has begun goes on."""
    versions.retire(FlowVersion, key)


def version(version_id: int) -> PublishedFlow:
    return _remembered().get(version_id) or versions_of([version_id])[version_id]


def _remembered() -> dict[int, PublishedFlow]:
    """The versions that this process has read."""
    return current_app.extensions.setdefault("plg.flow_versions", {})


def versions_of(version_ids: Sequence[int]) -> dict[int, PublishedFlow]:
    """Those versions by id, from this process's memory where they were read before; else in one query."""
    cache = _remembered()
    missing = set(version_ids) - cache.keys()
    if missing:
        if len(cache) + len(missing) > CACHE_SIZE:
            cache.clear()
            missing = set(version_ids)
        rows = db.session.scalars(select(FlowVersion).where(FlowVersion.id.in_(missing)))
        cache.update({row.id: _published(row) for row in rows})
    return {version_id: cache[version_id] for version_id in version_ids}


def all_versions(keys: Collection[str]) -> list[PublishedFlow]:
    """Every version of these flows."""
    ids = db.session.scalars(select(FlowVersion.id).where(FlowVersion.key.in_(keys))).all()
    return list(versions_of(ids).values())


def _published(row: FlowVersion) -> PublishedFlow:
    flow = definitions.of(row.definition, PUBLISHED)
    return PublishedFlow(row.id, row.key, row.version, flow, dict(row.html))


def stamp() -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """Two columns that change whenever a flow is published or retired; for queries that read more."""
    newest = select(func.max(FlowVersion.id)).scalar_subquery()
    retired = select(func.count(FlowVersion.retired_at)).scalar_subquery()
    return newest, retired


@cache
def _seen() -> Select[Any, Any]:
    return select(*stamp())


def live() -> list[PublishedFlow]:
    """Every live flow, by key; one small query sees whether it changed since the last look."""
    newest, retired = db.session.execute(_seen()).one()
    return live_as_of((newest, retired))


def live_as_of(seen: tuple[Any, Any]) -> list[PublishedFlow]:
    """Every live flow, given the stamp that a query has just read."""
    kept = current_app.extensions.get("plg.flows_live")
    if kept is None or kept[0] != seen:
        ids = [row.id for row in versions.all_live(FlowVersion).values()]
        kept = (seen, list(versions_of(ids).values()))
        current_app.extensions["plg.flows_live"] = kept
    return kept[1]


def find_live(key: str) -> PublishedFlow:
    for flow in live():
        if flow.key == key:
            return flow
    raise FlowNotFound(f"There is no flow {key!r}.")
