"""What is told of an attempt and when, drafts, and what staff give one person beyond the rules."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from pydantic import ValidationError
from sqlalchemy import select

from academy import attempts, enrolments, shown
from academy.attempts import GRACE
from academy.models import AttemptStep
from plg.kit.db import db
from tests.academy.conftest import KEY
from tests.academy.samples import course, quiz, read

START = dt.datetime(2026, 5, 4, 9, 0, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)
MATRIX = {
    "just_after": ["marks"],
    "later": ["attempt", "correctness"],
    "after_close": ["attempt", "marks", "correctness", "feedback", "answer"],
}


@pytest.fixture
def clock():
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


def steps(school, attempt):
    with school.turn():
        query = select(AttemptStep).where(AttemptStep.attempt_id == school.attempt(attempt).id)
        return [
            (row.kind, set(row.answers)) for row in db.session.scalars(query.order_by(AttemptStep.sequence))
        ]


def test_drafts_replace_each_other_and_the_next_step_takes_them_into_the_log(school):
    person = school.ready()
    attempt = school.start(person)
    right, wrong = school.right(attempt), school.wrong(attempt)
    with school.turn():
        attempts.autosave(attempt, wrong, 0, person_id=person)
        attempts.autosave(attempt, {1: right[1], 2: right[2]}, 1, person_id=person)
        row = attempts.autosave(attempt, {1: right[1]}, 0, person_id=person)
        assert (row.sequence, len(row.answers)) == (2, 4)
    assert steps(school, attempt) == []
    with pytest.raises(attempts.StaleAnswers), school.turn():
        attempts.autosave(attempt, {3: None}, 1, person_id=person)
    with school.turn():
        attempts.save(attempt, {3: right[3]}, 2, person_id=person)
        attempts.autosave(attempt, {4: right[4]}, 3, person_id=person)
    assert steps(school, attempt) == [("save", {"1", "2", "3", "4"})]
    with school.turn():
        assert attempts.submit(attempt, {}, 4, person_id=person).passed
    assert steps(school, attempt)[1:] == [("submit", {"4"})]


def test_a_draft_counts_when_the_time_is_over(school, clock):
    school.publish(quiz=quiz(time_limit_minutes=10))
    person = school.ready()
    attempt = school.start(person)
    with school.turn():
        attempts.autosave(attempt, school.right(attempt), 0, person_id=person)
    clock.shift(10 * MINUTE + GRACE + MINUTE)
    with school.turn():
        assert attempts.close_due(START + 20 * MINUTE) == 1
    with school.turn():
        assert (school.attempt(attempt).passed, school.attempt(attempt).state) == (True, "expired")
    assert steps(school, attempt) == [("expire", {"1", "2", "3", "4"})]


def test_each_phase_tells_what_the_matrix_says(school, clock):
    closes_at = START + dt.timedelta(hours=1)
    school.publish(quiz=quiz(review=MATRIX, closes_at=closes_at.isoformat()))
    person = school.ready()
    attempt = school.start(person)

    def told():
        with school.turn():
            return shown.attempt(school.attempt(attempt), "en")

    assert all(question.keys() & {"feedback_html", "result"} == set() for question in told()["questions"])
    with school.turn():
        attempts.submit(attempt, school.right(attempt), 0, person_id=person)
    just_after = told()
    assert (just_after["questions"], just_after["score_percent"], just_after["passed"]) == ([], 100, True)
    clock.shift(2 * MINUTE)
    later = told()
    question = later["questions"][0]
    assert (later["score_percent"], question["result"], question["share"]) == (None, "right", None)
    assert question.get("feedback_html") is None and {o["correct"] for o in question["options"]} == {None}
    clock.move_to(closes_at)
    closed = told()
    question = closed["questions"][0]
    assert (closed["score_percent"], question["share"]) == (100, 1.0)
    assert {o["correct"] for o in question["options"]} == {True, False}


def test_what_was_told_while_an_attempt_runs_cannot_be_changed(school):
    school.publish(quiz=quiz(review={"during": ["correctness", "feedback"], "later": ["attempt"]}))
    person = school.ready()
    attempt = school.start(person)
    right, wrong = school.right(attempt), school.wrong(attempt)
    with school.turn():
        attempts.save(attempt, {1: wrong[1]}, 0, person_id=person)
        row = attempts.autosave(attempt, {2: wrong[2]}, 1, person_id=person)
        questions = shown.attempt(row, "en")["questions"]
        assert [question.get("locked", False) for question in questions] == [True, False, False, False]
        assert questions[0]["result"] == "wrong"
        assert "result" not in questions[1] and {o["correct"] for o in questions[0]["options"]} == {None}
    for act in (attempts.save, attempts.autosave, attempts.submit):
        with pytest.raises(attempts.AnswerTold), school.turn():
            act(attempt, {1: right[1]}, 2, person_id=person)
    with school.turn():
        attempts.save(attempt, {1: wrong[1], 2: right[2]}, 2, person_id=person)


def test_a_matrix_that_tells_about_answers_tells_the_attempt():
    with pytest.raises(ValidationError, match="tells the 'attempt'"):
        read(course(quiz=quiz(review={"later": ["answer"]})))


def test_a_closed_quiz_ends_attempts_and_begins_none(school, clock):
    closes_at = START + 5 * MINUTE
    school.publish(quiz=quiz(time_limit_minutes=10, closes_at=closes_at.isoformat()))
    person, late = school.ready(), school.ready("Late")
    attempt = school.start(person)
    with school.turn():
        assert school.attempt(attempt).due_at == closes_at
    clock.move_to(closes_at)
    with pytest.raises(attempts.QuizClosed), school.turn():
        attempts.start(late, KEY)


def test_more_time_reaches_the_attempt_that_runs_and_those_that_follow(school, clock):
    school.publish(quiz=quiz(time_limit_minutes=10, max_attempts=1))
    person = school.ready()
    attempt = school.start(person)
    extra = {"extra_minutes": 5, "extra_attempts": 1, "reason": "A screen reader", "by": "staff:1"}
    with school.turn():
        attempts.extend(person, KEY, **extra)
    with school.turn():
        assert school.attempt(attempt).due_at == START + 15 * MINUTE
    clock.shift(14 * MINUTE)
    with school.turn():
        attempts.submit(attempt, {}, 0, person_id=person)
    again = school.start(person)
    with school.turn():
        assert school.attempt(again).due_at == START + 29 * MINUTE
        attempts.submit(again, {}, 0, person_id=person)
    with pytest.raises(attempts.AttemptLimitReached), school.turn():
        attempts.start(person, KEY)
    assert school.events(person).count("Quiz Extended") == 1


def test_the_key_stays_untold_while_staff_gave_another_attempt(school):
    school.publish(quiz=quiz(max_attempts=1))
    person = school.ready()
    with school.turn():
        attempts.extend(person, KEY, extra_minutes=0, extra_attempts=1, reason="Power cut", by="staff:1")
    attempt = school.start(person)
    with school.turn():
        row = attempts.submit(attempt, {}, 0, person_id=person)
        assert "answer" not in shown.attempt(row, "en")["told"]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_servers_extend_and_broken_extensions_name_every_fault(school, client, secret_key):
    person = school.ready()
    auth = {"Authorization": f"Bearer {secret_key}"}
    with school.turn():
        key = db.session.execute(
            db.text("SELECT public_id FROM people WHERE id = :id"), {"id": person}
        ).scalar_one()
    path = f"/v1/academy/quizzes/{KEY}/extensions"
    body = {"person": key, "extra_minutes": 15, "reason": "Dyslexia"}
    assert client.post(path, json=body, headers=auth).get_json()["extra_minutes"] == 15
    broken = client.post(path, json=body | {"extra_minutes": -1, "reason": ""}, headers=auth)
    assert (broken.status_code, len(broken.get_json()["errors"])) == (422, 2)
    blank = client.post(path, json=body | {"reason": " "}, headers=auth)
    assert (blank.status_code, blank.get_json()["code"]) == (422, "extension_faulty")
    assert client.post(path, json=body | {"person": "nobody"}, headers=auth).status_code == 404
    with school.turn():
        assert enrolments.of(person, KEY).extra_minutes == 15
