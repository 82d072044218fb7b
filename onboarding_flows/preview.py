"""A draft as one chosen person would be shown it: the widget's state, what would be done already, and why it would be
shown or not. Nothing is written."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select

from onboarding_flows import by_rule, checklist, enrolments, explain, looking, progress, prompt, trying
from onboarding_flows.begun import Begun, SettledStep
from onboarding_flows.checklist import Viewer
from onboarding_flows.enrolled import Enrolled
from onboarding_flows.enrolments import Owner
from onboarding_flows.experiment_definition import HOLDOUT
from onboarding_flows.flows import PublishedFlow
from onboarding_flows.markdown import render
from onboarding_flows.models import StepCompletion
from onboarding_flows.who import Who
from plg.kit.clock import now
from plg.kit.db import db


@dataclass(frozen=True)
class Already:
    """A step that would be done, or left out, at the beginning. kept: because it is so in the version that they are
    on; else because of what they did before."""

    at: dt.datetime
    skipped: bool
    kept: bool


@dataclass(frozen=True)
class Preview:
    """flow: as the chosen arm of its experiment has it. rules: what decides whether they would begin it. begun: the
    version that they are on now, where they have begun the flow; they stay on it until somebody moves them. revealed:
    the steps with a condition that are there. arms: those that can be chosen."""

    flow: PublishedFlow
    viewer: Viewer
    rules: list[dict[str, Any]]
    already: dict[str, Already]
    begun: int | None
    revealed: dict[str, str]
    arms: list[str]

    @property
    def is_shown(self) -> bool:
        return all(rule["holds"] for rule in self.rules)

    def state(self) -> dict[str, Any]:
        """What the widget would be told, as soon as they have begun."""
        settled = [SettledStep(key, one.at, one.skipped) for key, one in self.already.items()]
        done = {key: one.at for key, one in self.already.items()}
        ended = progress.end_of(self.flow, done, self.flow.hidden(self.revealed, done)) if done else None
        begun = Begun(enrolled_at=now(), completed_at=ended, revealed=self.revealed, steps=settled)
        if not self.flow.flow.is_prompt:
            return {"checklists": [checklist.shown(self.flow, begun, self.viewer)], "prompts": []}
        return {"checklists": [], "prompts": [_without_page(prompt.shown(self.flow, begun, self.viewer))]}


def _without_page(told: dict[str, Any]) -> dict[str, Any]:
    """A prompt whose steps all stand in the middle of whatever page it is on, from the first that is not done."""
    loose: dict[str, Any] = {"anchor": [], "placement": None, "page": None, "advance": "button"}
    steps = [step | loose for step in told["steps"]]
    return told | {"steps": steps, "at": told["at"] or next((step["key"] for step in steps), None)}


def of(key: str, definition: dict[str, Any], asked: Who | None, locale: str, arm: str = "") -> Preview:
    """The draft as that person (or account) would be shown it in that language; of nobody, as if nothing were done.
    arm: of its experiment; any other text is the flow as it is written. FlowFaulty where the draft has faults."""
    flow = trying.unpublished(key, definition)
    flow = replace(flow, html=render(flow.flow))
    arms = [each for each in flow.arms if each != HOLDOUT]
    if arm in arms:
        flow = flow.in_arm(arm)
    if asked is None:
        return Preview(flow, Viewer(None, None, None, locale), [], {}, None, _revealed(flow, None), arms)
    viewer = Viewer(*asked.actor, asked.role, locale, _labels(asked))
    enrolled = enrolments.find(key, asked.actor)
    owner = enrolments.owner_of(flow, asked.actor)
    already = _before(flow, owner) | (_kept(flow, enrolled) if enrolled else {})
    begun = enrolled.flow.version if enrolled else None
    rules = explain.rules_of_beginning(flow, asked)
    return Preview(flow, viewer, rules, already, begun, _revealed(flow, owner), arms)


def _labels(asked: Who) -> frozenset[str]:
    """What the person is by their traits, as steps name it."""
    told = [asked.person.traits.get(name) for name in ("role", "job")] if asked.person else []
    return frozenset(looking.label_of(each) for each in told if isinstance(each, str) and each)


def _before(flow: PublishedFlow, owner: Owner | None) -> dict[str, Already]:
    """What they did before, which counts as soon as they begin."""
    if owner is None:
        return {}
    done = trying.credited(flow, [trying.begun_now(flow, owner)])
    return {
        key: Already(at, skipped=False, kept=False) for found in done.values() for key, at in found.items()
    }


def _revealed(flow: PublishedFlow, owner: Owner | None) -> dict[str, str]:
    """The steps with a condition that would be there for them; for nobody in particular, all of them."""
    if owner is None:
        return dict.fromkeys(flow.steps, now().isoformat())
    found = by_rule.revealed(flow, [owner.account_id or owner.person_id or 0], now())
    return next(iter(found.values()))


def _kept(flow: PublishedFlow, enrolled: Enrolled) -> dict[str, Already]:
    """What they have settled in the version that they are on, as far as the draft has steps of the same keys."""
    rows = select(StepCompletion).where(
        StepCompletion.enrolment_id == enrolled.id, StepCompletion.step_key.in_(flow.steps)
    )
    return {
        row.step_key: Already(row.occurred_at, row.skipped, kept=True) for row in db.session.scalars(rows)
    }
