"""The form in which staff build a report, see it, and keep it or change a kept one."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug import Response as Redirect

from plg.growth import asking, cards, config, labels, saved_reports, snapshots
from plg.growth.builder import form
from plg.growth.builder.form import Built
from plg.growth.reports import REPORTS
from plg.kit.caller import current_caller, requires
from plg.segments import named

bp = Blueprint("growth_builder", __name__, template_folder="templates")

MOST_VALUES = 50
LONGEST_NAME = 200


@bp.get("/growth/reports/build")
@requires("staff")
def new() -> str:
    kind, timezone = request.args.get("kind", "funnel"), config.live().timezone
    definition, values = form.example(kind, timezone), {"days": str(form.USUAL_DAYS)}
    asked = form.asked_now(kind, definition, form.USUAL_DAYS, timezone)
    return _page(Built(kind, "", definition, form.USUAL_DAYS, values, asked, {}), None)


@bp.get("/growth/reports/<public_id>/edit")
@requires("staff")
def edit(public_id: str) -> str | Redirect:
    """A kept report in the form; in the text, where the form cannot show all of it."""
    row = saved_reports.find(public_id)
    timezone = config.live().timezone
    if not form.is_whole(row, timezone):
        return redirect(url_for("growth.new_report", kind=row.kind, of=public_id), 303)
    asked, values = saved_reports.definition_of(row, timezone), form.values_of(row, timezone)
    return _page(Built(row.kind, row.name, row.definition, row.days, values, asked, {}), public_id)


@bp.post("/growth/reports/build")
@requires("staff")
def built() -> Redirect | tuple[str, int]:
    """After a button: a step more or less, the report as it stands, or it is kept."""
    kind, public_id, do = (
        request.form.get("report", ""),
        request.form.get("of") or None,
        request.form.get("do"),
    )
    told = form.read(kind, request.form, config.live().timezone)
    if do != "keep":
        return _page(told, public_id), 422 if told.faults and do == "show" else 200
    if not 0 < len(told.name) <= LONGEST_NAME:
        told.faults["report.name"] = gettext("Give the report a name of at most 200 letters.")
    if told.faults:
        return _page(told, public_id), 422
    if public_id:
        row = saved_reports.change(saved_reports.find(public_id), told.name, told.definition, told.days)
    else:
        by = current_caller().actor
        row = saved_reports.save(told.name, kind, told.definition, told.days, by=by)
    return redirect(url_for("growth.report", public_id=row.public_id), 303)


def _page(told: Built, public_id: str | None) -> str:
    segments = [(key, _title(each["title"])) for key, each in named.every().items()]
    shown = form.shown(told.kind, told.definition)
    faults = told.faults if request.method == "POST" and request.form.get("do") in {"show", "keep"} else {}
    timezone = config.live().timezone
    preview = cards.counted(told.kind, told.asked, told.name, timezone) if told.asked else None
    return render_template(
        "growth/builder.html",
        told=told,
        faults=faults,
        parts=shown,
        public_id=public_id,
        kinds=labels.KINDS,
        segments=segments,
        meaning=REPORTS[told.kind].meaning,
        comparable="compare_to" in REPORTS[told.kind].definition.model_fields,
        preview=preview,
        labels=labels,
        duration=cards.duration,
        **_suggestions(),
    )


def _suggestions() -> dict[str, Any]:
    """The events, properties and values that the columns know."""
    seen = snapshots.newest()
    values = {value.strip('"') for name in seen.properties for value in seen.values(name)[:MOST_VALUES]}
    return {"events": seen.names(), "properties": list(seen.properties), "values": sorted(values)}


def _title(titles: dict[str, str]) -> str:
    return titles.get(asking.locale()) or next(iter(titles.values()))
