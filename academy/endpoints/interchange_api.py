"""Questions of other formats by API: into the draft of a course, and out of it."""

from __future__ import annotations

import base64
from typing import Any

from flask_openapi3 import Tag

from academy import draft_interchange
from academy.endpoints.interchange_shapes import ExportOut, ExportQuery, ImportIn, ImportOut
from academy.endpoints.shapes import CoursePath
from plg.kit.api import APIBlueprint
from plg.kit.caller import current_caller, requires

api = APIBlueprint(
    "academy_interchange_api",
    __name__,
    url_prefix="/v1/academy/courses",
    abp_tags=[Tag(name="Academy")],
    abp_security=[{"secret": []}],
)


@api.post(
    "/<course>/draft/questions/import",
    summary="Bring questions of another format into the draft of a course",
    description="GIFT, Moodle XML, Aiken, QTI 2 and 3, OLX. The report names whatever is not carried, with its place "
    "and the reason. 422 `file_unreadable` or `format_unknown` where nothing of it can be read.",
    responses={200: ImportOut},
)
@requires("secret")
def import_course_questions(path: CoursePath, body: ImportIn) -> dict[str, Any]:
    english = (f"{body.name} (en)", body.english) if body.english is not None else None
    brought = draft_interchange.bring(
        path.course, body.name, body.content, format=body.format, bank=body.bank or "", english=english
    )
    edition = None
    if not body.dry_run:
        edition = draft_interchange.save(
            path.course, brought, edition=body.edition, by=current_caller().actor
        )
    return {
        "course": path.course,
        "dry_run": body.dry_run,
        "edition": edition,
        "questions": list(brought.keys),
        "report": brought.report.plain(),
    }


@api.get(
    "/<course>/draft/questions/export",
    summary="The questions of a draft as a file of another format",
    description="Of its newest version, where the course has no draft. A file holds one language; the report names "
    "what the format cannot hold.",
    responses={200: ExportOut},
)
@requires("secret")
def export_course_questions(path: CoursePath, query: ExportQuery) -> dict[str, Any]:
    writing = draft_interchange.take_out(path.course, query.format, language=query.language, bank=query.bank)
    return {
        "name": f"{path.course}.{query.language}{writing.ending}",
        "media_type": writing.media_type,
        "content": base64.b64encode(writing.data).decode(),
        "report": writing.report.plain(),
    }
