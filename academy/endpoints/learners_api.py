"""The API about the learners of a course, for servers: inviting people, and moving them to another version."""

from __future__ import annotations

from typing import Any

from flask_openapi3 import Tag

from academy import invitations, journey_shown, moves
from academy.endpoints.journey_shapes import (
    InvitationList,
    InvitationsIn,
    InvitationsOut,
    InvitationsQuery,
    MigrationIn,
    MigrationOut,
)
from academy.endpoints.letters import send_invitations
from academy.endpoints.shapes import CoursePath
from plg.kit.api import APIBlueprint
from plg.kit.caller import current_caller, requires

api = APIBlueprint(
    "academy_learners_api",
    __name__,
    url_prefix="/v1/academy/courses",
    abp_tags=[Tag(name="Academy")],
    abp_security=[{"secret": []}],
)


@api.post("/<course>/invitations", summary="Invite people to a course", responses={200: InvitationsOut})
@requires("secret")
def invite(path: CoursePath, body: InvitationsIn) -> dict[str, Any]:
    """Each address gets one mail with a link, however often it is given. All or none: 422 names every text that is
    no address."""
    found = invitations.invite_all(path.course, body.emails, by=current_caller().actor)
    send_invitations(path.course, found, body.locale)
    new = [each.email for each in found]
    return {"invited": new, "already_invited": invitations.others(body.emails, new)}


@api.get("/<course>/invitations", summary="Who was invited to a course", responses={200: InvitationList})
@requires("secret")
def list_course_invitations(path: CoursePath, query: InvitationsQuery) -> dict[str, Any]:
    rows = invitations.of_course(path.course, after=query.after, limit=query.limit)
    told = [
        {"email": row.email, "invited_at": row.invited_at, "accepted_at": row.accepted_at} for row in rows
    ]
    return {"data": told, "next": rows[-1].id if len(rows) == query.limit else None}


@api.post("/<course>/migrations", summary="Move learners to the live version", responses={200: MigrationOut})
@requires("secret")
def migrate(path: CoursePath, body: MigrationIn) -> dict[str, Any]:
    """`dry_run` (unless told otherwise) only says what would change for how many. Lessons keep what was done by their
    key, or as `map` says; who has completed the course stays. The move itself goes on in the background; said again,
    it is the same move."""
    found = moves.plan(path.course, to=body.to, lessons=body.map)
    row = None
    if not body.dry_run:
        row = moves.start(path.course, to=body.to, lessons=body.map, by=current_caller().actor)
    return journey_shown.migration(path.course, body.to, found, row)
