"""Growth as the firm's own staff see it: the first dashboard, kept reports, dashboards of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext, lazy_gettext
from werkzeug import Response as Redirect

from plg.events import names
from plg.growth import (
    answers,
    asking,
    cards,
    config,
    day_bars,
    downloads,
    labels,
    people_pages,
    report_form,
    saved_reports,
)
from plg.growth.asked import Asked
from plg.growth.dashboard import QUESTIONS, first_dashboard
from plg.growth.models import SavedReport
from plg.growth.reports import REPORTS
from plg.growth.reports.definition import Definition
from plg.kit.caller import current_caller, requires
from plg.kit.clock import now

bp = Blueprint("growth", __name__, template_folder="templates")

STEP_LABELS = {
    names.SIGNED_UP: lazy_gettext("Signed up"),
    names.ACTIVATED: lazy_gettext("Activated"),
    names.TRIAL_STARTED: lazy_gettext("Trial started"),
    names.LIMIT_REACHED: lazy_gettext("Limit reached"),
    names.SUBSCRIPTION_STARTED: lazy_gettext("Upgraded"),
}


@bp.get("/growth")
@requires("staff")
def page() -> tuple[str, int]:
    """The first dashboard, of a range of days; 422 where the form has faults."""
    what, segments = asking.this()
    counted = first_dashboard(what, config.live(), asking.locale(), now())
    shown = {
        "asked": what,
        "segments": segments,
        "values": request.args if what.faults else what.arguments,
        "counted": counted,
        "funnel": counted.funnel,
        "labels": STEP_LABELS,
        "chart": day_bars.of_days(counted.signups.periods),
        "dashboards": saved_reports.all_dashboards(),
        "duration": cards.duration,
        "behind": people_pages.told_link(what.arguments),
    }
    return render_template("growth/page.html", **shown), 422 if what.faults else 200


@bp.get(f"/growth/<any({', '.join(QUESTIONS)}):which>.<any('json', 'csv', 'svg'):format_>")
@requires("staff")
def download_answer(which: str, format_: downloads.Format) -> Response:
    """The tables, or the chart, of a question of the first dashboard."""
    kind, asked = QUESTIONS[which]
    definition = asked(asking.this()[0], config.live(), asking.locale(), now())
    return downloads.download(kind, answers.answer(kind, definition), format_, request.args.get("table"))


@bp.get("/growth/reports")
@requires("staff")
def reports() -> str:
    return render_template(
        "growth/reports.html",
        reports=saved_reports.all_reports(),
        dashboards=saved_reports.all_dashboards(),
        kinds=labels.KINDS,
    )


@bp.get("/growth/reports/new")
@requires("staff")
def new_report() -> str:
    """The text of a new report, or of a kept one that a new one shall be like."""
    kind, of = request.args.get("kind", "funnel"), request.args.get("of")
    values = report_form.example(kind, config.live().timezone)
    if of:
        values = report_form.like(saved_reports.find(of))
    return _form(kind, values, {})


@bp.post("/growth/reports/new")
@requires("staff")
def save_report() -> Redirect | tuple[str, int]:
    told = report_form.read(request.form)
    if told.faults:
        return _form(told.kind, told.values, told.faults), 422
    row = saved_reports.save(told.name, told.kind, told.definition, told.days, by=current_caller().actor)
    return redirect(url_for("growth.report", public_id=row.public_id), 303)


def _form(kind: str, values: dict[str, str], faults: dict[str, str]) -> str:
    answers.report_of(kind)
    meaning = REPORTS[kind].meaning
    return render_template(
        "growth/report_form.html",
        kind=kind,
        kinds=labels.KINDS,
        values=values,
        faults=faults,
        meaning=meaning,
    )


@bp.get("/growth/reports/<public_id>")
@requires("staff")
def report(public_id: str) -> tuple[str, int]:
    """A kept report of its own days, or of those asked for; 422 where the form has faults."""
    row = saved_reports.find(public_id)
    what, segments = asking.this()
    (card,) = _cards([row], what)
    shown = {"card": card, "asked": what, "segments": segments, "values": request.args, "labels": labels}
    return render_template(
        "growth/report.html", **shown, duration=cards.duration
    ), 422 if what.faults else 200


@bp.get("/growth/reports/<public_id>/<any('json', 'csv', 'svg', 'vega-lite'):format_>")
@requires("staff")
def download(public_id: str, format_: downloads.Format) -> Response:
    row, what = saved_reports.find(public_id), asking.this()[0]
    kind, name = row.kind, row.name
    definition = saved_reports.definition_of(row, config.live().timezone, asking.days(what), what.segment)
    return downloads.download(
        kind, answers.answer(kind, definition), format_, request.args.get("table"), name
    )


@bp.post("/growth/reports/<public_id>/delete")
@requires("staff")
def delete_report(public_id: str) -> Redirect:
    saved_reports.delete(saved_reports.find(public_id))
    flash(gettext("The report was deleted."), "ok")
    return redirect(url_for("growth.reports"), 303)


@bp.post("/growth/dashboards")
@requires("staff")
def add_dashboard() -> Redirect:
    name, chosen = request.form.get("name", "").strip(), request.form.getlist("reports")
    if not 0 < len(name) <= 200 or not 0 < len(chosen) <= 20:
        flash(gettext("Give the dashboard a name and choose 1 to 20 reports."), "danger")
        return redirect(url_for("growth.reports"), 303)
    row = saved_reports.add_dashboard(name, chosen, by=current_caller().actor)
    return redirect(url_for("growth.dashboard", public_id=row.public_id), 303)


@bp.get("/growth/dashboards/<public_id>")
@requires("staff")
def dashboard(public_id: str) -> tuple[str, int]:
    """Every report of a dashboard, of its own days or of those asked for."""
    row = saved_reports.find_dashboard(public_id)
    what, segments = asking.this()
    shown = {
        "name": row.name,
        "public_id": public_id,
        "asked": what,
        "segments": segments,
        "values": request.args,
    }
    shown_cards = _cards(saved_reports.reports_of(row), what)
    found = render_template(
        "growth/dashboard.html", **shown, cards=shown_cards, labels=labels, duration=cards.duration
    )
    return found, 422 if what.faults else 200


@bp.post("/growth/dashboards/<public_id>/delete")
@requires("staff")
def delete_dashboard(public_id: str) -> Redirect:
    saved_reports.delete_dashboard(saved_reports.find_dashboard(public_id))
    flash(gettext("The dashboard was deleted."), "ok")
    return redirect(url_for("growth.reports"), 303)


def _cards(rows: Sequence[SavedReport], what: Asked) -> list[dict[str, Any]]:
    """Charts and tables of kept reports. What is asked is read first: counting ends the transaction."""
    given, days, timezone = asking.given(what), asking.days(what), config.live().timezone
    read = [
        (_about(row, given), saved_reports.definition_of(row, timezone, days, what.segment)) for row in rows
    ]
    return [about | _counted(about, definition, timezone, what.compare) for about, definition in read]


def _about(row: SavedReport, given: dict[str, str]) -> dict[str, Any]:
    return {"name": row.name, "kind": row.kind, "public_id": row.public_id, "arguments": given}


def _counted(about: dict[str, Any], definition: Definition, timezone: str, compare: bool) -> dict[str, Any]:
    """What a card shows, and where its numbers lead."""
    kind, endpoint = about["kind"], "growth_people.of_report"
    told = cards.counted(kind, definition, about["name"], timezone, compare=compare)
    here = {"public_id": about["public_id"]} | about["arguments"]
    if earlier := told["earlier"]:
        first, last = earlier["days"]
        then = about["arguments"] | {"from": first.isoformat(), "to": last.isoformat()}
        earlier["arguments"] = {name: value for name, value in then.items() if name != "compare"}
        then = here | earlier["arguments"]
        earlier["behind"] = people_pages.link(earlier["asked"], kind, endpoint, **then)
    return told | {"behind": people_pages.link(definition, kind, endpoint, **here)}
