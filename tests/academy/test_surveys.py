"""Surveys: answered once, every fault named, anonymous ones honestly so, read together by staff."""

from __future__ import annotations

import csv
import io

import pytest
from sqlalchemy import select

from academy import courses, enrolments, lessons, surveys
from academy.lesson_models import SurveyAnswers
from plg.events.models import Event
from plg.kit.db import db
from plg.people import identities
from tests.academy.conftest import KEY
from tests.academy.lesson_samples import SAID, lesson
from tests.academy.samples import SCRIPT, course
from tests.support.visitors import visitor

LESSON = "survey"


def publish(school, **changes) -> None:
    with school.turn():
        courses.publish(KEY, course(lessons=[lesson(1, "survey", **changes)]), by="tests")


def learner(school, name: str = "Ana López") -> int:
    person = school.person(name)
    with school.turn():
        enrolments.enrol(person, KEY)
    return person


def answer(school, person, said=SAID) -> None:
    with school.turn():
        surveys.answer(person, KEY, LESSON, said)


def rows() -> list[SurveyAnswers]:
    return list(db.session.scalars(select(SurveyAnswers)))


def test_a_survey_is_answered_once_also_by_parallel_requests(school):
    publish(school)
    person = learner(school)
    acts = [lambda n=n: surveys.answer(person, KEY, LESSON, {"useful": n}).id for n in (1, 2, 3, 4)]
    results = school.at_once(acts)
    assert results.count("survey_answered") == 3
    with school.turn():
        (row,) = rows()
        assert row.person_id == person and row.answered_at and row.answers["useful"] in (1, 2, 3, 4)
        assert enrolments.progress([enrolments.of(person, KEY)])[row.enrolment_id].lessons_done == {LESSON}
    assert school.events(person).count("Survey Answered") == 1


@pytest.mark.parametrize(
    ("said", "faults"),
    [
        ({}, {"answers.useful"}),
        (
            {"useful": 6, "liked": ["nothing"], "words": 7, "more": 1},
            {f"answers.{key}" for key in (*SAID, "more")},
        ),
        ({"useful": True, "words": "x" * 4_001}, {"answers.useful", "answers.words"}),
        ({"useful": "²", "words": "a\0b"}, {"answers.useful", "answers.words"}),
        ({"useful": {"a": 1}, "liked": [["tables"]]}, {"answers.useful", "answers.liked"}),
    ],
)
def test_every_fault_of_the_answers_is_named_and_nothing_is_kept(school, said, faults):
    publish(school)
    person = learner(school)
    with school.turn(), pytest.raises(surveys.SurveyFaulty) as refusal:
        surveys.answer(person, KEY, LESSON, said)
    assert {fault.field for fault in refusal.value.errors} == faults
    with school.turn():
        assert rows() == []
    answer(school, person)


def test_of_an_anonymous_survey_nothing_is_kept_that_says_who_it_was(school):
    publish(school, anonymous=True)
    people = [learner(school, f"Person {n}") for n in range(6)]
    for number, person in enumerate(people[:4]):
        answer(school, person, {"useful": 1 + number % 5, "words": f"said {number}"})
    with school.turn():
        few = surveys.results(KEY, LESSON)
        assert (few.count, few.hidden, few.rows) == (4, True, [])
    for number, person in enumerate(people[4:]):
        answer(school, person, {"useful": 5, "words": f"more {number}"})
    with school.turn():
        kept = rows()
        assert {(row.person_id, row.enrolment_id, row.answered_at) for row in kept} == {(None, None, None)}
        told = db.session.scalars(select(Event).where(Event.name == "Survey Answered")).all()
        assert len(told) == 6 and not any("said" in str(event.properties) for event in told)
        assert not surveys.results(KEY, LESSON).hidden
    with school.turn(), pytest.raises(surveys.SurveyAnswered):
        surveys.answer(people[0], KEY, LESSON, SAID)


def test_answers_follow_a_merge_and_the_survivor_s_stay(school, worker):
    publish(school)
    a, b = learner(school, "A"), learner(school, "B")
    answer(school, a, {"useful": 1})
    answer(school, b, {"useful": 5})
    with school.turn():
        into = identities.merge(a, b, reason="test", by="tests", force=True)
    worker()
    with school.turn():
        (row,) = rows()
        assert row.person_id == into and row.answers == {"useful": 1 if into == a else 5}


@pytest.fixture
def staff(app):
    return visitor(app, "staff", None).client


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_staff_read_the_answers_as_a_page_and_as_a_table(school, staff, secret_key):
    publish(school)
    answer(school, learner(school, "Ana"), {"useful": 4, "liked": ["tables", "videos"], "words": SCRIPT})
    answer(school, learner(school, "=cmd"), {"useful": 2, "words": "=1+1"})
    assert "Lesson survey" in staff.get("/staff/surveys").get_data(as_text=True)
    page = staff.get(f"/staff/surveys/{KEY}/{LESSON}").get_data(as_text=True)
    assert "Option tables (en)" in page and "On average: 3" in page and SCRIPT not in page
    table = staff.get(f"/staff/surveys/{KEY}/{LESSON}.csv").get_data(as_text=True)
    head, *lines = csv.reader(io.StringIO(table))
    assert head == ["person", "answered_at", "version", "useful", "liked", "words"]
    by_name = {line[0]: line[2:] for line in lines}
    assert by_name["Ana"][1:3] == ["4", "tables, videos"] and by_name["'=cmd"][-1] == "'=1+1"
    headers = {"Authorization": f"Bearer {secret_key}"}
    told = staff.get(f"/v1/academy/courses/{KEY}/surveys/{LESSON}", headers=headers).get_json()
    assert told["answered"] == 2 and told["questions"][0]["counts"]["4"] == 1
    publish(school, anonymous=True)
    assert "This survey is anonymous" in staff.get(f"/staff/surveys/{KEY}/{LESSON}").get_data(as_text=True)
    refused = staff.get(f"/staff/surveys/{KEY}/{LESSON}.csv", headers={"Accept": "application/json"})
    assert (refused.status_code, refused.get_json()["code"]) == (409, "too_few_answers")
    assert staff.get(f"/staff/surveys/{KEY}/nothing").status_code == 404


def test_a_survey_cannot_be_finished_without_its_answers(school):
    publish(school)
    person = learner(school)
    with school.turn(), pytest.raises(lessons.LessonNotDone):
        lessons.complete(person, KEY, LESSON)
