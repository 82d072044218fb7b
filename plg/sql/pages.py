"""SQL as the firm's own staff ask it: a text, a table, a download."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request

from plg.growth.tables import csv_response
from plg.kit.caller import current_caller, requires
from plg.kit.errors import Refusal
from plg.sql import queries
from plg.sql.schemas import EXAMPLE

bp = Blueprint("staff_sql", __name__, template_folder="templates")

SHOWN = 500
VIEWS = {
    "events": "id, name, person_id, account_id, occurred_at, received_at, properties, context, source",
    "people": "id, email, name, locale, identified, merged_into, traits, created_at",
    "accounts": "id, name, plan, members, timezone, traits, created_at",
    "sessions": "person_id, session, account_id, started_at, ended_at, events",
}


@bp.get("/growth/sql")
@requires("staff")
def form() -> str:
    return _page(request.args.get("sql", EXAMPLE)[: queries.LONGEST], None, "")


@bp.post("/growth/sql")
@requires("staff")
def ask() -> str | Response | tuple[str, int]:
    """The answer below the query, or as CSV; 422 with what the engine said."""
    sql = request.form.get("sql", "")[: queries.LONGEST]
    try:
        found = queries.ask(sql, by=current_caller().actor)
    except Refusal as refusal:
        return _page(sql, None, refusal.detail or refusal.title), refusal.status
    if request.form.get("format") == "csv":
        return csv_response([[each["name"] for each in found.columns], *found.rows], "query")
    return _page(sql, found, "")


def _page(sql: str, found: queries.Answer | None, fault: str) -> str:
    told = {"sql": sql, "found": found, "fault": fault, "views": VIEWS, "shown": SHOWN}
    limits = {"rows": queries.ROWS, "seconds": queries.SECONDS}
    return render_template("sql/page.html", **told, **limits, recent=queries.recent())
