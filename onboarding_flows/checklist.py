"""One flow as a viewer is shown it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from onboarding_flows import acting
from onboarding_flows.begun import Begun
from onboarding_flows.enrolments import Actor
from onboarding_flows.flows import PublishedFlow
from onboarding_flows.step_definition import Step
from onboarding_flows.targeting import Marks
from plg.accounts.models import ROLES
from plg.kit.clock import now


@dataclass(frozen=True)
class Viewer:
    """Who looks: a person, an account, or a person in an account with their role there, in which language.

    labels: what the person is by their traits, as steps name it. marks: as far as they are known, those by which a
    share or a language is chosen. is_there: the person themselves looks, in the product."""

    person_id: int | None
    account_id: int | None
    role: str | None
    locale: str
    labels: frozenset[str] = frozenset()
    marks: Marks = Marks()
    is_there: bool = False

    @property
    def actor(self) -> Actor:
        return Actor(self.person_id, self.account_id)

    def is_meant(self, role: str | None) -> bool:
        """Whether they should do a step of that role; an owner may do what any member should."""
        if role is None:
            return True
        return self.role in {role, "owner"} if role in ROLES else role in self.labels


def shown(flow: PublishedFlow, begun: Begun, viewer: Viewer) -> dict[str, Any]:
    """The checklist, its steps in one row; those of sections name their section, and those that are hidden are not
    in it."""
    hidden, texts = flow.hidden(begun.revealed, begun.settled), _texts(flow, viewer.locale)
    steps = [
        texts[key] | progress if (progress := _progress(flow, step, begun, viewer, hidden)) else texts[key]
        for key, step in flow.steps.items()
        if key not in hidden
    ]
    description = flow.flow.description
    settled = [step for key, step in begun.settled.items() if key in texts and key not in hidden]
    skipped = sum(step.skipped for step in settled)
    return {
        "flow": flow.key,
        "version": flow.version,
        "kind": flow.flow.kind,
        "scope": flow.flow.scope,
        "title": flow.flow.title.text(viewer.locale),
        "description": description.text(viewer.locale) if description else "",
        "progress": {"done": len(settled) - skipped, "skipped": skipped, "total": len(steps)},
        "points": begun.points,
        "completed": begun.completed,
        "dismissed": begun.dismissed,
        "dismissible": flow.flow.show.dismissible,
        "snoozed": begun.showing.is_snoozed(now()),
        "steps": steps,
    }


@lru_cache(maxsize=1000)
def _texts(flow: PublishedFlow, locale: str) -> dict[str, dict[str, Any]]:
    """What is told of each step whoever looks, and of what changes the beginning; made once a version."""
    return {key: _text(flow, step, locale) for key, step in flow.steps.items()}


def _text(flow: PublishedFlow, step: Step, locale: str) -> dict[str, Any]:
    part = flow.parts.get(step.key)
    return {
        "key": step.key,
        "title": step.title.text(locale),
        "body_html": flow.step_html(step.key, locale),
        "done": False,
        "done_at": None,
        "done_by": None,
        "action": acting.told(step.action, locale) if step.action else None,
        "manual": step.manual,
        "section": part.title.text(locale) if part else None,
        "skipped": False,
        "skippable": step.skippable,
        "locked": False,
        "locked_by": [],
        "for_role": None,
        "reward": step.reward.model_dump() if step.reward else None,
        "due_at": None,
    }


def _progress(
    flow: PublishedFlow, step: Step, begun: Begun, viewer: Viewer, hidden: Collection[str]
) -> dict[str, Any]:
    """What differs from `_text` by what the owner has done of a step, what comes first, and whose it is."""
    told: dict[str, Any] = {}
    if step.due is not None:
        told["due_at"] = due_at(step, begun.enrolled_at)
    settled = begun.settled.get(step.key)
    if settled is not None and settled.skipped:
        told["skipped"] = True
    elif settled is not None:
        by = settled.by if flow.flow.scope == "account" else None
        told |= {"done": True, "done_at": settled.at, "done_by": by}
    if step.requires and (locked_by := flow.locked_by(step.key, begun.settled, hidden)):
        told |= {"locked": True, "locked_by": locked_by}
    if step.role is not None and not viewer.is_meant(step.role):
        told["for_role"] = step.role
    return told


def due_at(step: Step, enrolled_at: dt.datetime) -> dt.datetime | None:
    return enrolled_at + dt.timedelta(days=step.due) if step.due is not None else None
