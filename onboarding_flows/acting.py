"""Where steps lead, as the widget is told."""

from __future__ import annotations

from typing import Any

from flask import current_app

from onboarding_flows import films
from onboarding_flows.action_definition import Action, Form, FormField


def told(action: Action, language: str) -> dict[str, Any]:
    """One of url, tour, video and form is there; a lesson is told as the address of its page."""
    return {
        "label": action.label.text(language),
        "url": _lesson(action.lesson) if action.lesson is not None else action.url,
        "tour": action.tour,
        "video": action.video,
        "film": films.player_of(action.video) if action.video is not None else None,
        "captions": action.captions.address(language),
        "form": _form(action.form, language) if action.form is not None else None,
    }


def _lesson(lesson: str) -> str:
    """The academy's pages are addressed so; no wing asks another one."""
    course, _, key = lesson.partition("/")
    public_url: str = current_app.extensions["plg.settings"].public_url
    return f"{public_url}/academy/{course}/lessons/{key}"


def _form(form: Form, language: str) -> dict[str, Any]:
    return {"fields": [_field(field, language) for field in form.fields]}


def _field(field: FormField, language: str) -> dict[str, Any]:
    return {
        "key": field.key,
        "label": field.label.text(language),
        "kind": field.kind,
        "required": field.required,
        "options": [{"key": each.key, "label": each.label.text(language)} for each in field.options],
    }
