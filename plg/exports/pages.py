"""Exports as the firm's own staff set them up, and see how they went."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext, lazy_gettext
from werkzeug import Response as Redirect

from plg.exports import exports
from plg.exports.exports import ExportFaulty
from plg.growth import saved_reports
from plg.kit.caller import current_caller, requires
from plg.kit.errors import Refusal
from plg.settings import Settings

bp = Blueprint("staff_exports", __name__, template_folder="templates")

CONTENTS = {
    "events": lazy_gettext("Events, by day"),
    "people": lazy_gettext("People"),
    "accounts": lazy_gettext("Accounts"),
    "report": lazy_gettext("A saved report"),
}
EVERY = {"hour": lazy_gettext("every hour"), "day": lazy_gettext("every night")}
TARGETS = {"folder": lazy_gettext("a folder of this server"), "s3": lazy_gettext("the object store")}
REFUSALS = {
    "ExportFaulty": lazy_gettext("Letters a to z, digits, - and _, at most 50."),
    "FolderTaken": lazy_gettext("Another export writes to this folder."),
    "SavedReportNotFound": lazy_gettext("Choose a saved report."),
    "TargetNotSetUp": lazy_gettext("No object store is set up: PLG_EXPORTS_S3_URL names it."),
}
FIELD_OF = {"SavedReportNotFound": "report", "TargetNotSetUp": "target"}


@bp.get("/growth/exports")
@requires("staff")
def index() -> str:
    return _index({}, {})


@bp.post("/growth/exports")
@requires("staff")
def add() -> Redirect | tuple[str, int]:
    names = ("content", "target", "folder", "every", "report")
    given = {name: request.form.get(name, "").strip() for name in names}
    form, content = request.form.get("format", ""), given.pop("content")
    try:
        row = exports.add(content, format_=form, by=current_caller().actor, **given)
    except Refusal as refusal:
        return _index(dict(request.form), _faults(refusal)), 422
    return redirect(url_for("staff_exports.show", public_id=row.public_id), 303)


@bp.get("/growth/exports/<public_id>")
@requires("staff")
def show(public_id: str) -> str:
    """The ledger of an export."""
    row = exports.find(public_id)
    return render_template("exports/show.html", export=row, runs=exports.runs_of(row), **_words())


@bp.post("/growth/exports/<public_id>/run")
@requires("staff")
def run(public_id: str) -> Redirect:
    exports.run_soon(exports.find(public_id), anew=request.form.get("anew") == "1")
    flash(gettext("It runs within a minute."), "ok")
    return redirect(url_for("staff_exports.show", public_id=public_id), 303)


@bp.post("/growth/exports/<public_id>/delete")
@requires("staff")
def delete(public_id: str) -> Redirect:
    exports.delete_export(exports.find(public_id))
    flash(gettext("The export was deleted; what has left stays where it is."), "ok")
    return redirect(url_for("staff_exports.index"), 303)


def _faults(refusal: Refusal) -> dict[str, str]:
    """By field. Raises the refusal again where no form could have asked for it."""
    name = type(refusal).__name__
    if name not in REFUSALS:
        raise refusal
    if isinstance(refusal, ExportFaulty):
        wrong = [fault.field for fault in refusal.errors]
        return {each: str(REFUSALS["SavedReportNotFound" if each == "report" else name]) for each in wrong}
    return {FIELD_OF.get(name, "folder"): str(REFUSALS[name])}


def _index(values: dict[str, str], faults: dict[str, str]) -> str:
    settings: Settings = current_app.extensions["plg.settings"]
    return render_template(
        "exports/index.html",
        exports=exports.every_one(),
        last=exports.newest_runs(),
        values=values,
        faults=faults,
        reports=[(each.public_id, each.name) for each in saved_reports.all_reports()],
        store=settings.exports_s3_url,
        **_words(),
    )


def _words() -> dict[str, Any]:
    names = {each.public_id: each.name for each in saved_reports.all_reports()}
    return {"contents": CONTENTS, "rhythms": EVERY, "targets": TARGETS, "report_names": names}
