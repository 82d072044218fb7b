"""Reports for programs: one door a kind, those that are kept, the people behind a number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response, jsonify
from flask_openapi3 import Tag

from plg.growth import answers, config, downloads, saved_reports
from plg.growth.reports import REPORTS, Report
from plg.growth.reports.definition import Definition
from plg.growth.schemas import (
    ActorRef,
    PeopleBehind,
    PeopleIn,
    PeopleQuery,
    ReportQuery,
    SavedReportIn,
    SavedReportList,
    SavedReportOut,
    SavedReportPath,
    people_in,
)
from plg.kit.api import APIBlueprint
from plg.kit.caller import current_caller, requires

api = APIBlueprint(
    "reports", __name__, url_prefix="/v1", abp_tags=[Tag(name="Reports")], abp_security=[{"secret": []}]
)


def _door(kind: str, report: Report) -> Callable[..., Response]:
    """The view of one kind of report."""

    def count(body: Definition, query: ReportQuery) -> Response:
        result = answers.answer(kind, body)
        if query.format == "json":
            return jsonify(result.model_dump(mode="json"))
        return downloads.download(kind, result, query.format, query.table)

    count.__name__ = f"count_{kind.replace('-', '_')}"
    count.__annotations__ |= {"body": report.definition, "query": ReportQuery}
    return requires("secret", "staff")(count)


def _people_door(kind: str, body_: type[PeopleIn]) -> Callable[..., Any]:
    """The view of those behind the numbers of one kind of report."""

    def list_people(body: Any, query: PeopleQuery) -> Any:
        if query.format == "csv":
            return downloads.people(kind, answers.everybody(kind, body.report, body.number))
        found = answers.people(kind, body.report, body.number, body.cursor, body.limit)
        data = [ActorRef(id=public_id, name=name) for public_id, name in found.rows]
        return PeopleBehind(data=data, total=found.total, next=found.next).model_dump()

    list_people.__name__ = f"list_{kind.replace('-', '_')}_people"
    list_people.__annotations__ |= {"body": body_, "query": PeopleQuery}
    return requires("secret", "staff")(list_people)


for _kind, _report in REPORTS.items():
    api.post(
        f"/reports/{_kind}",
        summary=_report.meaning.split("\n\n")[0].replace("\n", " "),
        description=_report.meaning,
        responses={200: _report.result},
    )(_door(_kind, _report))
    api.post(
        f"/reports/{_kind}/people",
        summary=f"The people or accounts behind a number of a report ({_kind})",
        description=_report.number.__doc__,
        responses={200: PeopleBehind},
    )(_people_door(_kind, people_in(_report)))


@api.post(
    "/saved-reports",
    summary="Keep a report",
    description="Staff see it at `/growth/reports/<id>`. 422 `report_faulty` names every fault of the definition.",
    responses={201: SavedReportOut},
)
@requires("secret", "staff")
def save_report(body: SavedReportIn) -> tuple[dict[str, Any], int]:
    row = saved_reports.save(body.name, body.kind, body.definition, body.days, by=current_caller().actor)
    return SavedReportOut.of(row).model_dump(mode="json"), 201


@api.get("/saved-reports", summary="The reports that are kept", responses={200: SavedReportList})
@requires("secret", "staff")
def list_saved_reports() -> dict[str, Any]:
    data = [SavedReportOut.of(row) for row in saved_reports.all_reports()]
    return SavedReportList(data=data).model_dump(mode="json")


@api.get("/saved-reports/<report>/result", summary="A kept report's answer now", responses={200: None})
@requires("secret", "staff")
def answer_saved_report(path: SavedReportPath, query: ReportQuery) -> Response:
    row = saved_reports.find(path.report)
    kind = row.kind
    result = answers.answer(kind, saved_reports.definition_of(row, config.live().timezone))
    if query.format == "json":
        return jsonify(result.model_dump(mode="json"))
    return downloads.download(kind, result, query.format, query.table)


@api.delete("/saved-reports/<report>", summary="Delete a kept report", responses={204: None})
@requires("secret", "staff")
def delete_saved_report(path: SavedReportPath) -> tuple[str, int]:
    saved_reports.delete(saved_reports.find(path.report))
    return "", 204
