"""Cohorts as the firm's own staff keep them: from a number of a report, or from a list of ids."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext
from werkzeug import Response as Redirect

from plg.growth import cohorts
from plg.growth.tables import csv_response
from plg.kit.caller import current_caller, requires
from plg.kit.clock import now
from plg.segments import cohorts as lists

bp = Blueprint("growth_cohorts", __name__, template_folder="templates")

PAGE = 50
LONGEST = 5_000_000
ANYBODY = 100_000


@bp.get("/growth/cohorts")
@requires("staff")
def index() -> str:
    return _index({}, {})


@bp.post("/growth/cohorts")
@requires("staff")
def upload() -> Redirect | tuple[str, int]:
    """A list of ids becomes a cohort: one in each line, or the first column of a CSV file."""
    form = request.form
    title, actor = form.get("title", "").strip(), form.get("actor", "")
    ids, faults = _ids(), _faults_of_title(title)
    if actor not in {"person", "account"}:
        faults["actor"] = gettext("Choose people or accounts.")
    if not 0 < len(ids) <= ANYBODY:
        faults["ids"] = gettext("Give 1 to 100,000 ids, one in each line.")
    if faults:
        return _index(dict(form), faults), 422
    kind: lists.Actor = "account" if actor == "account" else "person"
    row, unknown = cohorts.upload(title, kind, ids, by=current_caller().actor)
    if unknown:
        some = ", ".join(unknown[:10])
        flash(
            ngettext(
                "%(num)s id is known of nobody: %(some)s",
                "%(num)s ids are known of nobody: %(some)s",
                len(unknown),
                some=some,
            ),
            "warn",
        )
    return redirect(url_for("growth_cohorts.show", public_id=row.public_id), 303)


@bp.post("/growth/cohorts/kept")
@requires("staff")
def keep() -> Redirect:
    """Those behind a number of a report become a cohort."""
    form = request.form
    title = form.get("title", "").strip()
    if faults := _faults_of_title(title):
        flash(faults["title"], "danger")
        return redirect(url_for("growth_cohorts.index"), 303)
    question = _question(form.get("question", ""))
    row = cohorts.keep(title, question, dynamic=form.get("dynamic") == "1", by=current_caller().actor)
    return redirect(url_for("growth_cohorts.show", public_id=row.public_id), 303)


@bp.get("/growth/cohorts/<public_id>")
@requires("staff")
def show(public_id: str) -> str:
    """Who is in a cohort."""
    row = lists.find(public_id)
    rows = lists.page(row, request.args.get("cursor", type=int), PAGE + 1)
    page, more = rows[:PAGE], len(rows) > PAGE
    here = url_for("growth_cohorts.show", public_id=public_id)
    return render_template(
        "growth/cohort.html",
        cohort=row,
        source=cohorts.source_of(row),
        rows=page,
        next=f"{here}?cursor={page[-1][0]}" if more else "",
        first=here if request.args.get("cursor") else "",
    )


@bp.get("/growth/cohorts/<public_id>.csv")
@requires("staff")
def csv(public_id: str) -> Any:
    rows = lists.page(lists.find(public_id), None, ANYBODY)
    return csv_response([("id", "name"), *(row[1:] for row in rows)], public_id)


@bp.post("/growth/cohorts/<public_id>/count")
@requires("staff")
def count(public_id: str) -> Redirect:
    cohorts.refresh_now(lists.find(public_id), now())
    return redirect(url_for("growth_cohorts.show", public_id=public_id), 303)


@bp.post("/growth/cohorts/<public_id>/delete")
@requires("staff")
def delete(public_id: str) -> Redirect:
    cohorts.delete_cohort(lists.find(public_id))
    flash(gettext("The cohort was deleted."), "ok")
    return redirect(url_for("growth_cohorts.index"), 303)


def question_text(kind: str, definition: dict[str, Any], number: str, days: int | None) -> str:
    """A number of a report as the hidden field of a form carries it."""
    told = {"kind": kind, "definition": definition, "number": json.loads(number), "days": days}
    return json.dumps(told)


def _question(text: str) -> cohorts.Question:
    """What the hidden field says. Raises `ReportFaulty` for what is no report."""
    try:
        told = json.loads(text)
        given: dict[str, Any] = {name: told[name] for name in ("kind", "definition", "number", "days")}
    except (ValueError, RecursionError, TypeError, KeyError):
        given = {"kind": "", "definition": {}, "number": {}, "days": None}
    return cohorts.Question(**given)


def _ids() -> list[str]:
    """What was written or uploaded; a heading such as `id` is left out."""
    text = request.form.get("ids", "")
    file = request.files.get("file")
    if file is not None and file.filename:
        text = file.read(LONGEST).decode("utf-8-sig", "replace")
    first = (line.replace(";", ",").split(",")[0].strip().strip('"') for line in text.splitlines())
    ids = [each for each in first if each]
    return ids[1:] if ids and ids[0].lower() in {"id", "email", "user_id", "account"} else ids


def _faults_of_title(title: str) -> dict[str, str]:
    if 0 < len(title) <= 200:
        return {}
    return {"title": gettext("Give the cohort a name of at most 200 letters.")}


def _index(values: dict[str, str], faults: dict[str, str]) -> str:
    every = cohorts.with_sources()
    return render_template("growth/cohorts.html", cohorts=every, values=values, faults=faults)
