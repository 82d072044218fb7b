"""Surveys: answered once by each person, and looked at together."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import delete, func, select, update

from academy import courses, enrolments, event_names, lessons
from academy.courses import PublishedCourse
from academy.lesson_kinds import Survey
from academy.lesson_kinds.survey import SurveyAnswerError
from academy.lesson_models import SurveyAnswers
from academy.models import CourseVersion, Enrolment
from academy.schemas import Lesson
from plg.kit.clock import now
from plg.kit.db import db
from plg.kit.errors import Conflict, Fault, NotFound, Unprocessable

MIN_SHOWN: Final = 5
"""So many people have answered an anonymous survey before anybody sees what they said."""


class SurveyNotFound(NotFound):
    pass


class SurveyFaulty(Unprocessable):
    """Answers that the survey cannot have; nothing was kept."""


class SurveyAnswered(Conflict):
    """This person answered the survey before; the first answers stay."""


class TooFewAnswers(Conflict):
    """An anonymous survey with so few answers would tell who said what."""


@dataclass(frozen=True)
class Results:
    """What was answered, in no order. survey: as the newest version asks; hidden: too few answered to be shown."""

    course_key: str
    lesson: Lesson
    survey: Survey
    count: int
    rows: list[SurveyAnswers]

    @property
    def hidden(self) -> bool:
        """Whether the answers are kept from being seen."""
        return self.survey.anonymous and self.count < MIN_SHOWN

    def counts(self, key: str) -> Counter[Any]:
        """How often each value of a question was given."""
        given = [row.answers.get(key) for row in self.rows]
        return Counter(
            value
            for each in given
            if each is not None
            for value in (each if isinstance(each, list) else [each])
        )


def answer(person_id: int, course_key: str, lesson_key: str, raw: dict[str, Any]) -> Enrolment:
    """Keep the person's answers, by the keys of the questions, and finish the lesson.

    Raises SurveyFaulty naming every fault, SurveyAnswered.
    """
    enrolment = enrolments.of(person_id, course_key, for_update=True)
    lesson = lessons.lesson_of(enrolment, lesson_key)
    survey = _survey(lesson)
    answers = _read(survey, raw)
    if not lessons.finish(enrolment, lesson_key, now()):
        raise SurveyAnswered("This survey was answered before.")
    row = SurveyAnswers(
        course_key=enrolment.course_key,
        lesson_key=lesson_key,
        version_id=enrolment.version_id,
        answers=answers,
    )
    if not survey.anonymous:
        row.enrolment_id, row.person_id, row.answered_at = enrolment.id, enrolment.person_id, now()
    db.session.add(row)
    enrolments.record(enrolment, event_names.SURVEY_ANSWERED, lesson=lesson_key, anonymous=survey.anonymous)
    db.session.flush()
    return enrolment


def _survey(lesson: Lesson) -> Survey:
    if not isinstance(lesson.work, Survey):
        raise SurveyNotFound(f"The lesson {lesson.key!r} is no survey.")
    return lesson.work


def _read(survey: Survey, raw: dict[str, Any]) -> dict[str, Any]:
    faults = [Fault(f"answers.{key}", "is no question of this survey") for key in raw.keys() - survey.keys]
    answers: dict[str, Any] = {}
    for question in survey.questions:
        try:
            given = question.read(raw.get(question.key))
        except SurveyAnswerError as error:
            faults.append(Fault(f"answers.{question.key}", str(error)))
            continue
        if given is not None:
            answers[question.key] = given
        elif question.required:
            faults.append(Fault(f"answers.{question.key}", "is needed"))
    if faults:
        raise SurveyFaulty(errors=faults)
    return answers


def results(course_key: str, lesson_key: str) -> Results:
    """Everything that was answered, to whichever version; SurveyNotFound where there never was such a survey."""
    newest = select(CourseVersion.id).where(CourseVersion.key == course_key)
    for version_id in db.session.scalars(newest.order_by(CourseVersion.version.desc())).all():
        lesson = courses.published(version_id).course.lesson(lesson_key)
        if lesson is not None and isinstance(lesson.work, Survey):
            return _results(course_key, lesson, lesson.work)
    raise SurveyNotFound(f"The course {course_key!r} has no survey {lesson_key!r}.")


def _results(course_key: str, lesson: Lesson, survey: Survey) -> Results:
    theirs = (SurveyAnswers.course_key == course_key, SurveyAnswers.lesson_key == lesson.key)
    rows = list(db.session.scalars(select(SurveyAnswers).where(*theirs).order_by(SurveyAnswers.id)))
    found = Results(course_key, lesson, survey, len(rows), rows)
    return Results(course_key, lesson, survey, len(rows), []) if found.hidden else found


def all_live() -> list[tuple[PublishedCourse, Lesson, int]]:
    """Every survey of the courses in the catalogue, with how many answered it: two queries."""
    counted = select(SurveyAnswers.course_key, SurveyAnswers.lesson_key, func.count())
    grouped = counted.group_by(SurveyAnswers.course_key, SurveyAnswers.lesson_key)
    counts = {(course, lesson): count for course, lesson, count in db.session.execute(grouped)}
    return [
        (published, lesson, counts.get((published.key, lesson.key), 0))
        for published in courses.catalogue()
        for lesson in published.course.lessons
        if isinstance(lesson.work, Survey)
    ]


def join(gone: Enrolment, into: Enrolment) -> None:
    """Answers of two enrolments of one person become one's; where both answered, the survivor's stay."""
    answered = select(SurveyAnswers.lesson_key).where(SurveyAnswers.enrolment_id == into.id)
    theirs = SurveyAnswers.enrolment_id == gone.id
    db.session.execute(
        delete(SurveyAnswers).where(theirs, SurveyAnswers.lesson_key.in_(answered)),
        execution_options={"synchronize_session": False},
    )
    db.session.execute(update(SurveyAnswers).where(theirs).values(enrolment_id=into.id))
