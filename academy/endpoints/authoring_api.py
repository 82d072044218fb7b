"""Courses as files over the API: drafts, publishing them, going back."""

from __future__ import annotations

from typing import Any

from flask_openapi3 import Tag

from academy import courses, draft_media, drafts, publishing
from academy.course_text import PlacedFault
from academy.endpoints.authoring_shapes import (
    CourseVersionsOut,
    DraftIn,
    DraftOut,
    PlanOut,
    PublishIn,
    RollBackIn,
)
from academy.endpoints.shapes import CoursePath
from academy.models import CourseDraft
from academy.publishing import Plan
from plg.kit.api import APIBlueprint
from plg.kit.caller import current_caller, requires

api = APIBlueprint(
    "academy_authoring_api",
    __name__,
    url_prefix="/v1/academy/courses",
    abp_tags=[Tag(name="Academy")],
    abp_security=[{"secret": []}],
)


@api.get("/<course>/draft", summary="The draft of a course, and its faults", responses={200: DraftOut})
@requires("secret", "staff")
def get_course_draft(path: CoursePath) -> dict[str, Any]:
    return _draft(drafts.find(path.course))


@api.put(
    "/<course>/draft",
    summary="Save a draft of a course",
    description="The files of its folder, in place of those before. They may have faults, which are answered, and "
    "nobody is shown them.",
    responses={200: DraftOut},
)
@requires("secret")
def save_course_draft(path: CoursePath, body: DraftIn) -> dict[str, Any]:
    media = {name: draft_media.keep(name, content) for name, content in body.media.items()}
    files = draft_media.add(body.files, media) if media else body.files
    saved = drafts.save(path.course, files, instead_of=body.edition, by=current_caller().actor)
    return _draft(saved)


@api.delete("/<course>/draft", summary="Let the draft of a course go", responses={204: None})
@requires("secret")
def discard_course_draft(path: CoursePath) -> tuple[str, int]:
    drafts.discard(path.course, by=current_caller().actor)
    return "", 204


@api.post(
    "/<course>/draft/publish",
    summary="Make the draft of a course the live version",
    description="422 `course_faulty` names all that is wrong with it. Who has begun stays on their version. With "
    "`dry_run` it only says what would change, and for whom.",
    responses={200: PlanOut},
)
@requires("secret")
def publish_course_draft(path: CoursePath, body: PublishIn) -> dict[str, Any]:
    plan = publishing.plan(path.course)
    if body.dry_run:
        return _plan(path.course, plan, dry_run=True)
    row = publishing.publish(path.course, edition=body.edition, by=current_caller().actor)
    return _plan(path.course, plan, dry_run=False) | {"version": row.version}


@api.get("/<course>/versions", summary="The versions of a course", responses={200: CourseVersionsOut})
@requires("secret", "staff")
def list_course_versions(path: CoursePath) -> dict[str, Any]:
    rows, learners = publishing.versions_of(path.course), publishing.learners(path.course)
    if not rows:
        raise courses.CourseNotFound(f"There is no course {path.course!r}.")
    told = [
        {
            "version": row.version,
            "live": row is rows[0] and row.retired_at is None,
            "published_at": row.published_at,
            "published_by": row.published_by,
            "learners": learners.get(row.version, 0),
        }
        for row in rows
    ]
    return {"data": told}


@api.post(
    "/<course>/roll-back",
    summary="Make an earlier version of a course live again",
    description="What it said is published as a new version. Who has begun stays on their version.",
    responses={200: PlanOut},
)
@requires("secret")
def roll_back_course(path: CoursePath, body: RollBackIn) -> dict[str, Any]:
    row = publishing.roll_back(path.course, body.version, by=current_caller().actor)
    return {"course": path.course, "dry_run": False, "version": row.version}


def _draft(row: CourseDraft) -> dict[str, Any]:
    return {
        "course": row.key,
        "edition": row.edition,
        "saved_at": row.saved_at,
        "saved_by": row.saved_by,
        "files": row.files,
        "faults": [_fault(fault) for fault in drafts.check(row.files).faults],
    }


def _fault(fault: PlacedFault) -> dict[str, Any]:
    return {"field": fault.field, "message": fault.message, "line": fault.line}


def _plan(course: str, plan: Plan, *, dry_run: bool) -> dict[str, Any]:
    found = plan.difference
    return {
        "course": course,
        "dry_run": dry_run,
        "version": plan.live_version,
        "faults": [_fault(fault) for fault in plan.faults],
        "lessons": found.lessons,
        "questions": found.questions,
        "settings": found.settings,
        "files": {
            name: "\n".join(kind + line for kind, line in lines) for name, lines in found.lines.items()
        },
        "learners": plan.learners,
    }
