"""Marking by people: two independently, a third where they differ, and a result that waits without lying."""

from __future__ import annotations

from fractions import Fraction

import pytest
from sqlalchemy import select

from academy import attempts, certificates, marking
from academy.models import AnswerMark, Immutable
from plg.access.models import StaffMember
from plg.kit.clock import now
from plg.kit.db import db
from tests.academy.conftest import KEY
from tests.academy.kind_samples import ESSAY
from tests.academy.samples import quiz, single


@pytest.fixture
def staff(school):
    """Four of the staff, by id."""
    with school.turn():
        known = {"password_hash": "x", "created_at": now()}
        rows = [StaffMember(email=f"s{n}@firm.example", name=f"Staff {n}", **known) for n in range(4)]
        db.session.add_all(rows)
        db.session.flush()
        return [row.id for row in rows]


@pytest.fixture
def essay(school, staff):
    """An attempt with an essay that waits for marks, and the number of its question."""
    school.publish(quiz=quiz(questions=[ESSAY, single("one")], pass_mark=75))
    person = school.ready()
    attempt = school.start(person)
    right = school.right(attempt)
    with school.turn():
        number = [slot.question for slot in attempts.slots_of(school.attempt(attempt))].index("essay") + 1
        row = attempts.submit(attempt, right | {number: ["An answer"]}, 0, person_id=person)
        assert (row.state, row.passed, row.score) == ("submitted", None, None)
    return attempt, number, person


def give(school, essay, by, clear, whole, comment=""):
    with school.turn():
        return marking.mark(essay[0], essay[1], {"clear": clear, "whole": whole}, comment, by=by).share


def test_an_attempt_with_an_essay_waits_and_is_neither_passed_nor_failed(school, essay):
    events = school.events(essay[2])
    assert events[-1] == "Quiz Awaits Marks" and not {"Quiz Passed", "Quiz Failed"} & set(events)
    with school.turn():
        assert certificates.of_person(essay[2]) == []
        row = school.attempt(essay[0])
        assert sorted(row.shares, key=str) == ["1", None]
    with pytest.raises(attempts.MarksAwaited), school.turn():
        attempts.start(essay[2], KEY)


def test_two_who_agree_well_enough_decide_by_their_mean(school, staff, essay):
    assert give(school, essay, staff[0], 4, 6) is None
    with school.turn():
        assert school.attempt(essay[0]).passed is None
    assert give(school, essay, staff[1], 4, 4, "Well argued.") == "9/10"
    with school.turn():
        row = school.attempt(essay[0])
        assert (row.passed, row.score) == (True, 950_000)
        assert len(certificates.of_person(essay[2])) == 1
        assert marking.comments(row) == {essay[1]: ["Well argued."]}
        assert marking.queue(staff[3]) == []
    assert school.events(essay[2])[-4:] == [
        "Quiz Answer Marked", "Quiz Passed", "Certificate Issued", "Course Completed"]  # fmt: skip


def test_a_third_decides_where_two_differ_by_more_than_the_bound(school, staff, essay):
    assert give(school, essay, staff[0], 4, 6) is None
    assert give(school, essay, staff[1], 1, 1) is None
    assert give(school, essay, staff[2], 2, 1) == "3/10"
    with school.turn():
        row = school.attempt(essay[0])
        assert (row.passed, row.score) == (False, 650_000)
        assert attempts.start(essay[2], KEY).number == 2


def test_a_difference_of_just_the_bound_is_agreement(school, staff, essay):
    give(school, essay, staff[0], 4, 6)
    assert give(school, essay, staff[1], 4, 4) is not None


