"""The editor of flows: a draft as text, its faults, how it will look, what it changes, and publishing it."""

from __future__ import annotations

from typing import Any, Final

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext, ngettext
from werkzeug import Response

from onboarding_flows import draft_text, drafts, flows, lifecycle, reach
from onboarding_flows.draft_text import TextUnreadable
from onboarding_flows.drafts import Draft, DraftChanged, DraftNotFound
from onboarding_flows.flows import FlowFaulty, FlowNotFound, PublishedFlow
from onboarding_flows.staff_pages import Page, changes, page, title_of
from plg.kit.caller import current_caller, requires
from plg.kit.errors import Fault

bp = Blueprint("staff_flow_drafts", __name__, template_folder="templates")

STARTER: Final = """\
key: {key}
title:
  en: First steps
  es: Primeros pasos
scope: account
steps:
- key: first
  title:
    en: Do the first thing
    es: Haz la primera cosa
  completes_on:
    event: First Thing Done
"""


@bp.get("/staff/flows/new_flow")
@requires("staff")
def new() -> Response:
    """No flow has an underscore in its key, so none is hidden by this address."""
    key = request.args.get("flow", "").strip()
    if not draft_text.is_key(key):
        flash(gettext("A key has small letters, digits and single hyphens."), "danger")
        return redirect(url_for("staff_flows.index"))
    return redirect(url_for("staff_flow_editor.show", flow=key))


@bp.get("/staff/flows/<flow>/draft")
@requires("staff")
def show(flow: str) -> str:
    if not draft_text.is_key(flow):
        raise FlowNotFound(f"There is no flow {flow!r}.")
    saved, live = saved_draft(flow), live_flow(flow)
    return _page(flow, _text(flow), saved, live, saved.faults if saved else [])


def _text(flow: str) -> str:
    """What is edited, as its author wrote it where somebody did."""
    return drafts.source_of(flow) or draft_text.written(definition_to_edit(flow))


def definition_to_edit(flow: str) -> dict[str, Any]:
    """The draft; else what is live; else something to begin with."""
    if (saved := saved_draft(flow)) is not None:
        return saved.row.definition
    if (source := drafts.source_of(flow)) is not None:
        return draft_text.read(source)
    live = live_flow(flow)
    return flows.definition_of(live.flow) if live else draft_text.read(STARTER.format(key=flow))


@bp.post("/staff/flows/<flow>/draft")
@requires("staff")
def save(flow: str) -> Page:
    text = request.form.get("text", "").replace("\r\n", "\n")
    seen = None if request.form.get("do") == "overwrite" else request.form.get("seen")
    try:
        found, by = draft_text.read(text), current_caller().actor
        saved = drafts.save(flow, found, by=by, instead_of=seen, source=text)
    except DraftChanged:
        return _page(flow, text, saved_draft(flow), live_flow(flow), [], changed=True), 409
    except TextUnreadable as refusal:
        return _page(flow, text, saved_draft(flow), live_flow(flow), refusal.errors, unreadable=True), 422
    if saved.faults:
        return _page(flow, text, saved, live_flow(flow), saved.faults)
    flash(gettext("The draft is saved. It can be published."), "ok")
    return redirect(url_for("staff_flow_drafts.show", flow=flow), 303)


@bp.get("/staff/flows/<flow>/draft/publish")
@requires("staff")
def confirm(flow: str) -> Page:
    """What publishing changes, for whom, and what keeps it from that."""
    saved, live = saved_draft(flow), live_flow(flow)
    if saved is None:
        flash(gettext("There is nothing to publish yet: no draft is saved."), "warn")
        return redirect(url_for("staff_flow_editor.show", flow=flow))
    definition = saved.row.definition
    sound = not saved.faults
    return page(
        "publish.html",
        key=flow,
        title=title_of(live) if live else flow,
        live=live,
        saved=saved,
        seen=drafts.mark(flow),
        faults=[(_line(_text(flow), fault, False), fault.field, fault.message) for fault in saved.faults],
        changes=changes(flows.definition_of(live.flow), definition) if sound and live else None,
        begun=[each for each in _versions(flow) if each["enrolled"]],
        would_begin=reach.of_definition(flow, definition) if sound else None,
        scope=definition.get("scope", "person"),
    )


def _versions(flow: str) -> list[dict[str, Any]]:
    try:
        return lifecycle.versions_of_flow(flow)
    except FlowNotFound:
        return []


@bp.post("/staff/flows/<flow>/draft/publish")
@requires("staff")
def publish(flow: str) -> Response:
    """Publish what was looked at; where somebody changed it meanwhile, it is looked at again."""
    seen = request.form.get("seen")
    if seen is not None and seen != drafts.mark(flow, hold=True):
        flash(gettext("Somebody changed the draft meanwhile. Look at it again."), "warn")
        return redirect(url_for("staff_flow_drafts.confirm", flow=flow), 303)
    try:
        published = drafts.publish(flow, by=current_caller().actor)
    except FlowFaulty as refusal:
        said = ngettext("It has a fault.", "It has %(num)d faults.", len(refusal.errors))
        flash(said, "danger")
        return redirect(url_for("staff_flow_drafts.confirm", flow=flow), 303)
    flash(gettext("Version %(num)s is live now.", num=published.version), "ok")
    number = request.form.get("move", type=int)
    if number is not None and number != published.version:
        return redirect(url_for("staff_flows.move", flow=flow, number=number), 303)
    return redirect(url_for("staff_flows.show", flow=flow), 303)


@bp.post("/staff/flows/<flow>/draft/discard")
@requires("staff")
def discard(flow: str) -> Response:
    drafts.discard(flow)
    flash(gettext("The draft is gone."), "ok")
    return redirect(url_for("staff_flows.index"), 303)


def _page(
    flow: str,
    text: str,
    saved: Draft | None,
    live: PublishedFlow | None,
    faults: list[Fault],
    *,
    unreadable: bool = False,
    changed: bool = False,
) -> str:
    """faults: of the text, which is not kept where it is unreadable, or where somebody else changed the draft
    meanwhile."""
    placed = [
        (_line(text, fault, unreadable), "" if unreadable else fault.field, fault.message) for fault in faults
    ]
    return page(
        "draft.html",
        key=flow,
        title=title_of(live) if live else flow,
        text=text,
        saved=saved,
        live=live,
        unreadable=unreadable,
        changed=changed,
        seen=drafts.mark(flow),
        faults=placed,
    )


def _line(text: str, fault: Fault, unreadable: bool) -> int | None:
    if unreadable:
        return int(fault.field) if fault.field else None
    return draft_text.line_of(text, fault.field)


def saved_draft(flow: str) -> Draft | None:
    """The draft of the flow, where there is one."""
    try:
        return drafts.find(flow)
    except DraftNotFound:
        return None


def live_flow(flow: str) -> PublishedFlow | None:
    """The live version of the flow, where there is one."""
    try:
        return flows.find_live(flow)
    except FlowNotFound:
        return None
