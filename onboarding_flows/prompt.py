"""One tour, banner or announcement as a viewer is shown it."""

from __future__ import annotations

from typing import Any

from onboarding_flows import acting
from onboarding_flows.begun import Begun
from onboarding_flows.checklist import Viewer
from onboarding_flows.flows import PublishedFlow
from onboarding_flows.markdown import DESCRIPTION
from onboarding_flows.prompt_definition import PLACES, TourStep
from onboarding_flows.step_definition import Step


def shown(flow: PublishedFlow, begun: Begun, viewer: Viewer) -> dict[str, Any]:
    """The prompt with its steps, if it is a tour, and the one to go on at."""
    told, language = flow.flow, viewer.locale
    return {
        "flow": flow.key,
        "version": flow.version,
        "kind": told.kind,
        "variant": flow.variant,
        "title": told.title.text(language),
        "body_html": flow.step_html(DESCRIPTION, language),
        "placement": told.placement or next(iter(PLACES.get(told.kind, ())), None),
        "action": acting.told(told.action, language) if told.action else None,
        "dismissible": told.show.dismissible,
        "snoozable": told.show.dismissible,
        "steps": [_step(flow, step, language) for step in flow.steps.values()],
        "at": next((key for key in flow.steps if key not in begun.settled), None),
    }


def _step(flow: PublishedFlow, step: Step, language: str) -> dict[str, Any]:
    assert isinstance(step, TourStep)
    return {
        "key": step.key,
        "title": step.title.text(language),
        "body_html": flow.step_html(step.key, language),
        "anchor": step.anchor,
        "placement": step.placement,
        "page": step.page,
        "advance": step.advance,
        "action": acting.told(step.action, language) if step.action else None,
    }
