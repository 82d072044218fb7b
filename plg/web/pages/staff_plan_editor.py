"""Editing plans: one in a form or all of them as text, their faults, what changes and for whom, and publishing it."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug import Response

from plg.kit.caller import current_caller, requires
from plg.kit.errors import Fault, FolderFaults
from plg.plans import catalogue, editing, folder
from plg.plans.editing import Definitions, PlansChanged
from plg.usage import moving
from plg.web import plan_form, text_diff
from plg.web.i18n import current_locale

bp = Blueprint("staff_plan_editor", __name__, url_prefix="/staff/plans")

Page = str | tuple[str, int]
STARTER = """\
default = "free"
order = ["free"]

[features.seats]
name = { es = "Personas en el equipo", en = "People on the team" }
type = "seats"

[plans.free]
name = { es = "Gratis", en = "Free" }
prices = []

[plans.free.features]
seats = 2
"""


@bp.get("/plans.toml")
@requires("staff")
def all_of_it() -> str:
    """No plan has a dot in its key, so none is hidden by this address."""
    live = folder.live()
    return _text_page(editing.text_of(live) or STARTER, editing.mark(live), [])


@bp.post("/plans.toml")
@requires("staff")
def edit_on() -> str:
    """With what was about to be published."""
    return _text_page(_typed_text(), request.form.get("seen", ""), [])


@bp.get("/<key>/edit")
@requires("staff")
def edit(key: str) -> str:
    catalogue.plan(key)
    return _form_page(key, folder.live(), [])


@bp.post("/<key>/edit")
@requires("staff")
def review_form(key: str) -> Page:
    """What was typed for one plan, as a change of them all."""
    catalogue.plan(key)
    live = folder.live()
    try:
        wanted = plan_form.changed(key, live, request.form)
        return _review(editing.text_of(editing.read(editing.text_of(wanted))), editing.mark(live))
    except FolderFaults as refusal:
        return _form_page(key, live, refusal.errors), 422


@bp.post("/plans.toml/review")
@requires("staff")
def review() -> Page:
    text, seen = _typed_text(), request.form.get("seen", "")
    try:
        return _review(editing.text_of(editing.read(text)), seen)
    except FolderFaults as refusal:
        return _text_page(text, seen, refusal.errors), 422


@bp.post("/plans.toml/publish")
@requires("staff")
def publish() -> Page | Response:
    text, seen = _typed_text(), request.form.get("seen", "")
    try:
        made = editing.publish(text, seen, by=current_caller().actor)
    except PlansChanged:
        changed = Fault(
            "plans.toml", gettext("Somebody published other plans meanwhile. Look at the changes again.")
        )
        return _text_page(text, editing.mark(folder.live()), [changed]), 409
    told = gettext("It is published. Who is on an older version stays there until you move them.")
    flash(told if made else gettext("Nothing was different."), "ok")
    return redirect(url_for("staff_plans.index"), 303)


def _typed_text() -> str:
    return request.form.get("text", "").replace("\r\n", "\n")


def _review(text: str, seen: str) -> str:
    wanted = editing.read(text)
    counts = moving.versions()
    return render_template(
        "pages/staff_plan_review.html",
        text=text,
        seen=seen,
        changes=[(each, sum(counts.get(each.key, {}).values())) for each in editing.changes(wanted)],
        lines=list(text_diff.lines(editing.text_of(folder.live()), text)),
    )


def _text_page(text: str, seen: str, faults: list[Fault]) -> str:
    return render_template("pages/staff_plan_text.html", text=text, seen=seen, faults=faults)


def _form_page(key: str, live: Definitions, faults: list[Fault]) -> str:
    """With what was typed, where something was."""
    form, plan = request.form, live[key]
    texts = {name: form.get(name, text) for name, text in plan_form.texts(plan).items()}
    return render_template(
        "pages/staff_plan_form.html",
        key=key,
        texts=texts,
        prices=plan_form.typed_prices(form) or plan_form.prices(plan),
        limits=plan_form.limits(plan, live, current_locale(), form),
        faults=faults,
    )