def test_nobody_marks_twice_and_nothing_is_marked_after_the_decision(school, staff, essay):
    give(school, essay, staff[0], 4, 6)
    with pytest.raises(marking.MarkedByYou):
        give(school, essay, staff[0], 4, 6)
    give(school, essay, staff[1], 4, 6)
    with pytest.raises(marking.AlreadyDecided):
        give(school, essay, staff[2], 0, 0)
    with pytest.raises(marking.NothingToMark), school.turn():
        marking.mark(essay[0], 3 - essay[1], {}, "", by=staff[2])


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("points", "fields"),
    [
        ({}, ["points.clear", "points.whole"]),
        ({"clear": 5, "whole": -1}, ["points.clear", "points.whole"]),
        ({"clear": True, "whole": 1.5}, ["points.clear", "points.whole"]),
        ({"clear": 1, "whole": 1, "more": 1}, ["points.more"]),
    ],
)
def test_points_that_the_rubric_does_not_have_are_refused_with_every_fault(
    school, staff, essay, points, fields
):
    with pytest.raises(marking.MarksFaulty) as refusal, school.turn():
        marking.mark(essay[0], essay[1], points, "", by=staff[0])
    assert [fault.field for fault in refusal.value.errors] == fields


def test_three_who_mark_at_once_are_two_and_one_too_many(school, staff, essay):
    points = {"clear": 4, "whole": 6}

    def mark(by):
        return lambda: marking.mark(essay[0], essay[1], points, "", by=by).slot

    results = school.at_once([mark(by) for by in staff[:3]])
    assert sorted(map(str, results)) == sorted([str(essay[1]), str(essay[1]), "already_decided"])
    with school.turn():
        marks = db.session.scalars(select(AnswerMark).order_by(AnswerMark.turn)).all()
        assert [each.turn for each in marks] == [1, 2]
        assert school.attempt(essay[0]).passed is True
    assert school.events(essay[2]).count("Quiz Passed") == 1


def test_the_queue_tells_how_many_marks_there_are_and_not_which(school, staff, essay):
    give(school, essay, staff[0], 0, 1)
    with school.turn():
        (theirs,), (others,) = marking.queue(staff[0]), marking.queue(staff[1])
        assert (theirs.marks, theirs.yours, others.marks, others.yours) == (1, True, 1, False)


def test_an_essay_that_was_left_empty_earns_nothing_and_waits_for_nobody(school, staff):
    school.publish(quiz=quiz(questions=[ESSAY]))
    person = school.ready()
    attempt = school.start(person)
    with school.turn():
        row = attempts.submit(attempt, {1: [""]}, 0, person_id=person)
        assert (row.passed, row.score) == (False, 0) and marking.queue(staff[0]) == []


def test_marks_cannot_be_changed(school, staff, essay):
    give(school, essay, staff[0], 4, 6)
    with pytest.raises(Immutable), school.turn():
        db.session.scalars(select(AnswerMark)).one().comment = "other"
        db.session.flush()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_staff_pages_hide_whose_answer_it_is_and_what_others_gave(
    app, client, school, staff, essay, sign_in
):
    give(school, essay, staff[0], 3, 5, "A hidden comment")
    csrf = sign_in(client, staff_id=staff[1])
    page = client.get("/staff/academy/marking").get_data(as_text=True)
    path = f"/staff/academy/marking/{essay[0]}/{essay[1]}"
    assert path in page
    shown = client.get(path).get_data(as_text=True)
    assert "An answer" in shown and "Ana López" not in shown and "A hidden comment" not in shown
    faulty = client.post(path, data={"csrf_token": csrf, "points-1": "9", "points-2": "x"})
    assert faulty.status_code == 422 and faulty.get_data(as_text=True).count('aria-invalid="true"') == 2
    good = {"csrf_token": csrf, "points-1": "4", "points-2": "6", "comment": "Good"}
    assert client.post(path, data=good).status_code == 302
    with school.turn():
        assert school.attempt(essay[0]).passed and Fraction(
            school.attempt(essay[0]).shares[essay[1] - 1]
        ) == Fraction(9, 10)
    assert client.post(path, data=good).status_code == 302


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_only_the_staff_mark(app, school, essay, sign_in):
    client = app.test_client()
    sign_in(client, person_id=essay[2])
    for path in ("/staff/academy/marking", f"/staff/academy/marking/{essay[0]}/{essay[1]}"):
        assert client.get(path, headers={"Accept": "application/json"}).status_code in (401, 403)
