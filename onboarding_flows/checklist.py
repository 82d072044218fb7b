"""One flow as a viewer is shown it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Container
from dataclasses import dataclass, field
from typing import Any

from onboarding_flows.enrolments import Actor
from onboarding_flows.flows import PublishedFlow
from onboarding_flows.step_definition import Step


@dataclass(frozen=True)
class Viewer:
    """Who looks: a person, an account, or a person in an account with their role there."""

    person_id: int | None
    account_id: int | None
    role: str | None
    locale: str

    @property
    def actor(self) -> Actor:
        return Actor(self.person_id, self.account_id)


@dataclass(frozen=True)
class SettledStep:
    at: dt.datetime
    by: str | None
    skipped: bool


@dataclass
class Begun:
    """An enrolment as it was read."""

    version_id: int
    enrolled_at: dt.datetime
    completed: bool
    dismissed: bool
    settled: dict[str, SettledStep] = field(default_factory=dict)


def shown(flow: PublishedFlow, begun: Begun, viewer: Viewer) -> dict[str, Any]:
    """The checklist, its steps in one row; those of sections name their section."""
    steps = [_step(flow, step, begun, viewer) for step in flow.steps.values()]
    description = flow.flow.description
    done, skipped = sum(step["done"] for step in steps), sum(step["skipped"] for step in steps)
    return {
        "flow": flow.key,
        "version": flow.version,
        "scope": flow.flow.scope,
        "title": flow.flow.title.text(viewer.locale),
        "description": description.text(viewer.locale) if description else "",
        "progress": {"done": done, "skipped": skipped, "total": len(steps)},
        "completed": begun.completed,
        "dismissed": begun.dismissed,
        "steps": steps,
    }


def _step(flow: PublishedFlow, step: Step, begun: Begun, viewer: Viewer) -> dict[str, Any]:
    settled = begun.settled.get(step.key)
    done = settled if settled is not None and not settled.skipped else None
    action, part = step.action, flow.parts.get(step.key)
    return {
        "key": step.key,
        "title": step.title.text(viewer.locale),
        "body_html": flow.step_html(step.key, viewer.locale),
        "done": done is not None,
        "done_at": done.at if done else None,
        "done_by": done.by if done and flow.flow.scope == "account" else None,
        "action": {"label": action.label.text(viewer.locale), "url": action.url} if action else None,
        "manual": step.manual,
        "section": part.title.text(viewer.locale) if part else None,
        "skipped": settled is not None and settled.skipped,
        "skippable": step.skippable,
        **_bounds(flow, step, begun.settled, viewer.role),
        "due_at": due_at(step, begun.enrolled_at),
    }


def _bounds(flow: PublishedFlow, step: Step, settled: Container[str], role: str | None) -> dict[str, Any]:
    """What comes first, and whose step it is; an owner may do what anybody should."""
    locked_by = flow.locked_by(step.key, settled)
    for_role = step.role if role not in {step.role, "owner"} else None
    return {"locked": bool(locked_by), "locked_by": locked_by, "for_role": for_role}


def due_at(step: Step, enrolled_at: dt.datetime) -> dt.datetime | None:
    return enrolled_at + dt.timedelta(days=step.due) if step.due is not None else None
