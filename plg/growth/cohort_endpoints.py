"""Cohorts for programs: lists of people or accounts that are segments everywhere."""

from __future__ import annotations

from typing import Any

from flask_openapi3 import Tag

from plg.growth import cohorts
from plg.growth.schemas import (
    ActorRef,
    CohortIn,
    CohortList,
    CohortMembers,
    CohortOut,
    CohortPath,
    MembersQuery,
)
from plg.kit.api import APIBlueprint
from plg.kit.caller import current_caller, requires
from plg.kit.clock import now
from plg.kit.db import db
from plg.segments import cohorts as lists
from plg.segments.models import Cohort

api = APIBlueprint(
    "cohorts", __name__, url_prefix="/v1", abp_tags=[Tag(name="Cohorts")], abp_security=[{"secret": []}]
)


@api.post(
    "/cohorts",
    summary="Keep people or accounts as a cohort",
    description="Its id is the name of a segment everywhere, and `cohort.<id>` is a field of rules.",
    responses={201: CohortOut},
)
@requires("secret", "staff")
def add_cohort(body: CohortIn) -> tuple[dict[str, Any], int]:
    by = current_caller().actor
    if body.of is None:
        row, unknown = cohorts.upload(body.title, body.actor, body.ids or [], by=by)
        return CohortOut.of(row, unknown=unknown).model_dump(mode="json"), 201
    question = cohorts.Question(body.of.kind, body.of.definition, body.of.number, body.of.days)
    row = cohorts.keep(body.title, question, dynamic=body.dynamic, by=by)
    return CohortOut.of(row).model_dump(mode="json"), 201


@api.get("/cohorts", summary="The cohorts", responses={200: CohortList})
@requires("secret", "staff")
def list_cohorts() -> dict[str, Any]:
    data = [CohortOut.of(row, source) for row, source in cohorts.with_sources()]
    return CohortList(data=data).model_dump(mode="json")


@api.get("/cohorts/<cohort>/members", summary="Who is in a cohort", responses={200: CohortMembers})
@requires("secret", "staff")
def list_members(path: CohortPath, query: MembersQuery) -> dict[str, Any]:
    rows = lists.page(lists.find(path.cohort), query.cursor, query.limit + 1)
    page = rows[: query.limit]
    following = page[-1][0] if len(rows) > query.limit else None
    data = [ActorRef(id=public_id, name=name) for _, public_id, name in page]
    return CohortMembers(data=data, next=following).model_dump()


@api.post("/cohorts/<cohort>/count", summary="Count a dynamic cohort again now", responses={200: CohortOut})
@requires("secret", "staff")
def count_cohort(path: CohortPath) -> dict[str, Any]:
    row = lists.find(path.cohort)
    cohorts.refresh_now(row, now())
    row = db.session.get_one(Cohort, row.id)
    return CohortOut.of(row, cohorts.source_of(row)).model_dump(mode="json")


@api.delete("/cohorts/<cohort>", summary="Delete a cohort", responses={204: None})
@requires("secret", "staff")
def delete_cohort(path: CohortPath) -> tuple[str, int]:
    cohorts.delete_cohort(lists.find(path.cohort))
    return "", 204
