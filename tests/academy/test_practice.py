"""Practice: what was missed comes again in growing intervals, and shows no answer that an exam still hides."""

from __future__ import annotations

import datetime as dt
import functools
import re

import pytest
import time_machine
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from academy import courses, enrolments, practice, practice_pool, practice_schedule
from academy.models import Attempt, PracticeCard
from plg.kit.db import db
from plg.people import people
from tests.academy.conftest import KEY
from tests.academy.kind_samples import ESSAY, EVERY_KIND, MATCHING
from tests.academy.samples import quiz, single
from tests.academy.test_pages import Reader
from tests.academy.test_papers_of_every_kind import filled
from tests.academy.test_quiz_analysis import take

START = dt.datetime(2026, 6, 1, 9, tzinfo=dt.UTC)
TOLD = {"just_after": ["attempt", "marks", "answer"], "later": ["attempt", "marks", "answer"]}
EXAM = [single("one"), single("two", right="c")]


@pytest.fixture
def drill(school):
    """Two questions whose answers are told after an attempt, and a bank of two that no exam asks."""
    banks = {"drill": {"questions": [single("three"), MATCHING, ESSAY]}}
    rules = {"review": TOLD, "practice": {"banks": ["drill"]}, "banks": banks}
    school.publish(quiz=quiz(questions=EXAM, pass_mark=100, **rules))
    return school


def standing(school, person) -> tuple[int, int]:
    with school.turn():
        found = practice.standing(enrolments.of(person, KEY))
        return found.due, found.fresh


def task_of(school, person) -> practice.Task:
    found = task_or_none(school, person)
    assert found is not None
    return found


def task_or_none(school, person) -> practice.Task | None:
    with school.turn():
        return practice.standing(enrolments.of(person, KEY)).task


def do(school, person, *, right: bool) -> practice.Answered:
    """Practise whatever comes next."""
    task = task_of(school, person)
    best = task.question.chosen(task.question.best(task.order), task.order)
    with school.turn():
        return practice.answer(person, KEY, task.handle, task.turn, best if right else None)


def test_what_an_attempt_missed_is_due_at_once_and_then_ever_later(drill):
    with time_machine.travel(START, tick=False) as clock:
        person = drill.ready()
        assert standing(drill, person) == (0, 2)
        take(drill, person, {"one": "b", "two": "a"})
        assert standing(drill, person) == (1, 2)
        gaps = []
        for _ in range(6):
            done = do(drill, person, right=True)
            assert (done.task.question.key, done.share) == ("two", 1)
            gaps.append(done.due_at - START)
            clock.move_to(done.due_at)
        first, second, *days = [
            after - before for before, after in zip([dt.timedelta(0), *gaps], gaps, strict=False)
        ]
        assert (first, second < dt.timedelta(days=4)) == (dt.timedelta(minutes=10), True)
        assert [gap.days for gap in days] == sorted(gap.days for gap in days) and days[-1].days > 30
        missed = do(drill, person, right=False)
        assert missed.due_at - dt.datetime.now(dt.UTC) == dt.timedelta(minutes=10)


def test_new_questions_come_after_what_is_due_and_only_those_that_can_be_marked_at_once(drill):
    person = drill.ready()
    take(drill, person, {"one": "a", "two": "a"})
    keys = []
    for _ in range(4):
        keys.append(do(drill, person, right=True).task.question.key)
    assert sorted(keys[:2]) == ["one", "two"] and keys[2:] == ["three", MATCHING["key"]]
    with drill.turn():
        enrolment = enrolments.of(person, KEY)
        assert practice.standing(enrolment).task is None
        assert practice.standing(enrolment).next_due_at is not None


def test_practice_changes_no_mark_no_attempt_and_no_progress(drill):
    person = drill.ready()
    row = take(drill, person, {"one": "b", "two": "a"})

    def marks():
        with drill.turn():
            columns = (Attempt.score, Attempt.passed, Attempt.shares, Attempt.answers, Attempt.sequence)
            progress = enrolments.progress([enrolments.of(person, KEY)])
            return db.session.execute(select(*columns)).all(), list(progress.values())

    before = marks()
    for right in (True, False, True):
        do(drill, person, right=right)
    assert marks() == before and row.passed is False
    assert drill.events(person).count("Question Practised") == 3
    assert "Quiz Passed" not in drill.events(person)


