"""Two records turn out to be one person: what was learned and earned stays theirs."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from academy import attempts, certificates, enrolments, lessons, practice
from academy.models import Attempt, Enrolment
from plg.kit.db import db
from plg.people import identities
from tests.academy.conftest import KEY
from tests.academy.samples import quiz, single


@pytest.fixture
def merge(school, worker):
    def run(a: int, b: int) -> tuple[int, int]:
        """Merge two people; (survivor, gone)."""
        with school.turn():
            into = identities.merge(a, b, reason="test", by="tests", force=True)
        worker()
        return into, b if into == a else a

    return run


def test_a_course_of_one_record_becomes_the_survivor_s(school, merge):
    into, gone = school.person(), school.ready()
    attempt = school.pass_quiz(gone)
    assert merge(into, gone) == (into, gone)
    with school.turn():
        assert enrolments.of(into, KEY).completed_at is not None
        assert [each.public_id for each in attempts.of_enrolment(enrolments.of(into, KEY))] == [attempt]
        assert len(certificates.of_person(into)) == 1 and certificates.of_person(gone) == []


def test_two_enrolments_in_one_course_become_one_with_all_attempts(school, merge):
    into, gone = school.ready("Into"), school.person("Gone")
    first = school.start(into)
    with school.turn():
        attempts.submit(first, {}, 0, person_id=into)
    with school.turn():
        enrolments.enrol(gone, KEY)
        for lesson in ("first", "second"):
            lessons.complete(gone, KEY, lesson)
    second = school.pass_quiz(gone)
    merge(into, gone)
    with school.turn():
        assert len(list(db.session.scalars(select(Enrolment)))) == 1
        enrolment = enrolments.of(into, KEY)
        rows = attempts.of_enrolment(enrolment)
        assert [(row.public_id, row.number, row.person_id) for row in rows] == [
            (first, 1, into),
            (second, 2, into),
        ]
        assert enrolment.completed_at is not None
        assert enrolments.progress([enrolment])[enrolment.id].percent == 100


def test_two_open_attempts_do_not_collide(school, merge):
    into, gone = school.ready("Into"), school.ready("Gone")
    kept, closed = school.start(into), school.start(gone)
    right = school.right(closed)
    with school.turn():
        attempts.save(closed, right, 0, person_id=gone)
    merge(into, gone)
    with school.turn():
        states = {row.public_id: row.state for row in db.session.scalars(select(Attempt))}
        assert states == {kept: "in_progress", closed: "expired"}
        assert len(certificates.of_person(into)) == 1
    assert school.events(into).count("Quiz Passed") == 1


def test_what_was_practised_and_what_was_given_stays(school, merge):
    school.publish(
        quiz=quiz(practice={"banks": ["drill"]}, banks={"drill": {"questions": [single("drilled")]}})
    )
    into, gone = school.ready("Into"), school.ready("Gone")
    with school.turn():
        attempts.extend(gone, KEY, extra_minutes=5, extra_attempts=1, reason="Why", by="tests")
        task = practice.standing(enrolments.of(gone, KEY)).task
        practice.answer(gone, KEY, task.handle, 0, None)
    merge(into, gone)
    with school.turn():
        enrolment = enrolments.of(into, KEY)
        assert (enrolment.extra_minutes, enrolment.extra_attempts) == (5, 1)
        assert [person for _, person in attempts.extensions(KEY)] == [into]
        assert practice.standing(enrolment).fresh == 0
