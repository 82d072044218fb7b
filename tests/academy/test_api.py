"""The academy over HTTP: for servers with a secret key, and for signed users themselves."""

from __future__ import annotations

import pytest

from academy import attempts
from plg.access import user_tokens
from plg.accounts import accounts, memberships
from plg.kit.db import db
from plg.people import identities
from tests.academy.conftest import KEY
from tests.support.queries import count_queries

BASE = "/v1/academy"


@pytest.fixture
def call(client, secret_key):
    """`call("POST", "/attempts", {...})` with the secret key."""

    def run(method: str, path: str, body: object = None, status: int = 200, **headers: str):
        auth = {"Authorization": f"Bearer {secret_key}"} | headers
        answer = client.open(BASE + path, method=method, json=body, headers=auth)
        assert answer.status_code == status, answer.get_data(as_text=True)
        return answer.get_json()

    return run


@pytest.fixture
def ana(school):
    """Known to the host product as `host-ana`, in one account."""
    person = school.person()
    with school.turn():
        identities.claim(person, "host-ana")
        account = accounts.open("Acme", key="acme", by=person)
        memberships.add(account.id, person, "owner", by="tests")
    return person


def learn(call, **extra):
    call("POST", "/enrolments", {"course": KEY} | extra)
    for lesson in ("first", "second"):
        call("POST", f"/courses/{KEY}/lessons/{lesson}/complete", extra)


def answers(right):
    return [{"question": number, "answer": answer} for number, answer in right.items()]


def test_the_whole_way_of_a_learner(school, ana, call):
    (course,) = call("GET", "/courses")["data"]
    assert (course["key"], course["quiz"]["questions"], len(course["lessons"])) == (KEY, 4, 2)
    assert call("GET", f"/courses/{KEY}") == course
    learn(call, person="host-ana")
    (enrolment,) = call("GET", "/enrolments?person=host-ana")["data"]
    assert enrolment["progress"] == {"done": 2, "total": 3, "percent": 66}
    attempt = call("POST", "/attempts?locale=es", {"person": "host-ana", "course": KEY})
    assert attempt["state"] == "in_progress" and "(es)" in attempt["questions"][0]["html"]
    right = school.right(attempt["id"])
    some = {1: right[1]}
    saved = call("POST", f"/attempts/{attempt['id']}/answers", {"sequence": 0, "answers": answers(some)})
    assert saved["sequence"] == 1 and saved["questions"][0]["answer"] == right[1]
    done = call("POST", f"/attempts/{attempt['id']}/submit", {"sequence": 1, "answers": answers(right)})
    assert (done["state"], done["passed"], done["score_percent"]) == ("submitted", True, 100)
    (certificate,) = call("GET", "/certificates?person=host-ana")["data"]
    assert certificate["code"] == done["certificate"]
    assert certificate == call("GET", f"/certificates/{done['certificate']}")
    assert certificate["url"].endswith(f"/certificates/{done['certificate']}")
    (enrolment,) = call("GET", "/enrolments?person=host-ana")["data"]
    assert enrolment["progress"]["percent"] == 100 and enrolment["completed_at"]


def test_a_lesson_is_read_in_the_version_that_the_person_is_on(school, ana, call):
    learn(call, person="host-ana")
    lesson = call("GET", f"/courses/{KEY}/lessons/first?person=host-ana&locale=es")
    assert lesson["title"] == "Lección 1" and lesson["html"] == "<p>Hola.</p>" and lesson["completed"]
    call("GET", f"/courses/{KEY}/lessons/nothing?person=host-ana", status=404)


def test_the_key_leaves_the_server_only_after_a_pass(school, ana, call):
    learn(call, person="host-ana")
    attempt = call("POST", "/attempts", {"person": "host-ana", "course": KEY})
    for shown in (attempt, call("GET", f"/attempts/{attempt['id']}")):
        for question in shown["questions"]:
            assert question.keys() == {"question", "answer", "kind", "html", "options"}
            assert all(option.keys() == {"place", "html"} for option in question["options"])
    failed = call("POST", f"/attempts/{attempt['id']}/submit", {"sequence": 0, "answers": []})
    assert {o["correct"] for q in failed["questions"] for o in q["options"]} == {None}
    assert {q["result"] for q in failed["questions"]} == {"unanswered"}
    again = call("POST", "/attempts", {"person": "host-ana", "course": KEY})
    body = {"sequence": 0, "answers": answers(school.right(again["id"]))}
    passed = call("POST", f"/attempts/{again['id']}/submit", body)
    assert {o["correct"] for q in passed["questions"] for o in q["options"]} == {True, False}