@pytest.mark.parametrize(
    ("rules", "practised"),
    [
        ({}, set()),
        ({"max_attempts": 1}, {"two"}),
        ({"review": {"just_after": ["attempt", "marks"], "later": ["attempt", "marks", "correctness"]}}, set()),
        ({"review": {"after_close": ["attempt", "answer"]}, "closes_at": "2999-01-01T00:00:00Z"}, set()),
        ({"review": TOLD}, {"two"}),
        ({"review": TOLD, "practice": {"missed": False}}, set()),
        ({"review": TOLD, "practice": None}, set()),
        ({"practice": {"banks": ["exam"]}, "draw": [{}, {"from": "exam"}],
          "banks": {"exam": {"questions": [single("three")]}}}, set()),
    ],
    ids=["until passed or the last", "the last", "never", "after it closes", "told", "not missed ones", "no practice",
         "a bank that the exam draws from"],
)  # fmt: skip
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_no_answer_is_shown_that_the_exam_still_hides(school, rules, practised):
    whole = {"practice": {}, "pass_mark": 100, "questions": EXAM} | rules
    school.publish(quiz=quiz(**{name: value for name, value in whole.items() if value is not None}))
    person = school.ready()
    take(school, person, {"one": "b", "two": "a"})
    with school.turn():
        pool = practice_pool.of(enrolments.of(person, KEY))
        assert set(pool.missed) | pool.fresh == practised


def test_while_an_attempt_runs_nothing_that_it_may_ask_is_practised(drill):
    person = drill.ready()
    take(drill, person, {"one": "b", "two": "a"})
    missed = task_of(drill, person)
    drill.start(person)
    assert standing(drill, person) == (0, 2)
    with pytest.raises(practice.PracticeNotFound), drill.turn():
        practice.answer(person, KEY, missed.handle, 0, None)
    with pytest.raises(practice.PracticeNotFound), drill.turn():
        practice.last_answer(enrolments.of(person, KEY), missed.handle)


def test_a_bank_that_todays_exam_asks_is_no_practice_of_yesterdays_learners(drill):
    person = drill.ready()
    assert standing(drill, person) == (0, 2)
    drill.publish(quiz=quiz(questions=[single("three")]))
    assert standing(drill, person) == (0, 1)


def test_two_devices_at_once_count_one_answer(drill):
    person = drill.ready()
    take(drill, person, {"one": "b", "two": "a"})
    task = task_of(drill, person)
    act = functools.partial(practice.answer, person, KEY, task.handle, task.turn, None)
    results = drill.at_once([act] * 4)
    assert results.count("practice_stale") == 3
    with drill.turn():
        assert db.session.scalars(select(PracticeCard.turns)).one() == 1


def test_what_an_exam_finds_missing_again_is_due_again(drill):
    with time_machine.travel(START, tick=False) as clock:
        person = drill.ready()
        take(drill, person, {"one": "b", "two": "a"})
        do(drill, person, right=True)
        clock.shift(dt.timedelta(minutes=5))
        assert standing(drill, person)[0] == 0
        take(drill, person, {"one": "b", "two": "d"})
        assert standing(drill, person)[0] == 1


def test_the_survivor_of_a_merge_keeps_what_both_practised(drill):
    ana, twin = drill.ready("Ana"), drill.ready("Twin")
    for person in (ana, twin):
        take(drill, person, {"one": "a", "two": "a"})
        do(drill, person, right=True)
    do(drill, twin, right=True)
    with drill.turn():
        one, other = enrolments.of(ana, KEY), enrolments.of(twin, KEY)
        practice.join(other, one)
        keys = db.session.scalars(
            select(PracticeCard.question_key).where(PracticeCard.enrolment_id == one.id)
        )
        assert sorted(keys) == ["one", "two"]
        assert (
            db.session.scalars(select(PracticeCard).where(PracticeCard.enrolment_id == other.id)).all() == []
        )


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 400 * 86_400)), min_size=1, max_size=30))
@settings(max_examples=60, deadline=None)
def test_the_schedule_always_lies_ahead_and_within_a_year(answers):
    memory, moment = None, START
    for right, wait in answers:
        moment += dt.timedelta(seconds=wait)
        memory = practice_schedule.after(memory, moment, right=right)
        assert dt.timedelta(0) < memory.due_at - moment <= dt.timedelta(days=practice_schedule.LONGEST)
        assert 1 <= memory.difficulty <= 10 and memory.stability > 0
        assert right or memory.due_at - moment <= dt.timedelta(minutes=10)


