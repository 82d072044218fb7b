"""Markdown to safe HTML, once, when a flow is published."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import nh3
from markdown_it import MarkdownIt

from onboarding_flows.definition import Flow
from onboarding_flows.shapes import LANGUAGES

# The widget's own list of what it draws; keep the two alike.
TAGS: Final = frozenset(
    {"p", "br", "strong", "em", "code", "pre", "ul", "ol", "li", "a", "h3", "h4", "blockquote"}
)
DESCRIPTION: Final = ""  # no step has this key
SCHEMES: Final = frozenset({"http", "https", "mailto"})

_reader = MarkdownIt("commonmark", {"html": False})


def to_html(text: str) -> str:
    """Markdown as HTML of the tags above; raw HTML in it is shown as text."""
    html = _reader.render(text)
    return nh3.clean(html, tags=set(TAGS), attributes={"a": {"href"}}, url_schemes=set(SCHEMES)).strip()


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
