"""The server keeps the time and counts the attempts, whatever a browser says."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine

from academy import attempts, enrolments, jobs, lessons
from academy.attempts import GRACE
from tests.academy.conftest import KEY
from tests.academy.samples import quiz

START = dt.datetime(2026, 5, 4, 9, 0, tzinfo=dt.UTC)
LIMIT = dt.timedelta(minutes=10)
SECOND = dt.timedelta(seconds=1)


@pytest.fixture
def timed(school):
    school.publish(quiz=quiz(time_limit_minutes=10, max_attempts=3, cool_down_minutes=60))
    return school


@pytest.fixture
def clock():
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


def test_answers_count_until_the_grace_after_the_deadline(timed, clock):
    person = timed.ready()
    attempt = timed.start(person)
    clock.move_to(START + LIMIT + GRACE)
    with timed.turn():
        row = attempts.submit(attempt, timed.right(attempt), 0, person_id=person)
        assert (row.state, row.passed) == ("submitted", True)
        assert row.finished_at == START + LIMIT


def test_a_late_save_is_refused(timed, clock):
    person = timed.ready()
    attempt = timed.start(person)
    right = timed.right(attempt)
    clock.move_to(START + LIMIT + GRACE + SECOND)
    with pytest.raises(attempts.AttemptExpired), timed.turn():
        attempts.save(attempt, right, 0, person_id=person)
    with timed.turn():
        assert timed.attempt(attempt).answers == {}


def test_a_late_submission_is_marked_with_what_was_saved_in_time(timed, clock):
    person = timed.ready()
    attempt = timed.start(person)
    right = timed.right(attempt)
    with timed.turn():
        attempts.save(attempt, {1: right[1]}, 0, person_id=person)
    clock.move_to(START + LIMIT + GRACE + SECOND)
    with timed.turn():
        row = attempts.submit(attempt, right, 1, person_id=person)
        assert (row.state, row.passed, row.score) == ("expired", False, 250_000)
        assert row.finished_at == START + LIMIT


def test_the_job_closes_attempts_that_nobody_submits(timed, clock, worker):
    people = [timed.ready(f"Person {n}") for n in range(3)]
    open_ones = [timed.start(person) for person in people]
    with timed.turn():
        attempts.save(open_ones[0], timed.right(open_ones[0]), 0, person_id=people[0])
    clock.move_to(START + LIMIT + GRACE - SECOND)
    worker(now=START + LIMIT + GRACE - SECOND)
    with timed.turn():
        assert {timed.attempt(each).state for each in open_ones} == {"in_progress"}
    clock.move_to(START + LIMIT + GRACE + SECOND)
    worker(now=START + LIMIT + GRACE + SECOND)
    with timed.turn():
        rows = [timed.attempt(each) for each in open_ones]
        assert [row.state for row in rows] == ["expired"] * 3
        assert [row.passed for row in rows] == [True, False, False]
        assert {row.finished_at for row in rows} == {START + LIMIT}
    assert timed.events(people[0])[-1] == "Course Completed"


def test_the_job_works_in_batches_the_oldest_deadline_first(timed, clock):
    first, second = timed.ready("First"), timed.ready("Second")
    old = timed.start(first)
    clock.shift(SECOND)
    young = timed.start(second)
    late = START + dt.timedelta(hours=1)
    with timed.turn():
        assert attempts.close_due(late, limit=1) == 1
        assert timed.attempt(old).state == "expired" and timed.attempt(young).state == "in_progress"
    with timed.turn():
        assert jobs.close_due_attempts(late) == 1
    with timed.turn():
        assert jobs.close_due_attempts(late) == 0


def test_an_attempt_without_a_time_limit_stays_open(school, clock):
    person = school.ready()
    attempt = school.start(person)
    right = school.right(attempt)
    clock.shift(dt.timedelta(days=300))
    with school.turn():
        assert jobs.close_due_attempts(START + dt.timedelta(days=300)) == 0
        assert attempts.submit(attempt, right, 0, person_id=person).passed


def test_a_new_attempt_waits_for_the_cool_down(timed, clock):
    person = timed.ready()
    attempt = timed.start(person)
    with timed.turn():
        attempts.submit(attempt, {}, 0, person_id=person)
    clock.shift(dt.timedelta(minutes=59))
    with pytest.raises(attempts.CoolDownRunning) as refusal, timed.turn():
        attempts.start(person, KEY)
    assert refusal.value.data["available_at"] == (START + dt.timedelta(hours=1)).isoformat()
    clock.shift(dt.timedelta(minutes=1))
    with timed.turn():
        assert attempts.start(person, KEY).number == 2


def test_the_cool_down_of_an_abandoned_attempt_runs_from_its_deadline(timed, clock):
    person = timed.ready()
    first = timed.start(person)
    clock.move_to(START + LIMIT + dt.timedelta(minutes=59))
    with pytest.raises(attempts.CoolDownRunning), timed.turn():
        attempts.start(person, KEY)
    clock.move_to(START + LIMIT + dt.timedelta(minutes=60))
    with timed.turn():
        assert attempts.start(person, KEY).number == 2
        assert timed.attempt(first).state == "expired"


def test_attempts_are_limited(timed, clock):
    person = timed.ready()
    for _ in range(3):
        attempt = timed.start(person)
        with timed.turn():
            attempts.submit(attempt, {}, 0, person_id=person)
        clock.shift(dt.timedelta(hours=2))
    with pytest.raises(attempts.AttemptLimitReached), timed.turn():
        attempts.start(person, KEY)


def test_a_passed_quiz_is_not_taken_again(school):
    person = school.ready()
    school.pass_quiz(person)
    with pytest.raises(attempts.AlreadyPassed), school.turn():
        attempts.start(person, KEY)


def test_parallel_starts_of_the_last_attempt_give_one(timed, clock):
    person = timed.ready()
    for _ in range(2):
        attempt = timed.start(person)
        with timed.turn():
            attempts.submit(attempt, {}, 0, person_id=person)
        clock.shift(dt.timedelta(hours=2))
    started = timed.at_once([lambda: attempts.start(person, KEY).public_id] * 6)
    assert len(set(started)) == 1 and started[0].startswith("att_")
    with timed.turn():
        assert len(attempts.of_enrolment(enrolments.of(person, KEY))) == 3


def test_parallel_starts_and_submissions_never_exceed_the_limit(school):
    school.publish(quiz=quiz(max_attempts=2))
    person = school.ready()

    def one() -> str:
        attempt = attempts.start(person, KEY)
        return attempts.submit(attempt.public_id, {}, 0, person_id=person).public_id

    results = school.at_once([one] * 6)
    assert len({each for each in results if each.startswith("att_")}) == 2
    assert results.count("attempt_limit_reached") == 4


def test_parallel_submissions_mark_once(school):
    person = school.ready()
    attempt = school.start(person)
    right = school.right(attempt)
    scores = school.at_once([lambda: attempts.submit(attempt, right, 0, person_id=person).score] * 6)
    assert scores == [1_000_000] * 6
    names = school.events(person)
    assert names.count("Quiz Passed") == names.count("Certificate Issued") == 1


def test_of_parallel_saves_from_one_page_one_is_taken(school):
    person = school.ready()
    attempt = school.start(person)
    acts = [
        lambda place=place: attempts.save(attempt, {1: place}, 0, person_id=person).sequence
        for place in (["1"], ["2"], ["3"], ["4"])
    ]
    with school.turn():
        kinds = [slot["question"] for slot in school.attempt(attempt).slots]
    if kinds[0] in ("one", "two"):
        acts = [
            lambda place=place: attempts.save(attempt, {1: place}, 0, person_id=person).sequence
            for place in "1234"
        ]
    results = school.at_once(acts)
    assert sorted(results, key=str) == [1, "stale_answers", "stale_answers", "stale_answers"]


def test_the_job_and_a_new_start_close_an_abandoned_attempt_once(school, clock):
    school.publish(quiz=quiz(time_limit_minutes=10))
    person = school.ready()
    first = school.start(person)
    late = START + LIMIT + GRACE + SECOND
    clock.move_to(late)
    acts = [lambda: attempts.close_due(late)] * 3 + [lambda: attempts.start(person, KEY).number] * 3
    results = school.at_once(acts)
    assert sum(results[:3]) <= 1 and results[3:] == [2, 2, 2]
    assert school.events(person).count("Quiz Failed") == 1
    with school.turn():
        assert school.attempt(first).state == "expired"


def test_submissions_starts_and_lessons_at_the_same_moment_do_not_wait_for_each_other_for_ever(school):
    school.publish(quiz=quiz(max_attempts=100))
    person = school.ready()
    for _ in range(5):
        attempt = school.start(person)
        right = school.right(attempt)
        acts = [
            lambda attempt=attempt, right=right: attempts.save(attempt, right, 0, person_id=person).state,
            lambda attempt=attempt: attempts.submit(attempt, {}, 0, person_id=person).state,
            lambda: attempts.start(person, KEY).state,
            lambda: lessons.complete(person, KEY, "first").course_key,
        ]
        results = school.at_once(acts)
        assert None not in results, results
        if "already_passed" in results or school.events(person)[-1] == "Course Completed":
            break
