"""Exports for programs."""

from __future__ import annotations

from typing import Any

from flask_openapi3 import Tag

from plg.exports import exports
from plg.exports.schemas import ExportIn, ExportList, ExportOut, ExportPath, RunIn, RunList, RunOut
from plg.kit.api import APIBlueprint
from plg.kit.caller import current_caller, requires

api = APIBlueprint(
    "exports",
    __name__,
    url_prefix="/v1/exports",
    abp_tags=[Tag(name="Exports")],
    abp_security=[{"secret": []}],
)


@api.post(
    "",
    summary="Have events, people, accounts or a report leave by schedule",
    description="Events are a file for each day; late ones write their day anew. 409 `folder_taken`, "
    "`target_not_set_up`.",
    responses={201: ExportOut},
)
@requires("secret", "staff")
def add_export(body: ExportIn) -> tuple[dict[str, Any], int]:
    row = exports.add(
        body.content,
        format_=body.format,
        target=body.target,
        folder=body.folder,
        every=body.every,
        report=body.report,
        by=current_caller().actor,
    )
    return ExportOut.of(row).model_dump(mode="json"), 201


@api.get("", summary="What leaves by schedule", responses={200: ExportList})
@requires("secret", "staff")
def list_exports() -> dict[str, Any]:
    last = exports.newest_runs()
    data = [ExportOut.of(row, last.get(row.id)) for row in exports.every_one()]
    return ExportList(data=data).model_dump(mode="json")


@api.get("/<export>/runs", summary="The ledger of an export", responses={200: RunList})
@requires("secret", "staff")
def list_export_runs(path: ExportPath) -> dict[str, Any]:
    data = [RunOut.of(run) for run in exports.runs_of(exports.find(path.export))]
    return RunList(data=data).model_dump(mode="json")


@api.post("/<export>/run", summary="Have an export run now", responses={202: ExportOut})
@requires("secret", "staff")
def run_export(path: ExportPath, body: RunIn) -> tuple[dict[str, Any], int]:
    row = exports.find(path.export)
    exports.run_soon(row, anew=body.anew)
    return ExportOut.of(row, exports.newest_runs().get(row.id)).model_dump(mode="json"), 202


@api.delete("/<export>", summary="Delete an export; what has left stays", responses={204: None})
@requires("secret", "staff")
def delete_export(path: ExportPath) -> tuple[str, int]:
    exports.delete_export(exports.find(path.export))
    return "", 204