def test_submitting_again_gives_the_same_answer(school, ana, call):
    learn(call, person="host-ana")
    attempt = call("POST", "/attempts", {"person": "host-ana", "course": KEY})
    body = {"sequence": 0, "answers": answers(school.right(attempt["id"]))}
    first = call("POST", f"/attempts/{attempt['id']}/submit", body)
    assert call("POST", f"/attempts/{attempt['id']}/submit", body) == first
    other = {"sequence": 0, "answers": answers(school.wrong(attempt["id"]))}
    assert call("POST", f"/attempts/{attempt['id']}/submit", other) == first


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({"sequence": 0, "answers": [{"question": 9, "answer": "1"}]}, "answers_faulty", "answers.9"),
        (
            {"sequence": 0, "answers": [{"question": 1, "answer": "1"}] * 2},
            "question_twice",
            "answers.1.question",
        ),
        ({"sequence": 0, "answers": [{"question": 1, "answer": {"a": 1}}]}, "answers_faulty", "answers.1"),
        (
            {"sequence": 0, "answers": [{"question": 1, "answer": "1", "correct": True}]},
            "invalid_request",
            None,
        ),
        ({"sequence": 0, "answers": [{"question": 1, "answer": None}] * 1001}, "invalid_request", None),
        ({"sequence": "0", "answers": []}, "invalid_request", "sequence"),
        ({"answers": []}, "invalid_request", "sequence"),
        ([], "invalid_request", None),
    ],
)
def test_broken_answers_are_refused_with_every_fault_and_nothing_is_kept(
    school, ana, call, body, code, field
):
    learn(call, person="host-ana")
    attempt = call("POST", "/attempts", {"person": "host-ana", "course": KEY})
    for act in ("answers", "submit"):
        problem = call("POST", f"/attempts/{attempt['id']}/{act}", body, status=422)
        assert problem["code"] == code
        if field:
            assert [error["field"] for error in problem["errors"]] == [field]
    kept = call("GET", f"/attempts/{attempt['id']}")
    assert (kept["state"], kept["sequence"]) == ("in_progress", 0)


def test_refusals_have_their_own_codes(school, ana, call):
    body = {"person": "host-ana", "course": KEY}
    assert call("POST", "/attempts", body, status=404)["code"] == "not_enrolled"
    call("POST", "/enrolments", body)
    assert call("POST", "/attempts", body, status=409)["code"] == "lessons_incomplete"
    assert call("POST", "/enrolments", {"course": KEY}, status=422)["code"] == "person_needed"
    assert call("POST", "/enrolments", body | {"course": "no"}, status=404)["code"] == "course_not_found"
    assert call("GET", "/attempts/att_no", status=404)["code"] == "attempt_not_found"
    assert call("GET", "/certificates/no", status=404)["code"] == "certificate_not_found"


def test_a_stale_page_is_told_the_current_sequence(school, ana, call):
    learn(call, person="host-ana")
    attempt = call("POST", "/attempts", {"person": "host-ana", "course": KEY})
    path = f"/attempts/{attempt['id']}/answers"
    call("POST", path, {"sequence": 0, "answers": answers(school.right(attempt["id"]))})
    stale = {"sequence": 0, "answers": answers(school.wrong(attempt["id"]))}
    problem = call("POST", path, stale, status=409)
    assert (problem["code"], problem["sequence"]) == ("stale_answers", 1)


