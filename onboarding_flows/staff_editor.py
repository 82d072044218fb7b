"""The form that edits a draft. Every button sends the whole form and saves it, so that it works without scripts."""

from __future__ import annotations

from typing import Any

import msgspec
from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext

from onboarding_flows import draft_form, draft_steps, draft_text, draft_view, drafts, reach
from onboarding_flows.draft_fields import offered
from onboarding_flows.draft_form import owners, put, value_at
from onboarding_flows.drafts import DraftChanged
from onboarding_flows.flows import FlowNotFound
from onboarding_flows.staff_drafts import definition_to_edit, live_flow, saved_draft
from onboarding_flows.staff_pages import Page, page, title_of
from plg.kit.caller import current_caller, requires
from plg.kit.clock import now
from plg.kit.db import decode_json, encode_json
from plg.segments.subjects import fields
from plg.web import rule_builder, rule_changes
from plg.web.i18n import current_locale

bp = Blueprint("staff_flow_editor", __name__, template_folder="templates")


@bp.get("/staff/flows/<flow>/draft/form")
@requires("staff")
def show(flow: str) -> str:
    if not draft_text.is_key(flow):
        raise FlowNotFound(f"There is no flow {flow!r}.")
    return _page(flow, definition_to_edit(flow), counted=request.args.get("count", ""))


@bp.post("/staff/flows/<flow>/draft/form")
@requires("staff")
def save(flow: str) -> Page:
    what, _, told = request.form.get("do", "save").partition("|")
    definition = draft_form.applied(_base(flow), request.form, fields(now()))
    at, counted = "", ""
    if what == rule_builder.ACTION:
        counted = told.partition("|")[0]
        definition = _with_rule_changed(definition, told)
    elif what in draft_steps.CHANGES:
        changed = draft_steps.change(definition, what, told)
        definition, at = changed.definition, changed.at
    try:
        seen = None if what == "overwrite" else request.form.get("seen", "")
        drafts.save(flow, definition, by=current_caller().actor, instead_of=seen)
    except DraftChanged:
        return _page(flow, definition, counted=counted, changed=True), 409
    if what in ("save", "overwrite"):
        flash(gettext("The draft is saved."), "ok")
    return redirect(_onward(flow, at, counted), 303)


def _onward(flow: str, at: str, counted: str) -> str:
    place = f"rule-{counted}" if counted else f"part-{at}" if at else None
    opened = at or (counted.rpartition(".")[0] if counted.startswith(("steps.", "sections.")) else "")
    shown: dict[str, Any] = {"open": opened or None, "count": counted or None}
    return url_for("staff_flow_editor.show", flow=flow, **shown, _anchor=place)


def _base(flow: str) -> dict[str, Any]:
    """The definition that the form was made from; it comes back with the form."""
    try:
        found = decode_json(request.form.get("base", ""))
    except msgspec.DecodeError:
        found = None
    return found if isinstance(found, dict) else definition_to_edit(flow)


def _with_rule_changed(definition: dict[str, Any], told: str) -> dict[str, Any]:
    """What a button of a rule's form does: `audience.when|add-field|r`."""
    name, _, change = told.partition("|")
    for owner in owners(definition):
        for entry in offered(owner.model):
            if entry.kind == "rule" and owner.name(entry.path) == name:
                rule = value_at(owner.held, entry.path)
                given = None if rule is draft_form.ABSENT else rule
                new = rule_changes.changed(given, *change.split("|", 1))
                put(owner.held, entry.path, draft_form.ABSENT if new is None else new)
    return definition


def _page(flow: str, definition: dict[str, Any], *, counted: str = "", changed: bool = False) -> str:
    """changed: somebody else saved the draft meanwhile, so that this definition is not kept."""
    saved, live = saved_draft(flow), live_flow(flow)
    faults = drafts.faults(flow, definition) if saved is not None or changed else []
    return page(
        "draft_form.html",
        key=flow,
        title=title_of(live) if live else flow,
        saved=saved,
        live=live,
        changed=changed,
        faults=faults,
        view=draft_view.view(definition, faults, counted=counted, locale=current_locale()),
        base=encode_json(definition),
        seen=drafts.mark(flow),
        opened=request.args.get("open", ""),
        flat="sections" not in definition,
        would_begin=reach.of_definition(flow, definition) if saved is not None and not faults else None,
        operators=rule_builder.OPERATOR_NAMES,
        suggestions=rule_builder.suggestions(),
    )
