"""What attackers try at an exam. Those at deadlines, limits, stale pages and replays stand beside their subjects."""

from __future__ import annotations

import itertools
import re
from typing import Any

import pytest

from academy import attempts, certificates, courses, enrolments, lessons
from plg.access import credentials
from plg.people import people
from tests.academy.conftest import KEY
from tests.academy.kind_samples import ESSAY, EVERY_KIND, MULTIPLE, SHORT, WEIGHED
from tests.academy.samples import SCRIPT, multiple, quiz, single
from tests.academy.test_pages import Reader, attempt_of
from tests.academy.test_papers_of_every_kind import filled

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
BASE = "/v1/academy"


@pytest.fixture
def post(client, secret_key):
    def run(path: str, body: object, **headers: str):
        return client.post(
            BASE + path, json=body, headers={"Authorization": f"Bearer {secret_key}"} | headers
        )

    return run


@pytest.mark.parametrize("act", ["answers", "submit"])
@pytest.mark.parametrize(
    "answers",
    [
        [{"question": 3, "answer": "1"}],
        [{"question": "three", "answer": "1"}],
        [{"question": 1, "answer": "1"}, {"question": 2, "answer": "1"}, {"question": 1, "answer": "2"}],
        [{"question": 1, "answer": "b"}],
        [{"question": 1, "answer": ["1", "2"]}],
        [{"question": 0, "answer": "1"}, {"question": -1, "answer": "1"}],
        [{"question": 1, "answer": "1", "share": 1}],
    ],
    ids=["undrawn", "by its key", "twice", "an author's key", "two of one", "no number", "with a mark"],
)
def test_answers_to_questions_that_are_not_on_the_paper_are_refused_whole(school, post, act, answers):
    school.publish(quiz=quiz(questions=[single(key) for key in ("one", "two", "three", "four")], draw=2))
    attempt = school.start(school.ready())
    refused = post(f"/attempts/{attempt}/{act}", {"sequence": 0, "answers": answers})
    assert refused.status_code == 422
    with school.turn():
        row = school.attempt(attempt)
        assert (row.answers, row.state, row.sequence) == ({}, "in_progress", 0)


def test_choosing_everything_everywhere_earns_nothing(school):
    school.publish(quiz=quiz(questions=[MULTIPLE, WEIGHED, multiple("m-many", right="abc")], pass_mark=1))
    person = school.ready()
    attempt = school.start(person)
    with school.turn():
        everything = {n: [str(place) for place in range(1, 5)] for n in (1, 2, 3)}
        row = attempts.submit(attempt, everything, 0, person_id=person)
        assert (row.score, row.passed) == (0, False)


def test_lessons_that_are_finished_by_api_finish_no_course_before_its_quiz(school, post):
    person = school.person()
    with school.turn():
        who = people.get(person).public_id
    assert post("/enrolments", {"person": who, "course": KEY}).status_code == 200
    early = post("/attempts", {"person": who, "course": KEY})
    assert (early.status_code, early.get_json()["code"]) == (409, "lessons_incomplete")
    for lesson in ("quiz", "third", "first/../second"):
        assert post(f"/courses/{KEY}/lessons/{lesson}/complete", {"person": who}).status_code == 404
    for lesson in ("first", "second", "second"):
        told = post(f"/courses/{KEY}/lessons/{lesson}/complete", {"person": who}).get_json()
    assert (told["progress"], told["completed_at"], told["quiz_passed"]) == (
        {"done": 2, "total": 3, "percent": 66}, None, False)  # fmt: skip
    with school.turn():
        assert certificates.of_person(person) == [] and enrolments.of(person, KEY).completed_at is None
    assert "Course Completed" not in school.events(person)


def test_an_edit_while_an_attempt_runs_reaches_only_the_next_one(school):
    person = school.ready()
    running = school.start(person)
    right = school.right(running)
    with school.turn():
        attempts.save(running, {1: right[1]}, 0, person_id=person)
    school.publish(quiz=quiz(questions=[single("else")], time_limit_minutes=1, max_attempts=1))
    with school.turn():
        lessons.complete(person, KEY, "first")
        row = attempts.submit(running, right, 1, person_id=person)
        assert (row.passed, row.due_at, courses.published(row.version_id).version) == (True, None, 1)


@pytest.mark.parametrize(
    "answer",
    ["x" * 501, "x" * 2_000_000, ["x" * 501], ["x"] * 100_000, {"a": "x" * 100_000}, 10**400, float("1e308"), True],
    ids=["long", "very long", "in a list", "many", "an object", "a huge number", "a float", "a bool"],
)  # fmt: skip
def test_an_oversized_or_strange_answer_is_refused_and_not_kept(school, post, answer):
    school.publish(quiz=quiz(questions=[SHORT, ESSAY]))
    attempt = school.start(school.ready())
    with school.turn():
        keys = [slot.question for slot in attempts.slots_of(school.attempt(attempt))]
    body = {"sequence": 0, "answers": [{"question": keys.index("short") + 1, "answer": answer}]}
    assert post(f"/attempts/{attempt}/answers", body).status_code == 422
    with school.turn():
        assert school.attempt(attempt).answers == {}


