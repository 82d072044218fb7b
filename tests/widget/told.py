"""Prompts and a form as plg tells them."""

from __future__ import annotations

from typing import Any

FORM = {
    "fields": [
        {"key": "size", "label": "How many are you?", "kind": "number", "required": True, "options": []},
        {
            "key": "goal",
            "label": "What for?",
            "kind": "choice",
            "required": True,
            "options": [{"key": "bills", "label": "Invoices"}, {"key": "tax", "label": "Taxes"}],
        },
        {"key": "note", "label": "Anything else?", "kind": "text", "required": False, "options": []},
        {"key": "news", "label": "Tell me news", "kind": "yes_no", "required": False, "options": []},
    ]
}
"""A form with a field of each kind."""

FILM = {"label": "Watch", "video": "/film.webm", "film": "/film.webm", "captions": "/film.vtt"}
"""A video of the product's own, with captions."""
PLAYED = "document.querySelector('plg-checklist').shadowRoot.querySelector('video')?.currentTime > 0"


def prompt(kind: str, flow: str = "news", **changes: Any) -> dict[str, Any]:
    """A banner or an announcement as the state tells it; changes replace its members."""
    told = {
        "flow": flow,
        "version": 1,
        "kind": kind,
        "variant": None,
        "title": "Reports are here",
        "body_html": "<p>See what your <strong>customers</strong> owe you.</p>",
        "placement": {"banner": "top", "announcement": "modal"}.get(kind),
        "action": None,
        "dismissible": True,
        "snoozable": True,
        "steps": [],
        "at": None,
    }
    return told | changes


def stop(key: str, anchor: list[str], **changes: Any) -> dict[str, Any]:
    """A step of a tour."""
    told = {"key": key, "title": f"This is {key}", "body_html": f"<p>About {key}.</p>", "anchor": anchor}
    return told | {"placement": None, "page": None, "advance": "button", "action": None} | changes


def tour(*steps: dict[str, Any], flow: str = "look-around", **changes: Any) -> dict[str, Any]:
    told = {"title": "Look around", "steps": list(steps), "at": steps[0]["key"]}
    return prompt("tour", flow, **told | changes)
