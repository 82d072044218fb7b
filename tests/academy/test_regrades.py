"""Attempts are marked again by a corrected version: tried first, then done, and certificates follow."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from academy import attempts, certificates, courses, enrolments, regrades
from academy.models import Immutable, MarkChange
from plg.kit.db import db
from tests.academy.conftest import KEY
from tests.academy.samples import quiz, single
from tests.academy.test_quiz_analysis import take

WRONG_KEY = {"version": 2, "against": 3}


@pytest.fixture
def exam(school):
    """Two questions, both needed; the key of `two` says c, and is corrected to d in the next version."""
    school.publish(quiz=quiz(questions=[single("one"), single("two", right="c")], pass_mark=100))
    return school


def correct(school, *questions, **changes):
    school.publish(quiz=quiz(questions=list(questions), **({"pass_mark": 100} | changes)))


def attempt(school, name, **answers):
    return take(school, school.ready(name), answers)


def test_a_dry_run_tells_who_changes_and_writes_nothing(exam):
    right = attempt(exam, "Right", one="b", two="d")
    by_mistake = attempt(exam, "By mistake", one="b", two="c")
    attempt(exam, "Neither", one="a", two="a")
    correct(exam, single("one"), single("two", right="d"))
    with exam.turn():
        found = regrades.plan(KEY, **WRONG_KEY, policy="revoke")
        changes = {
            each.public_id: (each.old_score, each.score, each.old_passed, each.passed)
            for each in found.changes
        }
        assert found.attempts == 3
        assert changes == {
            right.public_id: (500_000, 1_000_000, False, True),
            by_mistake.public_id: (1_000_000, 500_000, True, False),
        }
        kept = regrades.plan(KEY, **WRONG_KEY, policy="keep")
        assert [each.passed for each in kept.changes] == [True, True]
    with exam.turn():
        assert (exam.attempt(right.public_id).passed, db.session.scalar(select(MarkChange.id))) == (
            False,
            None,
        )


def test_who_passes_now_is_certified_and_who_passed_keeps_it(exam):
    right = attempt(exam, "Right", one="b", two="d")
    by_mistake = attempt(exam, "By mistake", one="b", two="c")
    correct(exam, single("one"), single("two", right="d"))
    heard = []
    with exam.turn():
        told = {"reason": "The key was wrong", "by": "staff:1", "heard": lambda *each: heard.append(each)}
        regrades.apply(KEY, **WRONG_KEY, **told)
    assert heard == [("looked at", 2), ("changed", 1), ("changed", 2)]
    with exam.turn():
        one, other = exam.attempt(right.public_id), exam.attempt(by_mistake.public_id)
        assert (one.score, one.passed, one.marked_version_id) == (1_000_000, True, courses.live(KEY).id)
        assert (other.score, other.passed) == (500_000, True)
        assert certificates.of_attempt(one) and certificates.of_attempt(other).revocation is None
        assert enrolments.of(right.person_id, KEY).completed_at is not None
        record = db.session.scalars(select(MarkChange).where(MarkChange.attempt_id == one.id)).one()
        assert (record.old_score, record.old_passed, record.changed_by) == (500_000, False, "staff:1")
        assert regrades.plan(KEY, **WRONG_KEY).changes == ()
    assert exam.events(right.person_id)[-3:] == ["Quiz Regraded", "Certificate Issued", "Course Completed"]
    with pytest.raises(Immutable), exam.turn():
        db.session.scalars(select(MarkChange)).first().score = 0
        db.session.flush()


def test_a_certificate_can_be_revoked_by_a_regrade(exam, client, secret_key):
    by_mistake = attempt(exam, "By mistake", one="b", two="c")
    with exam.turn():
        code = certificates.of_attempt(exam.attempt(by_mistake.public_id)).code
    correct(exam, single("one"), single("two", right="d"))
    auth = {"Authorization": f"Bearer {secret_key}"}
    body = WRONG_KEY | {"certificates": "revoke", "reason": "The key was wrong"}
    path = f"/v1/academy/quizzes/{KEY}/regrades"
    tried = client.post(path, json=body, headers=auth).get_json()
    done = client.post(path, json=body | {"dry_run": False}, headers=auth).get_json()
    assert tried | {"dry_run": False} == done
    assert (done["attempts"], done["changed"], done["passed_no_more"]) == (1, 1, 1)
    assert done["changes"][0]["attempt"] == by_mistake.public_id
    shown = client.get(f"/v1/academy/certificates/{code}", headers=auth).get_json()
    assert shown["revoked_at"] is not None
    page = client.get(f"/certificates/{certificates.grouped(code)}").get_data(as_text=True)
    assert "holds no more" in page and "is genuine" not in page
    with exam.turn():
        assert enrolments.of(by_mistake.person_id, KEY).completed_at is None
    exam.pass_quiz(by_mistake.person_id)


def test_a_question_that_was_taken_out_does_not_count(exam):
    half = attempt(exam, "Half", one="b", two="a")
    correct(exam, single("one"), single("three"))
    with exam.turn():
        regrades.apply(KEY, **WRONG_KEY, reason="Two had no right answer", by="staff:1")
    with exam.turn():
        row = exam.attempt(half.public_id)
        assert (row.passed, sorted(map(str, row.shares))) == (True, ["1", "None"])


def test_a_version_that_cannot_mark_them_is_refused_and_nothing_changes(exam, client, secret_key):
    attempt(exam, "Ana", one="b", two="d")
    correct(exam, single("one"), single("two", options="abc"))
    with pytest.raises(regrades.RegradeFaulty), exam.turn():
        regrades.apply(KEY, **WRONG_KEY, reason="", by="staff:1")
    correct(exam, single("else"))
    with pytest.raises(regrades.RegradeFaulty), exam.turn():
        regrades.plan(KEY, version=2, against=4)
    with pytest.raises(courses.CourseNotFound), exam.turn():
        regrades.plan(KEY, version=2, against=9)


def test_an_edit_in_the_middle_of_an_attempt_changes_nothing_of_it(exam):
    person = exam.ready()
    running = exam.start(person)
    right = exam.right(running)
    correct(exam, single("one", right="a"), single("two", right="d"))
    with exam.turn():
        done = attempts.submit(running, right, 0, person_id=person)
        assert (done.passed, courses.published(done.version_id).version) == (True, 2)
    with exam.turn():
        found = regrades.plan(KEY, **WRONG_KEY, policy="revoke")
        assert [(each.score, each.passed) for each in found.changes] == [(0, False)]
