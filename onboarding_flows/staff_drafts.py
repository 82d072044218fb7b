"""The editor of flows: a draft as text, its faults, how it will look, what it changes, and publishing it."""

from __future__ import annotations

from typing import Any, Final

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext, ngettext
from markupsafe import Markup
from werkzeug import Response

from onboarding_flows import checklist, draft_text, drafts, flows
from onboarding_flows.checklist import Begun, Viewer
from onboarding_flows.draft_text import TextUnreadable
from onboarding_flows.drafts import Draft, DraftNotFound
from onboarding_flows.flows import FlowFaulty, FlowNotFound, PublishedFlow
from onboarding_flows.markdown import render
from onboarding_flows.shapes import LANGUAGES
from onboarding_flows.staff_pages import Page, changes, page, title_of
from plg.kit.caller import current_caller, requires
from plg.kit.clock import now
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
    return redirect(url_for("staff_flow_drafts.show", flow=key))


@bp.get("/staff/flows/<flow>/draft")
@requires("staff")
def show(flow: str) -> str:
    if not draft_text.is_key(flow):
        raise FlowNotFound(f"There is no flow {flow!r}.")
    saved, live = _saved(flow), _live(flow)
    if saved is not None:
        text = draft_text.written(saved.row.definition)
    else:
        text = draft_text.written(flows.definition_of(live.flow)) if live else STARTER.format(key=flow)
    return _page(flow, text, saved, live, saved.faults if saved else [])


@bp.post("/staff/flows/<flow>/draft")
@requires("staff")
def save(flow: str) -> Page:
    text = request.form.get("text", "").replace("\r\n", "\n")
    try:
        saved = drafts.save(flow, draft_text.read(text), by=current_caller().actor)
    except TextUnreadable as refusal:
        return _page(flow, text, _saved(flow), _live(flow), refusal.errors, unreadable=True), 422
    if saved.faults:
        return _page(flow, text, saved, _live(flow), saved.faults)
    flash(gettext("The draft is saved. It can be published."), "ok")
    return redirect(url_for("staff_flow_drafts.show", flow=flow), 303)


@bp.post("/staff/flows/<flow>/draft/publish")
@requires("staff")
def publish(flow: str) -> Response:
    try:
        published = drafts.publish(flow, by=current_caller().actor)
    except FlowFaulty as refusal:
        said = ngettext("It has a fault.", "It has %(num)d faults.", len(refusal.errors))
        flash(said, "danger")
        return redirect(url_for("staff_flow_drafts.show", flow=flow), 303)
    flash(gettext("Version %(num)s is live now.", num=published.version), "ok")
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
) -> str:
    """faults: of the text, which is not kept where it is unreadable."""
    sound = saved is not None and not saved.faults and not unreadable
    definition = saved.row.definition if saved is not None else {}
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
        faults=placed,
        sound=sound,
        previews=_previews(flow, definition) if sound else {},
        changes=changes(flows.definition_of(live.flow), definition) if sound and live else None,
    )


def _line(text: str, fault: Fault, unreadable: bool) -> int | None:
    if unreadable:
        return int(fault.field) if fault.field else None
    return draft_text.line_of(text, fault.field)


def _saved(flow: str) -> Draft | None:
    try:
        return drafts.find(flow)
    except DraftNotFound:
        return None


def _live(flow: str) -> PublishedFlow | None:
    try:
        return flows.find_live(flow)
    except FlowNotFound:
        return None


def _previews(key: str, definition: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Language -> the checklist as somebody sees it who has done nothing yet."""
    flow = flows.parse(definition)
    unpublished = PublishedFlow(0, key, 0, flow, render(flow))
    begun = Begun(0, now(), completed=False, dismissed=False)
    found = {}
    for language in LANGUAGES:
        shown = checklist.shown(unpublished, begun, Viewer(None, None, None, language))
        for step in shown["steps"]:
            step["body"] = Markup(step.pop("body_html"))  # cleaned when it was rendered
        found[language] = shown
    return found