def test_an_essay_beyond_its_bound_and_a_body_beyond_ours_are_refused(school, post, client, secret_key):
    school.publish(quiz=quiz(questions=[ESSAY]))
    attempt = school.start(school.ready())
    path = f"/attempts/{attempt}/answers"
    long = {"sequence": 0, "answers": [{"question": 1, "answer": ["x" * 100_001]}]}
    assert post(path, long).status_code == 422
    deep = (
        b'{"sequence": 0, "answers": [{"question": 1, "answer": ' + b"[" * 100_000 + b"]" * 100_000 + b"}]}"
    )
    auth = {"Authorization": f"Bearer {secret_key}", "Content-Type": "application/json"}
    assert client.post(BASE + path, data=deep, headers=auth).status_code in (400, 422)
    huge = client.post(BASE + path, data=b"x" * (26 * 1024 * 1024), headers=auth)
    assert huge.status_code == 413
    with school.turn():
        assert school.attempt(attempt).answers == {}


# --- script in every text ------------------------------------------------------------------------


def poisoned(raw: Any, numbers: Any) -> Any:
    """The sample with script in each of its texts, each another one, and the gaps of a cloze where they were."""
    if isinstance(raw, dict) and raw.keys() == {"es", "en"}:
        gaps = {
            language: " ".join(re.findall(r"\[\[[^\]]*\]\]|\{\w\}", text)) for language, text in raw.items()
        }
        return {language: f"{SCRIPT} {next(numbers)} {gap}" for language, gap in gaps.items()}
    if isinstance(raw, dict):
        return {name: poisoned(inner, numbers) for name, inner in raw.items()}
    return [poisoned(inner, numbers) for inner in raw] if isinstance(raw, list) else raw


@pytest.fixture
def evil(school):
    numbers = itertools.count(100)
    evil = {"es": f"{SCRIPT} es", "en": f"{SCRIPT} en"}
    banks = {"drill": {"questions": poisoned([single("drilled")], numbers)}}
    whole = quiz(
        title=evil,
        evidence=True,
        banks=banks,
        practice={"banks": ["drill"]},
        sections=[{"title": evil, "draw": [{}]}],
        bands=[{"at_least": 0, "text": evil}],
        questions=poisoned(EVERY_KIND, numbers),
    )
    school.publish(title=evil, summary=evil, quiz=whole)
    return school


@pytest.mark.parametrize("language", ["en", "es"])
def test_script_in_every_text_of_authors_and_learners_is_only_ever_shown(evil, app, sign_in, language):
    client, person = app.test_client(), evil.ready(SCRIPT)
    ana = Reader(client, person, sign_in(client, person_id=person))
    shown = {"practice": ana.get(f"/academy/{KEY}/practice?lang={language}")}
    attempt = attempt_of(ana.post(f"/academy/{KEY}/quiz"))
    shown["paper"] = ana.get(f"/academy/attempts/{attempt}")
    with evil.turn():
        keys = [slot.question for slot in attempts.slots_of(evil.attempt(attempt))]
    written = {keys.index(key) + 1: [SCRIPT] for key in ("short", "essay")}
    answers = filled(evil.right(attempt)) | written
    shown["saved"] = ana.get(ana.answer(attempt, answers, act="save").location)
    shown["result"] = ana.get(ana.answer(attempt, answers, sequence=1).location)
    hidden = dict(re.findall(r'name="(question|turn)" value="(\w+)"', shown["practice"]))
    shown["practised"] = ana.get(ana.post(f"/academy/{KEY}/practice", **hidden).location)
    with evil.turn():
        staff = credentials.add_staff("eva@firm.example", SCRIPT, "a long enough pass phrase").id
    eva = Reader(client, staff, sign_in(client, staff_id=staff))
    marking = "/staff/academy/marking"
    for path in (
        marking, f"{marking}/{attempt}/{keys.index('essay') + 1}", "/staff/quizzes", f"/staff/quizzes/{KEY}",
        f"/staff/quizzes/{KEY}/attempts", f"/staff/quizzes/{KEY}/attempts/{attempt}",
        f"/staff/quizzes/{KEY}/regrades", f"/staff/quizzes/{KEY}/extensions",
    ):  # fmt: skip
        shown[path] = eva.get(f"{path}?lang={language}")
    for page, html in shown.items():
        assert "<script>alert" not in html and "alert(1)" in html, page
