"""Markdown to safe HTML, once, when a flow is published."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from onboarding_flows.definition import Flow
from onboarding_flows.shapes import LANGUAGES
from plg.kit.markdown import to_html

DESCRIPTION: Final = ""  # no step has this key


def render(flow: Flow) -> dict[str, dict[str, str]]:
    """The texts of a flow's steps, step key -> language -> HTML; steps without a text are left out. Those of a
    variant that changes the flow stand under `variant/step`. The description of what comes up by itself stands under
    DESCRIPTION."""
    found = _render(flow)
    for variant in flow.experiment.variants if flow.experiment else []:
        changed = _render(flow.in_arm(variant.key)) if variant.changes else {}
        found |= {f"{variant.key}/{key}": html for key, html in changed.items()}
    return found


def _render(flow: Flow) -> dict[str, dict[str, str]]:
    bodies = {step.key: step.body for step in flow.all_steps if step.body is not None}
    if flow.is_prompt and flow.description is not None:
        bodies[DESCRIPTION] = flow.description
    return {key: {lang: to_html(getattr(body, lang)) for lang in LANGUAGES} for key, body in bodies.items()}


def html_of_arm(html: Mapping[str, Any], arm: str) -> dict[str, Any]:
    """Of what `render` gave, the part of one variant."""
    return {key.removeprefix(f"{arm}/"): text for key, text in html.items() if key.startswith(f"{arm}/")}
