"""The item analysis of real attempts: read in one go, over HTTP, for staff, in a shell."""

from __future__ import annotations

import pytest
from sqlalchemy import insert

from academy import attempts, courses, quiz_analysis
from academy.models import Attempt, Enrolment
from academy.paper import draw_paper, mark_paper
from plg.kit.clock import now
from plg.kit.db import db
from plg.people import people
from tests.academy.conftest import KEY
from tests.academy.samples import quiz, single
from tests.support.queries import count_queries
from tests.support.visitors import visitor


def take(school, person, by_question):
    """An attempt in which each question of `by_question` is answered with that option."""
    attempt = school.start(person)
    with school.turn():
        slots = attempts.slots_of(school.attempt(attempt))
        chosen = {
            number: str(slot.order.index(by_question[slot.question]) + 1)
            for number, slot in enumerate(slots, 1)
            if slot.question in by_question
        }
        return attempts.submit(attempt, chosen, 0, person_id=person)


def test_attempts_are_read_as_they_were_marked(school):
    school.publish(quiz=quiz(questions=[single("one"), single("two", right="c")], pass_mark=100))
    ana, luis, eva = (school.ready(name) for name in ("Ana", "Luis", "Eva"))
    take(school, ana, {"one": "b", "two": "c"})
    take(school, luis, {"one": "b", "two": "a"})
    take(school, luis, {"one": "b", "two": "c"})
    take(school, eva, {"one": "a"})
    with school.turn():
        found = quiz_analysis.plain(quiz_analysis.analyse(KEY))
        again = quiz_analysis.plain(quiz_analysis.analyse(KEY, which="best"))
        whole = quiz_analysis.plain(quiz_analysis.analyse(KEY, which="all"))
        last = quiz_analysis.plain(quiz_analysis.analyse(KEY, which="last"))
    one, two = found["items"]
    assert (found["attempts"], found["small"], found["mean"]) == (3, True, 1.0)
    assert [round(one["facility"], 2), round(two["facility"], 2)] == [66.67, 33.33]
    assert (one["answered"], two["answered"], one["random_guess"]) == (3, 2, 25)
    assert {use["option"]: use["chosen"] for use in two["options"]} == {"a": 1, "b": 0, "c": 1, "d": 0}
    assert [use["option"] for use in two["options"] if use["right"]] == ["c"]
    assert round(again["items"][1]["facility"], 2) == round(last["items"][1]["facility"], 2) == 66.67
    assert whole["attempts"] == 4


def test_a_question_that_was_not_drawn_is_no_wrong_answer(school):
    questions = [single(f"q{n}") for n in range(4)]
    school.publish(quiz=quiz(questions=questions, draw=2, pass_mark=100))
    for n in range(4):
        take(school, school.ready(f"Person {n}"), {each["key"]: "b" for each in questions})
    with school.turn():
        found = quiz_analysis.plain(quiz_analysis.analyse(KEY))
    assert sum(item["attempts"] for item in found["items"]) == 8
    assert {item["facility"] for item in found["items"] if item["attempts"]} == {100.0}
    assert found["alpha_by"] == "pairwise"


def test_the_read_takes_one_statement_however_many_attempts_there_are(app, school):
    crowd(school, 300)
    with app.app_context():
        quiz_analysis.version_of(KEY, None)
        with count_queries(db.engine) as queries:
            found = quiz_analysis.analyse(KEY)
    assert queries.count <= 2
    assert found.figures.attempts == 300 and not found.figures.small


def crowd(school, count):
    """Finished attempts of as many people, written at once."""
    with school.turn():
        published, moment = courses.live(KEY), now()
        version = {"version_id": published.id}
        everybody = [people.add(email=None, name=f"Person {n}", by="tests").id for n in range(count)]
        enrolled = version | {"course_key": KEY, "enrolled_at": moment}
        db.session.execute(
            insert(Enrolment), [enrolled | {"id": each, "person_id": each} for each in everybody]
        )
        same = version | {"number": 1, "state": "submitted", "answers": {}, "score": 0, "passed": False}
        same |= {"sequence": 1, "started_at": moment, "finished_at": moment}
        rows = []
        for each in everybody:
            slots = draw_paper(published.quiz, str(each))
            shares = [str(share) for share in mark_paper(published.quiz, slots, {}).shares]
            own = {"public_id": f"att_{each}", "enrolment_id": each, "person_id": each, "seed": str(each)}
            rows.append(same | own | {"slots": [slot.to_json() for slot in slots], "shares": shares})
        db.session.execute(insert(Attempt), rows)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_api_gives_json_and_csv_to_servers_alone(school, client, secret_key, publishable_key):
    take(school, school.ready(), {})
    auth = {"Authorization": f"Bearer {secret_key}"}
    path = f"/v1/academy/quizzes/{KEY}/analysis"
    found = client.get(path, headers=auth).get_json()
    assert (found["course"], found["attempts"], len(found["items"])) == (KEY, 1, 4)
    table = client.get(f"{path}?format=csv&attempts=all", headers=auth)
    assert table.mimetype == "text/csv" and table.get_data(as_text=True).count("\n") == 5
    assert client.get(f"{path}?version=9", headers=auth).status_code == 404
    assert client.get(f"{path}?attempts=some", headers=auth).status_code == 422
    assert client.get(path, headers={"X-Plg-Key": publishable_key}).status_code == 403


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_staff_read_it_in_both_languages_and_nobody_else_does(school, app, client):
    take(school, school.ready(), {"one": "b"})
    assert client.get(f"/staff/quizzes/{KEY}", headers={"Accept": "text/html"}).status_code in (302, 401)
    staff = visitor(app, "staff", None).client
    for language, words in (("es", "Índice de discriminación"), ("en", "Discrimination index")):
        assert f"/staff/quizzes/{KEY}" in staff.get(f"/staff/quizzes?lang={language}").get_data(as_text=True)
        html = staff.get(f"/staff/quizzes/{KEY}?lang={language}").get_data(as_text=True)
        assert words in html and html.count("<section") >= 4
    assert staff.get(f"/staff/quizzes/{KEY}?format=csv").mimetype == "text/csv"
    assert staff.get("/staff/quizzes/nothing").status_code == 404
