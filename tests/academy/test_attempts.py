"""An attempt lives on the server: started, saved, submitted, marked."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction

import pytest
import time_machine
from sqlalchemy import select

from academy import attempts, certificates, courses, enrolments, lessons
from academy.models import Attempt, AttemptStep, Certificate, Immutable
from academy.paper import mark_paper
from plg.kit.db import db
from tests.academy.conftest import KEY
from tests.academy.samples import quiz

START = dt.datetime(2026, 5, 4, 9, 0, tzinfo=dt.UTC)


def steps_of(attempt: Attempt) -> list[AttemptStep]:
    query = select(AttemptStep).where(AttemptStep.attempt_id == attempt.id).order_by(AttemptStep.sequence)
    return list(db.session.scalars(query))


def test_the_quiz_opens_when_every_lesson_is_finished(school):
    person = school.person()
    with school.turn():
        enrolments.enrol(person, KEY)
        lessons.complete(person, KEY, "first")
    with pytest.raises(attempts.LessonsIncomplete), school.turn():
        attempts.start(person, KEY)
    with school.turn():
        lessons.complete(person, KEY, "second")
        assert attempts.start(person, KEY).number == 1


def test_who_has_not_begun_the_course_cannot_take_its_quiz(school):
    with pytest.raises(enrolments.NotEnrolled), school.turn():
        attempts.start(school.person(), KEY)


def test_an_attempt_is_whole_on_the_server_from_its_first_second(school):
    school.publish(quiz=quiz(time_limit_minutes=10, draw=3))
    person = school.ready()
    with time_machine.travel(START, tick=False):
        public_id = school.start(person)
    with school.turn():
        attempt = school.attempt(public_id)
        assert attempt.state == "in_progress"
        assert (attempt.started_at, attempt.due_at) == (START, START + dt.timedelta(minutes=10))
        assert len(attempt.slots) == 3 and len({slot["question"] for slot in attempt.slots}) == 3
        assert attempt.version_id == courses.live(KEY).id


def test_starting_again_gives_the_open_attempt_back(school):
    person = school.ready()
    assert school.start(person) == school.start(person)
    assert school.events(person).count("Quiz Attempt Started") == 1


def test_right_answers_pass_and_earn_a_certificate(school):
    person = school.ready()
    attempt = school.pass_quiz(person)
    with school.turn():
        row = school.attempt(attempt)
        assert (row.state, row.passed, row.score) == ("submitted", True, 1_000_000)
        certificate = certificates.of_attempt(row)
        assert certificate is not None
        assert (certificate.person_name, certificate.score) == ("Ana López", 1_000_000)
        assert enrolments.of(person, KEY).completed_at == row.finished_at
    assert school.events(person)[-3:] == ["Quiz Passed", "Certificate Issued", "Course Completed"]


def test_wrong_answers_fail_and_earn_nothing(school):
    person = school.ready()
    attempt = school.start(person)
    with school.turn():
        row = attempts.submit(attempt, school.wrong(attempt), 0, person_id=person)
        assert (row.state, row.passed, row.score) == ("submitted", False, 0)
        assert certificates.of_person(person) == []
        assert enrolments.of(person, KEY).completed_at is None
    assert school.events(person)[-1] == "Quiz Failed"


def test_the_score_is_exact_and_is_shown_rounded_down(school):
    school.publish(quiz=quiz(questions=quiz()["questions"][:3], pass_mark=67))
    person = school.ready()
    attempt = school.start(person)
    right = school.right(attempt)
    right.popitem()
    with school.turn():
        row = attempts.submit(attempt, right, 0, person_id=person)
        assert (row.score, row.passed) == (666_666, False)
        assert sum(map(Fraction, row.shares or [])) == 2


def test_what_is_saved_stays_and_other_questions_are_left_alone(school):
    person = school.ready()
    attempt = school.start(person)
    right = school.right(attempt)
    with school.turn():
        attempts.save(attempt, {1: right[1]}, 0, person_id=person)
    with school.turn():
        attempts.save(attempt, {2: right[2]}, 1, person_id=person)
    with school.turn():
        row = school.attempt(attempt)
        assert set(row.answers) == {"1", "2"} and row.sequence == 2
    with school.turn():
        assert attempts.submit(attempt, {}, 2, person_id=person).score == 500_000


def test_an_answer_can_be_taken_back(school):
    person = school.ready()
    attempt = school.start(person)
    right = school.right(attempt)
    with school.turn():
        attempts.save(attempt, right, 0, person_id=person)
        row = attempts.save(attempt, {1: None}, 1, person_id=person)
        assert set(row.answers) == {"2", "3", "4"}


def test_a_stale_page_is_refused_and_nothing_is_lost(school):
    person = school.ready()
    attempt = school.start(person)
    right, wrong = school.right(attempt), school.wrong(attempt)
    with school.turn():
        attempts.save(attempt, right, 0, person_id=person)
    for act in (attempts.save, attempts.submit):
        with pytest.raises(attempts.StaleAnswers) as refusal, school.turn():
            act(attempt, wrong, 0, person_id=person)
        assert refusal.value.data == {"sequence": 1}
    with school.turn():
        assert attempts.submit(attempt, {}, 1, person_id=person).passed


def test_a_save_that_is_repeated_changes_nothing_and_is_no_fault(school):
    person = school.ready()
    attempt = school.start(person)
    right = school.right(attempt)
    for _ in range(3):
        with school.turn():
            assert attempts.save(attempt, right, 0, person_id=person).sequence == 1
    with school.turn():
        assert len(steps_of(school.attempt(attempt))) == 1


def test_a_submission_that_is_repeated_gives_the_same_result(school):
    person = school.ready()
    attempt = school.start(person)
    right, wrong = school.right(attempt), school.wrong(attempt)
    with school.turn():
        first = attempts.submit(attempt, right, 0, person_id=person)
        finished = first.finished_at
    for answers in (right, wrong, {}):
        with school.turn():
            again = attempts.submit(attempt, answers, 0, person_id=person)
            assert (again.passed, again.finished_at, again.score) == (True, finished, 1_000_000)
            assert len(certificates.of_person(person)) == 1
    assert school.events(person).count("Quiz Passed") == 1


def test_answers_cannot_change_after_submission(school):
    person = school.ready()
    attempt = school.pass_quiz(person)
    with pytest.raises(attempts.AttemptFinished), school.turn():
        attempts.save(attempt, school.wrong(attempt), 1, person_id=person)


def test_replaying_the_log_gives_the_mark_again(school):
    person = school.ready()
    attempt = school.start(person)
    right, wrong = school.right(attempt), school.wrong(attempt)
    with school.turn():
        attempts.save(attempt, wrong, 0, person_id=person)
        attempts.save(attempt, {1: right[1]}, 1, person_id=person)
        row = attempts.submit(attempt, {2: right[2], 3: None}, 2, person_id=person)
        log = steps_of(row)
        assert [step.kind for step in log] == ["save", "save", "submit"]
        answers: dict[int, object] = {}
        for step in log:
            answers |= {int(slot): answer for slot, answer in step.answers.items()}
        marking = mark_paper(courses.published(row.version_id).quiz, attempts.slots_of(row), answers)
        assert [str(share) for share in marking.shares] == row.shares


def test_the_log_and_certificates_cannot_be_changed(school):
    person = school.ready()
    attempt = school.pass_quiz(person)
    for model in (AttemptStep, Certificate):
        with pytest.raises(Immutable), school.turn():
            row = db.session.scalars(select(model)).first()
            if isinstance(row, Certificate):
                row.person_name = "Somebody else"
            else:
                row.kind = "expire"
            db.session.flush()
        with pytest.raises(Immutable), school.turn():
            db.session.delete(db.session.scalars(select(model)).first())
            db.session.flush()
    with school.turn():
        assert certificates.of_attempt(school.attempt(attempt)).person_name == "Ana López"


@pytest.mark.parametrize(
    "answers",
    [
        {5: "1"}, {0: "1"}, {-1: "1"}, {10**9: "1"}, {1: "99"}, {1: {}}, {1: [["1"]]}, {1: "x" * 100_000},
        {1: ["1"] * 1000}, {1: 1.5},
    ],
)  # fmt: skip
def test_answers_that_the_paper_cannot_have_are_refused_whole(school, answers):
    school.publish(quiz=quiz(draw=4))
    person = school.ready()
    attempt = school.start(person)
    right = school.right(attempt)
    for act in (attempts.save, attempts.submit):
        with pytest.raises(attempts.AnswersFaulty) as refusal, school.turn():
            act(attempt, right | answers, 0, person_id=person)
        assert [fault.field for fault in refusal.value.errors] == [f"answers.{next(iter(answers))}"]
    with school.turn():
        row = school.attempt(attempt)
        assert (row.state, row.answers, row.sequence) == ("in_progress", {}, 0)


def test_somebody_else_s_attempt_is_not_found(school):
    attempt = school.start(school.ready())
    stranger = school.person("Stranger")
    for act in (attempts.save, attempts.submit):
        with pytest.raises(attempts.AttemptNotFound), school.turn():
            act(attempt, {}, 0, person_id=stranger)
    with pytest.raises(attempts.AttemptNotFound), school.turn():
        attempts.find(attempt, person_id=stranger)


def test_an_attempt_is_not_saved_without_end(school, monkeypatch):
    monkeypatch.setattr(attempts.answering, "MAX_STEPS", 2)
    person = school.ready()
    attempt = school.start(person)
    right = school.right(attempt)
    with school.turn():
        for number in (1, 2):
            attempts.save(attempt, {number: right[number]}, number - 1, person_id=person)
    with pytest.raises(attempts.TooManySteps), school.turn():
        attempts.save(attempt, {3: right[3]}, 2, person_id=person)
    with school.turn():
        assert attempts.submit(attempt, {}, 2, person_id=person).state == "submitted"
