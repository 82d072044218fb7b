"""Lessons over the API: what is told of their readers, surveys, and the files of courses."""

from __future__ import annotations

from typing import Any
from urllib.parse import urljoin

from flask import Response, current_app
from flask_openapi3 import Tag

from academy import (
    courses,
    enrolments,
    lesson_facts,
    lesson_shown,
    lessons,
    locks,
    shown,
    survey_results,
    surveys,
)
from academy.endpoints import content, media
from academy.endpoints.api import ACTORS, learner
from academy.endpoints.lesson_shapes import (
    Beat,
    FactsOut,
    FilePath,
    ScormLaunchOut,
    ScormOut,
    SurveyIn,
    SurveyOut,
    SurveyPath,
)
from academy.endpoints.shapes import ByPerson, EnrolmentOut, LessonPath, PersonQuery
from academy.scorm import runs
from plg.kit.api import APIBlueprint
from plg.kit.caller import requires
from plg.settings import Settings

api = APIBlueprint(
    "academy_lesson_api",
    __name__,
    url_prefix="/v1/academy",
    abp_tags=[Tag(name="Academy")],
    abp_security=ACTORS,
)


@api.get(
    "/courses/<course>/lessons/<lesson>/facts",
    summary="How far a person is in a lesson",
    responses={200: FactsOut},
)
@requires("secret", "user")
def get_facts(path: LessonPath, query: PersonQuery) -> dict[str, Any]:
    person, _ = learner(query.person)
    enrolment = enrolments.of(person, path.course)
    lesson = lessons.lesson_of(enrolment, path.lesson)
    known, completed = lesson_facts.of(enrolment, lesson), lessons.is_completed(enrolment, lesson.key)
    return lesson_shown.facts(lesson, known, completed=completed)


@api.post(
    "/courses/<course>/lessons/<lesson>/facts", summary="Tell how a lesson is read", responses={200: FactsOut}
)
@requires("secret", "user")
def post_facts(path: LessonPath, body: Beat) -> dict[str, Any]:
    """The first word opens the lesson; time counts from then on. Where it is enough, the lesson is finished."""
    person, _ = learner(body.person)
    return noted(person, path.course, path.lesson, body)


def noted(person: int, course: str, lesson_key: str, beat: Beat) -> dict[str, Any]:
    """Take down what a page tells, and tell what is known now."""
    known = lessons.note(person, course, lesson_key, beat.told())
    enrolment = enrolments.of(person, course)
    lesson = lessons.lesson_of(enrolment, lesson_key)
    return lesson_shown.facts(lesson, known, completed=lessons.is_completed(enrolment, lesson_key))


@api.post(
    "/courses/<course>/lessons/<lesson>/survey", summary="Answer a survey", responses={200: EnrolmentOut}
)
@requires("secret", "user")
def answer_survey(path: LessonPath, body: SurveyIn) -> dict[str, Any]:
    """Once: the first answers stay."""
    person, _ = learner(body.person)
    row = surveys.answer(person, path.course, path.lesson, body.answers)
    return shown.enrolment(row, enrolments.progress([row])[row.id])


@api.post(
    "/courses/<course>/lessons/<lesson>/scorm",
    summary="Open the SCORM content of a lesson",
    responses={200: ScormLaunchOut},
)
@requires("secret", "user")
def open_scorm(path: LessonPath, body: ByPerson) -> dict[str, Any]:
    """A launch of its own: what tabs and devices opened before changes nothing any more."""
    person, _ = learner(body.person)
    frame = scorm_frame(person, path.course, path.lesson)
    settings: Settings = current_app.extensions["plg.settings"]
    return frame | {"url": urljoin(settings.public_url, frame["url"])}


def scorm_frame(person: int, course: str, lesson_key: str) -> dict[str, Any]:
    """Open the content of a lesson, and tell what a page needs to show it."""
    launch = runs.open_content(person, course, lesson_key)
    return content.frame(launch, enrolments.of(person, course).id, lesson_key)


@api.get(
    "/courses/<course>/lessons/<lesson>/scorm",
    summary="What the SCORM content of a lesson has reported",
    responses={200: ScormOut},
)
@requires("secret", "user")
def get_scorm(path: LessonPath, query: PersonQuery) -> dict[str, Any]:
    person, _ = learner(query.person)
    enrolment = enrolments.of(person, path.course)
    runs.scorm_of(lessons.lesson_of(enrolment, path.lesson))
    return runs.told(runs.find(enrolment.id, path.lesson))


@api.get(
    "/courses/<course>/surveys/<lesson>",
    summary="What was answered to a survey",
    responses={200: SurveyOut},
    security=[{"secret": []}],
)
@requires("secret")
def get_survey(path: SurveyPath) -> dict[str, Any]:
    return survey_results.told(surveys.results(path.course, path.lesson))


@api.get("/courses/<course>/files/<name>", summary="A file of a course", responses={200: None})
@requires("secret", "user")
def get_course_file(path: FilePath, query: PersonQuery) -> Response:
    """As the version of the person's enrolment has it; ranges are answered."""
    person, _ = learner(query.person)
    enrolment = enrolments.of(person, path.course)
    locks.check_file(enrolment, path.name)
    published = courses.published(enrolment.version_id)
    return media.send(media.file_of(published, path.name), path.name)
