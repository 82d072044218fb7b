"""Evidence of how a quiz was taken: kept only where the quiz says so, told to learners, shown to staff."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine

from academy import attempts, evidence
from tests.academy.conftest import KEY
from tests.academy.samples import quiz
from tests.support.visitors import visitor

START = dt.datetime(2026, 5, 4, 9, 0, tzinfo=dt.UTC)


def sit(school, name, network, seconds=10):
    """An attempt whose answers are autosaved one by one."""
    person = school.ready(name)
    with time_machine.travel(START, tick=False) as clock:
        with school.turn():
            attempt = attempts.start(person, KEY, network=network).public_id
        right = school.right(attempt)
        for number in (2, 1, 3):
            clock.shift(seconds)
            with school.turn():
                row = school.attempt(attempt)
                attempts.autosave(
                    attempt, {number: right[number]}, row.sequence, person_id=person, left_page=number
                )
        with school.turn():
            attempts.submit(attempt, {}, 3, person_id=person)
    return attempt


def test_times_networks_and_left_pages_are_kept_and_compared(app, school):
    school.publish(quiz=quiz(evidence=True))
    home = evidence_network(app, "8.8.8.8")
    ana, luis = sit(school, "Ana", home), sit(school, "Luis", home, seconds=2)
    eva = sit(school, "Eva", evidence_network(app, "9.9.9.9"))
    with school.turn():
        found = evidence.of(school.attempt(ana))
        assert [(item.question, item.seconds) for item in found.items] == [(1, 10.0), (2, 10.0), (3, 10.0)]
        assert (found.left_page, found.own_median) == (3, None)
        assert found.same_network == ((luis, "Luis"),)
        assert evidence.of(school.attempt(eva)).same_network == ()
        assert {row.attempt: row.same_network for row in evidence.latest(KEY)} == {ana: 1, luis: 1, eva: 0}


def evidence_network(app, address):
    with app.app_context():
        return evidence.network(address)


def test_an_answer_s_time_stands_beside_the_person_s_own_other_attempts(school):
    school.publish(quiz=quiz(evidence=True, pass_mark=100))
    attempt = sit(school, "Ana", None)
    with school.turn():
        person = school.attempt(attempt).person_id
    again = school.start(person)
    with school.turn():
        assert evidence.of(school.attempt(again)).own_median == 10.0


def test_nothing_is_kept_unless_the_quiz_says_so(app, school):
    attempt = sit(school, "Ana", evidence_network(app, "8.8.8.8"))
    with school.turn():
        row = school.attempt(attempt)
        assert (row.answered_at, row.network, row.left_page) == ({}, None, None)


def test_private_addresses_say_nothing_and_hashes_do_not_tell_the_address(app):
    assert evidence_network(app, "192.168.1.7") is None and evidence_network(app, None) is None
    assert "8.8" not in evidence_network(app, "8.8.8.8")
    assert evidence_network(app, "8.8.8.8") == evidence_network(app, "8.8.8.200")


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_staff_see_it_learners_are_told_and_nobody_else_is(app, school, client, sign_in):
    school.publish(quiz=quiz(evidence=True))
    attempt = sit(school, "Ana", evidence_network(app, "8.8.8.8"))
    reader = school.ready("Reader")
    sign_in(client, person_id=reader)
    assert "how long each answer took" in client.get(f"/academy/{KEY}/quiz?lang=en").get_data(as_text=True)
    for path in (f"/staff/quizzes/{KEY}/attempts", f"/staff/quizzes/{KEY}/attempts/{attempt}"):
        assert client.get(path).status_code == 403
        page = visitor(app, "staff", None).client.get(f"{path}?lang=en")
        assert page.status_code == 200 and "judge for yourself" in page.get_data(as_text=True)
    assert (
        visitor(app, "staff", None).client.get(f"/staff/quizzes/else/attempts/{attempt}").status_code == 404
    )
