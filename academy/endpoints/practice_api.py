"""Practice by API: the next question, and its answer."""

from __future__ import annotations

from typing import Any

from flask_openapi3 import Tag

from academy import enrolments, practice, practice_shown
from academy.endpoints.api import ACTORS, learner
from academy.endpoints.practice_shapes import PracticeAnswerIn, PracticeAnswerOut, PracticeNextOut
from academy.endpoints.shapes import CoursePath, LocaleQuery
from plg.kit.api import APIBlueprint
from plg.kit.caller import requires

api = APIBlueprint(
    "academy_practice_api",
    __name__,
    url_prefix="/v1/academy/courses",
    abp_tags=[Tag(name="Academy")],
    abp_security=ACTORS,
)


@api.get("/<course>/practice", summary="The next question to practise", responses={200: PracticeNextOut})
@requires("secret", "user")
def get_practice(path: CoursePath, query: LocaleQuery) -> dict[str, Any]:
    person, _ = learner(query.person)
    enrolment = enrolments.of(person, path.course)
    where = practice.standing(enrolment)
    question = None if where.task is None else practice_shown.task(enrolment, where.task, query.locale)
    return practice_shown.counts(where) | {"question": question}


@api.post("/<course>/practice", summary="Practise a question", responses={200: PracticeAnswerOut})
@requires("secret", "user")
def answer_practice(path: CoursePath, query: LocaleQuery, body: PracticeAnswerIn) -> dict[str, Any]:
    """409 `practice_stale` when the question was answered since it was read. No mark of an exam depends on it."""
    person, _ = learner(body.person)
    done = practice.answer(person, path.course, body.question, body.turn, body.answer)
    enrolment = enrolments.of(person, path.course)
    question = practice_shown.answered(enrolment, done, query.locale)
    return practice_shown.counts(practice.standing(enrolment)) | {"question": question}