# --- by API and on pages -------------------------------------------------------------------------


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_api_asks_and_tells_at_once(drill, client, secret_key):
    person = drill.ready()
    take(drill, person, {"one": "b", "two": "a"})
    with drill.turn():
        who = people.get(person).public_id
    auth, path = {"Authorization": f"Bearer {secret_key}"}, f"/v1/academy/courses/{KEY}/practice"
    asked = client.get(f"{path}?person={who}", headers=auth).get_json()
    assert (asked["due"], asked["new"], asked["question"]["turn"]) == (1, 2, 0)
    text = str(asked)
    assert "Feedback" not in text and "correct" not in text and "two" not in asked["question"]["id"]
    body = {"person": who, "question": asked["question"]["id"], "turn": 0}
    faulty = client.post(path, json=body | {"answer": "9"}, headers=auth)
    assert (faulty.status_code, faulty.get_json()["errors"][0]["field"]) == (422, "answer")
    place = next(o["place"] for o in asked["question"]["options"] if o["html"] == "Option c (en)")
    told = client.post(path, json=body | {"answer": place}, headers=auth).get_json()
    assert (told["question"]["result"], told["question"]["share"], told["due"]) == ("right", 1.0, 0)
    assert "Feedback two (en)" in told["question"]["feedback_html"]
    assert [o["correct"] for o in told["question"]["options"]].count(True) == 1
    stale = client.post(path, json=body | {"answer": place}, headers=auth)
    assert (stale.status_code, stale.get_json()["code"]) == (409, "practice_stale")
    assert client.post(path, json=body | {"question": "x" * 16}, headers=auth).status_code == 404


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_page_works_with_forms_alone_in_both_languages(drill, app, sign_in):
    person = drill.ready()
    take(drill, person, {"one": "b", "two": "a"})
    client = app.test_client()
    ana = Reader(client, person, sign_in(client, person_id=person))
    path = f"/academy/{KEY}/practice"
    assert f'href="{path}"' in ana.get(f"/academy/{KEY}") and "one is due" in ana.get(f"/academy/{KEY}")
    assert "una pendiente" in ana.get(f"/academy/{KEY}?lang=es")
    page = ana.get(f"{path}?lang=en")
    assert "Question two (en)" in page and "Feedback" not in page.split("<main")[1]
    hidden = dict(re.findall(r'name="(question|turn)" value="(\w+)"', page))
    ana.post(path, **hidden, answer_1="nonsense")
    assert "could not be read" in ana.get(path)
    shown = ana.get(ana.post(path, **hidden).location)
    assert "Right answer" in shown and "Feedback two (en)" in shown and "Not answered" in shown
    ana.post(path, **hidden)
    assert "another window" in ana.get(path)
    ana.post(path, status=404, question="0" * 16, turn="0")
    stranger = app.test_client()
    other = drill.ready("Stranger")
    theirs = Reader(stranger, other, sign_in(stranger, person_id=other))
    theirs.post(path, status=404, **hidden)
    assert "Question two" not in theirs.get(f"{path}?answered={hidden['question']}", status=302)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_every_kind_that_is_marked_at_once_is_practised_by_forms_alone(school, app, sign_in):
    banks = {"drill": {"questions": EVERY_KIND}}
    school.publish(quiz=quiz(questions=EXAM, practice={"banks": ["drill"]}, banks=banks))
    client, person = app.test_client(), school.ready()
    ana, path = Reader(client, person, sign_in(client, person_id=person)), f"/academy/{KEY}/practice"
    kinds = []
    while (task := task_or_none(school, person)) is not None:
        page = ana.get(path)
        hidden = dict(re.findall(r'name="(question|turn)" value="(\w+)"', page))
        assert hidden == {"question": task.handle, "turn": "0"}
        best = filled({1: task.question.chosen(task.question.best(task.order), task.order)})
        told = ana.get(ana.post(path, **hidden, answer_1=best[1]).location)
        assert '<span class="badge ok">Right</span>' in told and 'class="feedback"' in told, task.question.key
        kinds.append(task.question.kind)
    by_people_or_deeds = {"essay", "file_upload", "product_task"}
    assert set(kinds) == {raw["kind"] for raw in EVERY_KIND} - by_people_or_deeds


def test_a_course_says_what_is_practised_and_a_bank_that_does_not_exist_is_named(school):
    with pytest.raises(Exception, match="there is no bank 'else'"):
        school.publish(quiz=quiz(practice={"banks": ["else"]}))
    school.publish(quiz=quiz(practice={}))
    with school.turn():
        definition = courses.definition_of(courses.live(KEY).course)
        assert definition["quiz"]["practice"] == {}
