"""Flows as the firm's own staff see them: how people fare, versions, going back, moving people, and why."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext, lazy_gettext
from sqlalchemy import select
from werkzeug import Response

from onboarding_flows import (
    analytics,
    draft_text,
    drafts,
    experiment_report,
    explain,
    flows,
    lifecycle,
    moving,
    who,
)
from onboarding_flows.drafts import DraftNotFound
from onboarding_flows.flows import PublishedFlow
from onboarding_flows.moving import MappingFaulty, MigrationRunning, Move
from onboarding_flows.who import NobodyAsked, PersonNotInAccount, Who
from plg.accounts.accounts import AccountNotFound
from plg.kit.caller import current_caller, requires
from plg.kit.db import db
from plg.kit.errors import Refusal
from plg.people.models import Person
from plg.people.people import PersonNotFound
from plg.web.i18n import current_locale

bp = Blueprint(
    "staff_flows",
    __name__,
    template_folder="templates",
    static_folder="static",
    static_url_path="/staff/flows_files",
)

KIND_NAMES = {
    "checklist": lazy_gettext("Checklist"),
    "tour": lazy_gettext("Tour"),
    "banner": lazy_gettext("Banner"),
    "announcement": lazy_gettext("Announcement"),
}
STAYS, FORGET = "", "-"  # what a step's field of the form that moves people says, beside the key of a step
PART_NAMES = {
    "title": lazy_gettext("title"),
    "body": lazy_gettext("text"),
    "description": lazy_gettext("description"),
    "action": lazy_gettext("link"),
    "completes_on": lazy_gettext("event"),
    "completes_when": lazy_gettext("rule"),
    "manual": lazy_gettext("done by hand or by an event"),
    "requires": lazy_gettext("what comes first"),
    "role": lazy_gettext("role"),
    "due": lazy_gettext("due day"),
    "skippable": lazy_gettext("may be skipped"),
    "visible_when": lazy_gettext("who it is there for"),
    "stays_done": lazy_gettext("whether it stays done"),
    "reward": lazy_gettext("reward"),
    "section": lazy_gettext("section"),
    "scope": lazy_gettext("whose progress it is"),
    "audience": lazy_gettext("audience"),
    "kind": lazy_gettext("kind"),
    "show": lazy_gettext("when it is shown"),
    "placement": lazy_gettext("place"),
    "anchor": lazy_gettext("what it points at"),
    "page": lazy_gettext("page"),
    "advance": lazy_gettext("how one goes on"),
    "order": lazy_gettext("order of the steps"),
    "experiment": lazy_gettext("experiment"),
}

WHO_REFUSED = (PersonNotFound, AccountNotFound, PersonNotInAccount, NobodyAsked)

Page = str | tuple[str, int] | Response


def page(template: str, **context: Any) -> str:
    """The page `templates/onboarding_flows/<template>`."""
    return render_template(f"onboarding_flows/{template}", part_names=PART_NAMES, **context)


def title_of(flow: PublishedFlow) -> str:
    """The flow's title in the reader's language."""
    return flow.flow.title.text(current_locale())


def changes(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """What the partial `changes.html` shows of two sound definitions."""
    return {
        "steps": draft_text.step_changes(old, new),
        "others": draft_text.other_changes(old, new),
        "lines": draft_text.lines(old, new),
    }


@bp.get("/staff/flows")
@requires("staff")
def index() -> str:
    live = {flow.key: flow for flow in flows.live()}
    last = lifecycle.last_published()
    signs: dict[str, list[analytics.Sign]] = {}
    for sign in analytics.signs(live.values()):
        signs.setdefault(sign.flow.key, []).append(sign)
    return page(
        "list.html",
        rows=lifecycle.all_flows(),
        titles={key: row.definition["title"][current_locale()] for key, row in last.items()},
        published=last,
        kind_names=KIND_NAMES,
        begun=analytics.last_enrolments(),
        signs=signs,
        few=analytics.FEW,
    )


@bp.get("/staff/flows/<flow>")
@requires("staff")
def show(flow: str) -> Page:
    number = request.args.get("version", type=int)
    try:
        versions = lifecycle.versions_of_flow(flow)
    except flows.FlowNotFound:
        drafts.find(flow)
        return redirect(url_for("staff_flow_editor.show", flow=flow))
    live = next((each["version"] for each in versions if each["live"]), None)
    running, newest = moving.running(flow), lifecycle.newest(flow)
    return page(
        "flow.html",
        flow=newest,
        title=title_of(newest),
        versions=versions,
        numbers=[(each["version"], each["version"]) for each in versions],
        live=live,
        chosen=number,
        funnel=analytics.funnel(flow, number),
        signs=analytics.signs([newest] if live else []),
        running=moving.shown(running) if running else None,
        has_draft=_has_draft(flow),
        few=analytics.FEW,
        experiment=_experiment(flow, number),
    )


def _experiment(flow: str, number: int | None) -> experiment_report.Report | None:
    try:
        return experiment_report.of_flow(flow, number)
    except experiment_report.NoExperiment:
        return None


def _has_draft(flow: str) -> bool:
    try:
        drafts.find(flow)
    except DraftNotFound:
        return False
    return True


@bp.get("/staff/flows/<flow>/versions/<int:number>")
@requires("staff")
def version(flow: str, number: int) -> str:
    shown = lifecycle.version_of(flow, number)
    live = next((each for each in flows.live() if each.key == flow), None)
    said = flows.definition_of(shown.flow)
    return page(
        "version.html",
        flow=shown,
        title=title_of(shown),
        live=live,
        changes=changes(flows.definition_of(live.flow), said) if live else None,
        text=lifecycle.source_of(shown.id) or draft_text.written(said),
    )


@bp.post("/staff/flows/<flow>/versions/<int:number>/roll-back")
@requires("staff")
def roll_back(flow: str, number: int) -> Response:
    published = lifecycle.roll_back(flow, number, by=current_caller().actor)
    return _done(flow, gettext("Version %(num)s is live now.", num=published.version))


@bp.get("/staff/flows/<flow>/versions/<int:number>/move")
@requires("staff")
def move(flow: str, number: int) -> Page:
    return _move_page(flow, number, request.args)


@bp.post("/staff/flows/<flow>/versions/<int:number>/move")
@requires("staff")
def start_move(flow: str, number: int) -> Page:
    try:
        planned = moving.plan(flow, number, _mapping(request.form))
        moving.start(planned, by=current_caller().actor)
    except MappingFaulty:
        return _move_page(flow, number, request.form), 422
    except MigrationRunning:
        flash(gettext("People of this flow are being moved already. Wait until that is done."), "warn")
        return redirect(url_for("staff_flows.show", flow=flow), 303)
    return _done(flow, gettext("It has begun. A worker moves them, in batches."))


def _move_page(flow: str, number: int, given: Any) -> str:
    """What the move would change, of the mapping that the form says; its faults where it has some."""
    mapping, errors = _mapping(given), {}
    try:
        planned = moving.plan(flow, number, mapping)
    except MappingFaulty as refusal:
        planned = moving.plan(flow, number, {})
        errors = {fault.field.removeprefix("mapping."): fault.message for fault in refusal.errors}
    preview = None if errors else moving.preview(planned)
    return page(
        "move.html",
        old=planned.old,
        new=planned.new,
        title=title_of(planned.new),
        options={key: _options(planned, key) for key in planned.old.steps_of_all_arms},
        mapping={key: FORGET if into is None else into for key, into in mapping.items()},
        errors=errors,
        preview=preview,
        settled={each["from_step"]: each["settled"] for each in preview["steps"]} if preview else {},
        hidden={f"map-{key}": FORGET if into is None else into for key, into in mapping.items()},
    )


def _options(planned: Move, key: str) -> list[tuple[str, str]]:
    """Where what was done in this step may go."""
    language = current_locale()
    steps = planned.new.steps_of_all_arms
    stays = gettext("Stays what it is") if key in steps else gettext("Is not shown any more")
    others = [step for step in steps.values() if step.key != key]
    into = [(step.key, gettext("Counts for: %(step)s", step=step.title.text(language))) for step in others]
    return [(STAYS, stays), *into, (FORGET, gettext("Is forgotten"))]


def _mapping(given: Any) -> dict[str, str | None]:
    """Of the fields `map-<key>`."""
    named = {name.removeprefix("map-"): value for name, value in given.items() if name.startswith("map-")}
    return {key: None if into == FORGET else into for key, into in named.items() if into != STAYS}


@bp.get("/staff/flows/<flow>/why")
@requires("staff")
def why(flow: str) -> Page:
    person, account = (request.args.get(name, "").strip() for name in ("person", "account"))
    told, errors, asked = None, {}, None
    if request.args:
        try:
            asked = who.find(person or None, account or None)
            told = explain.explain(flow, asked)
        except WHO_REFUSED as refusal:
            errors = unknown(refusal)
    told_version = lifecycle.version_of(flow, told["version"]) if told else lifecycle.newest(flow)
    shown = page(
        "why.html",
        flow=told_version,
        title=title_of(told_version),
        told=told,
        errors=errors,
        person=person,
        account=account,
        who_id=asked.person.public_id if asked and asked.person else None,
        whom=_called(asked) if asked else "",
        names=_names({each["person"] for each in told["steps"]}) if told else {},
    )
    return (shown, 422) if errors else shown


def _called(asked: Who) -> str:
    person, account = asked.person, asked.account
    found = [person and (person.name or person.email), account and account.name]
    return " · ".join(each for each in found if each)


def _names(ids: set[str | None]) -> dict[str, str]:
    """What the people of these ids are called; one query."""
    people = db.session.scalars(select(Person).where(Person.public_id.in_(ids - {None})))
    return {each.public_id: each.name or each.email or each.public_id for each in people}


def unknown(refusal: Refusal) -> dict[str, str]:
    """What a form says beside its field where nobody is found: one of WHO_REFUSED."""
    if isinstance(refusal, AccountNotFound):
        return {"account": gettext("No workspace is known by this id.")}
    if isinstance(refusal, PersonNotInAccount):
        return {"account": gettext("The person does not belong to this workspace.")}
    if isinstance(refusal, PersonNotFound):
        return {"person": gettext("Nobody is known by this id or address.")}
    return {"person": gettext("Enter a person, a workspace, or both.")}


def _done(flow: str, said: str) -> Response:
    flash(said, "ok")
    return redirect(url_for("staff_flows.show", flow=flow), 303)
