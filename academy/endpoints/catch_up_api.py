"""Catching up with a new version of a course, by a server: tried first, then done."""

from __future__ import annotations

import dataclasses
from typing import Any

from flask_openapi3 import Tag

from academy.certificates import catching_up
from academy.endpoints.award_shapes import CatchUpIn, CatchUpOut
from academy.endpoints.shapes import CoursePath
from plg.kit.api import APIBlueprint
from plg.kit.caller import current_caller, requires

api = APIBlueprint(
    "academy_catch_up_api",
    __name__,
    url_prefix="/v1/academy/courses",
    abp_tags=[Tag(name="Academy")],
    abp_security=[{"secret": []}],
)


@api.post(
    "/<course>/catch-ups",
    summary="Ask the holders of older certificates to catch up",
    responses={200: CatchUpOut},
)
@requires("secret")
def catch_up(path: CoursePath, body: CatchUpIn) -> dict[str, Any]:
    """`dry_run` (unless told otherwise) only says whom it concerns. Certificates of older versions end sooner, their
    holders get a mail, and renew them by the exam for the live version."""
    which: dict[str, Any] = {"to": body.to, "within": body.within}
    if body.dry_run:
        found = catching_up.plan(path.course, **which)
    else:
        found = catching_up.apply(path.course, **which, reason=body.reason, by=current_caller().actor)
    return {"dry_run": body.dry_run} | dataclasses.asdict(found)