def test_a_server_that_names_the_wrong_person_does_not_reach_the_attempt(school, ana, call):
    learn(call, person="host-ana")
    attempt = call("POST", "/attempts", {"person": "host-ana", "course": KEY})
    school.person("Luis")
    with school.turn():
        identities.resolve(["host-luis"])
    body = {"sequence": 0, "answers": [], "person": "host-luis"}
    assert call("POST", f"/attempts/{attempt['id']}/submit", body, status=404)["code"] == "attempt_not_found"
    assert (
        call("GET", f"/attempts/{attempt['id']}?person=host-luis", status=404)["code"] == "attempt_not_found"
    )


def test_a_signed_user_learns_for_themselves_only(app, school, ana, client, publishable_key, call):
    with app.app_context():
        token = user_tokens.sign("host-ana", "acme")
        other = user_tokens.sign("host-luis", "acme")

    def headers(of: str) -> dict[str, str]:
        return {"X-Plg-Key": publishable_key, "Authorization": f"Bearer {of}"}

    learn(call, person="host-ana")
    started = client.post(
        f"{BASE}/attempts", json={"course": KEY, "person": "host-luis"}, headers=headers(token)
    )
    assert started.status_code == 200
    attempt = started.get_json()["id"]
    with school.turn():
        assert school.attempt(attempt).person_id == ana
    body = {"sequence": 0, "answers": [], "person": "host-ana"}
    for act in ("answers", "submit"):
        foreign = client.post(f"{BASE}/attempts/{attempt}/{act}", json=body, headers=headers(other))
        assert foreign.status_code == 404
    assert client.get(f"{BASE}/attempts/{attempt}", headers=headers(other)).status_code == 404
    assert client.get(f"{BASE}/attempts/{attempt}", headers=headers(token)).status_code == 200


def test_the_event_carries_the_account_of_the_learner(school, ana, call):
    learn(call, person="host-ana")
    with school.turn():
        account = db.session.execute(
            db.text("SELECT account_id FROM events WHERE name = 'Course Started'")
        ).scalar_one()
        assert account == accounts.find("acme").id


def test_the_hot_paths_ask_little_of_the_database(app, school, ana, call, secret_key, client):
    """Of these statements one or two check the key."""
    learn(call, person="host-ana")
    attempt = call("POST", "/attempts", {"person": "host-ana", "course": KEY})
    path = f"/attempts/{attempt['id']}"
    right = school.right(attempt["id"])
    call("GET", path)
    with app.app_context():
        engine = db.engine
    with count_queries(engine) as queries:
        call("POST", f"{path}/answers", {"sequence": 0, "answers": answers({1: right[1]})})
    assert queries.count <= 4
    with count_queries(engine) as queries:
        call("GET", path)
    assert queries.count <= 3
    with count_queries(engine) as queries:
        call("POST", f"{path}/submit", {"sequence": 1, "answers": answers(right)})
    assert queries.count <= 14
    with count_queries(engine) as queries:
        call("GET", "/courses")
    assert queries.count <= 3
    school.publish("other")
    call("POST", "/enrolments", {"person": "host-ana", "course": "other"})
    for lesson in ("first", "second"):
        call("POST", f"/courses/other/lessons/{lesson}/complete", {"person": "host-ana"})
    with count_queries(engine) as queries:
        other = call("POST", "/attempts", {"person": "host-ana", "course": "other"})
    assert queries.count <= 9  # four of them find the person and their account
    with count_queries(engine) as queries:
        call("POST", f"/attempts/{other['id']}/submit", {"sequence": 0, "answers": []})
    assert queries.count <= 7


def test_progress_of_many_courses_takes_no_more_questions_than_of_one(app, school, ana, call):
    for number in range(6):
        school.publish(f"course-{number}")
        call("POST", "/enrolments", {"person": "host-ana", "course": f"course-{number}"})
    call("GET", "/enrolments?person=host-ana")
    with app.app_context():
        engine = db.engine
    with count_queries(engine) as queries:
        assert len(call("GET", "/enrolments?person=host-ana")["data"]) == 6
    assert queries.count <= 7


def test_two_requests_for_the_last_attempt_give_one(school, ana, call):
    learn(call, person="host-ana")
    ids = school.at_once([lambda: attempts.start(ana, KEY).public_id] * 4)
    assert len(set(ids)) == 1
