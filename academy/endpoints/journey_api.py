"""The API about learning paths, going on where one was, and why something is closed."""

from __future__ import annotations

from typing import Any

from flask_openapi3 import Tag

from academy import access, audience, journey_shown, paths, resuming
from academy.endpoints.api import ACTORS, learner
from academy.endpoints.journey_shapes import AccessOut, ContinueOut, PathList, PathOut, PathPath, StartPath
from academy.endpoints.shapes import CoursePath, PersonQuery
from plg.kit.api import APIBlueprint
from plg.kit.caller import current_caller, requires

api = APIBlueprint(
    "academy_journey_api",
    __name__,
    url_prefix="/v1/academy",
    abp_tags=[Tag(name="Academy")],
    abp_security=ACTORS,
)


@api.get("/paths", summary="The learning paths, and how far a person is", responses={200: PathList})
@requires("secret", "user")
def list_paths(query: PersonQuery) -> dict[str, Any]:
    person, _ = learner(query.person)
    return {"data": [journey_shown.path(each) for each in paths.seen_all(person)]}


@api.get("/paths/<path>", summary="One learning path", responses={200: PathOut})
@requires("secret", "user")
def get_path(path: PathPath, query: PersonQuery) -> dict[str, Any]:
    person, _ = learner(query.person)
    return journey_shown.path(paths.seen(person, path.path))


@api.post("/paths/<path>/start", summary="Begin a learning path", responses={200: PathOut})
@requires("secret", "user")
def start_path(path: PathPath, body: StartPath) -> dict[str, Any]:
    """Repeated, it changes nothing. Courses that were completed before count."""
    person, account = learner(body.person)
    paths.begin(person, path.path, account_id=account)
    return journey_shown.path(paths.seen(person, path.path))


@api.get("/continue", summary="Where a person goes on", responses={200: ContinueOut})
@requires("secret", "user")
def go_on(query: PersonQuery) -> dict[str, Any]:
    """The unfinished course in which they did something last, and its next lesson."""
    person, _ = learner(query.person)
    place = resuming.last_place(person)
    return {"next": journey_shown.step(place.published.key, place.step) if place else None}


@api.get(
    "/courses/<course>/access",
    summary="Why a course is open or closed to a person",
    responses={200: AccessOut},
)
@requires("secret", "user")
def explain_access(path: CoursePath, query: PersonQuery) -> dict[str, Any]:
    """Whether they may begin or go on, which courses come first, and what each closed lesson waits for."""
    person, account = learner(query.person)
    server = current_caller().kind == "secret"
    found = access.of(person, account, path.course, staff=server)
    told = audience.why(found.published.course.audience, person, account) if server else None
    return journey_shown.access(found) | {"why": told}
