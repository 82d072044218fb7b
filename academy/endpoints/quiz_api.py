"""What a server may ask about the quizzes of all people: item analysis, more time for one person."""

from __future__ import annotations

from typing import Any

from flask import Response
from flask_openapi3 import Tag

from academy import attempts, quiz_analysis, regrades
from academy.endpoints.quiz_shapes import (
    AnalysisOut,
    AnalysisQuery,
    ExtensionIn,
    ExtensionOut,
    RegradeIn,
    RegradeOut,
)
from academy.endpoints.shapes import CoursePath
from plg.accounts import accounts
from plg.growth.tables import csv_response
from plg.kit.api import APIBlueprint
from plg.kit.caller import current_caller, requires
from plg.kit.errors import Fault, Unprocessable
from plg.people import people


class OneOfTwoNeeded(Unprocessable):
    """An extension is given either to a person or to an account."""


api = APIBlueprint(
    "academy_quiz_api",
    __name__,
    url_prefix="/v1/academy/quizzes",
    abp_tags=[Tag(name="Academy")],
    abp_security=[{"secret": []}],
)


@api.get("/<course>/analysis", summary="Item analysis of a course's quiz", responses={200: AnalysisOut})
@requires("secret")
def analyse_quiz(path: CoursePath, query: AnalysisQuery) -> dict[str, Any] | Response:
    """By Moodle's definitions. Figures that cannot be calculated are null; negative ones are what they are."""
    found = quiz_analysis.analyse(path.course, version=query.version, which=query.attempts)
    if query.format == "csv":
        return csv_response(quiz_analysis.csv_rows(found), f"{path.course}-analysis")
    return quiz_analysis.plain(found)


@api.post(
    "/<course>/extensions",
    summary="Give a person or an account more time or attempts",
    responses={200: ExtensionOut},
)
@requires("secret")
def extend_quiz(path: CoursePath, body: ExtensionIn) -> dict[str, Any]:
    """Instead of what they were given before. An attempt that runs gets its new deadline at once."""
    if (body.person is None) == (body.account is None):
        raise OneOfTwoNeeded(errors=[Fault("person", "is needed, or else an account")])
    amount = body.model_dump(include={"extra_minutes", "extra_attempts", "reason"})
    by, count = current_caller().actor, 1
    if body.account is not None:
        count = len(attempts.extend_account(accounts.find(body.account).id, path.course, **amount, by=by))
    else:
        attempts.extend(people.find(body.person or "").id, path.course, **amount, by=by)
    return {"course": path.course, "people": count} | body.model_dump(exclude={"reason"})


@api.post(
    "/<course>/regrades", summary="Mark attempts again by a corrected version", responses={200: RegradeOut}
)
@requires("secret")
def regrade_quiz(path: CoursePath, body: RegradeIn) -> dict[str, Any]:
    """`dry_run` (unless told otherwise) only says who would change. Logs are replayed; papers stay as drawn."""
    which: dict[str, Any] = {"version": body.version, "against": body.against, "policy": body.certificates}
    if body.dry_run:
        found = regrades.plan(path.course, **which)
    else:
        found = regrades.apply(path.course, **which, reason=body.reason, by=current_caller().actor)
    changed = found.changes
    return {
        "dry_run": body.dry_run,
        "attempts": found.attempts,
        "changed": len(changed),
        "now_passed": sum(each.passed and not each.old_passed for each in changed),
        "passed_no_more": sum(each.old_passed and not each.passed for each in changed),
        "changes": [_change(each) for each in changed[: regrades.TOLD]],
    }


def _change(change: regrades.Change) -> dict[str, Any]:
    return {
        "attempt": change.public_id,
        "person": change.person,
        "number": change.number,
        "old_score_percent": change.old_score / 10_000,
        "score_percent": change.score / 10_000,
        "old_passed": change.old_passed,
        "passed": change.passed,
    }
