"""Those behind a number of a report, as the firm's own staff see them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, Response, render_template, request, url_for
from pydantic import ValidationError

from plg.growth import answers, asking, cohort_pages, config, downloads, labels, saved_reports
from plg.growth.answers import ReportFaulty
from plg.growth.dashboard import QUESTIONS
from plg.growth.reports import REPORTS
from plg.growth.reports.definition import Definition
from plg.growth.reports.numbers import Number, Place
from plg.growth.reports.tables import Table
from plg.kit.caller import requires
from plg.kit.clock import now

bp = Blueprint("growth_people", __name__, template_folder="templates")

PAGE = 50


@bp.get("/growth/reports/<public_id>/people")
@requires("staff")
def of_report(public_id: str) -> str:
    """Who stands behind a number of a kept report."""
    row, what = saved_reports.find(public_id), asking.this()[0]
    name, kind, days, timezone = row.name, row.kind, row.days, config.live().timezone
    definition = saved_reports.definition_of(row, timezone, asking.days(what), what.segment)
    here: dict[str, Any] = {"public_id": public_id} | asking.given(what)
    back = url_for("growth.report", **here), name
    last = None if asking.days(what) else days
    return _page(kind, definition, last, back, "growth_people.of_report", here)


@bp.get("/growth/reports/<public_id>/people.csv")
@requires("staff")
def csv_of_report(public_id: str) -> Response:
    row, what = saved_reports.find(public_id), asking.this()[0]
    kind, timezone = row.kind, config.live().timezone
    definition = saved_reports.definition_of(row, timezone, asking.days(what), what.segment)
    return downloads.people(kind, answers.everybody(kind, definition, _number(kind)))


@bp.get("/growth/people/<any('funnel', 'signups', 'value', 'trials'):which>")
@requires("staff")
def of_dashboard(which: str) -> str:
    """Who stands behind a number of the first dashboard."""
    kind, definition, here = _question(which)
    asked: dict[str, Any] = asking.this()[0].arguments
    back = url_for("growth.page", **asked), labels.KINDS[kind]
    what = asking.this()[0]
    last = None if asking.days(what) else (what.last - what.first).days + 1
    return _page(kind, definition, last, back, "growth_people.of_dashboard", here)


@bp.get("/growth/people/<any('funnel', 'signups', 'value', 'trials'):which>.csv")
@requires("staff")
def csv_of_dashboard(which: str) -> Response:
    kind, definition, _ = _question(which)
    return downloads.people(kind, answers.everybody(kind, definition, _number(kind)))


def link(asked: Definition, kind: str, endpoint: str, **here: Any) -> Callable[[Table, str, int], str]:
    """From a cell of a table (its column, its row) to the address of those behind it; empty where nobody is."""
    number_at = REPORTS[kind].number.at

    def to(table: Table, column: str, row: int) -> str:
        record = dict(zip(table.columns, table.rows[row], strict=True))
        number = (
            number_at(asked, Place(table.name, column, row, len(table.rows), record))
            if record[column]
            else None
        )
        return url_for(endpoint, **here, number=told(number)) if number else ""

    return to


def told_link(here: Mapping[str, Any]) -> Callable[..., str]:
    """From a number of the first dashboard to the address of those behind it: `behind("funnel", step=2)`."""

    def to(which: str, **number: Any) -> str:
        named = REPORTS[QUESTIONS[which][0]].number.model_validate(number)
        return url_for("growth_people.of_dashboard", which=which, **here, number=told(named))

    return to


def told(number: Number) -> str:
    """The number as the query of a page names it."""
    return number.model_dump_json(exclude_defaults=True)


def _question(which: str) -> tuple[str, Definition, dict[str, Any]]:
    what = asking.this()[0]
    kind, asked = QUESTIONS[which]
    definition = asked(what, config.live(), asking.locale(), now())
    return kind, definition, {"which": which} | what.arguments


def _page(
    kind: str,
    definition: Definition,
    days: int | None,
    back: tuple[str, Any],
    endpoint: str,
    here: dict[str, Any],
) -> str:
    """days: how many a dynamic cohort looks back, where its range is not that of the definition."""
    number = _number(kind)
    found = answers.people(kind, definition, number, request.args.get("cursor"), PAGE)
    asked = definition.model_dump(mode="json", by_alias=True, exclude_defaults=True, exclude={"as_of"})
    here = here | {"number": told(number)}
    csv = url_for(endpoint.replace(".of_", ".csv_of_"), **here)
    following = url_for(endpoint, **here, cursor=found.next) if found.next else ""
    return render_template(
        "growth/people.html",
        found=found,
        facts=_facts(number),
        people=definition.actor == "person",
        question=cohort_pages.question_text(kind, asked, told(number), days),
        back=back,
        csv=csv,
        next=following,
        first=url_for(endpoint, **here) if request.args.get("cursor") else "",
    )


def _facts(number: Number) -> list[tuple[Any, Any]]:
    """What the number is of, in words."""
    given = number.model_dump(mode="json", exclude_defaults=True)
    return [(labels.NUMBERS[name], value) for name, value in given.items()]


def _number(kind: str) -> Number:
    """The number that the query names. Raises `ReportFaulty`."""
    try:
        return REPORTS[kind].number.model_validate_json(request.args.get("number", "{}"))
    except ValidationError:
        raise ReportFaulty("The query names no number of this report.") from None
