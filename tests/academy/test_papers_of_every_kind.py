"""Every kind of question on the hosted pages: asked without its key, answered with forms alone, reviewed."""

from __future__ import annotations

import re

import pytest

from plg.events import log
from plg.kit.db import db
from tests.academy.kind_samples import ESSAY, EVERY_KIND, KEY_WORDS, TASK
from tests.academy.samples import SCRIPT, quiz, text
from tests.academy.test_pages import Reader, attempt_of

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
MARKED_AT_ONCE = [raw for raw in EVERY_KIND if raw["kind"] not in ("essay", "file_upload")]


@pytest.fixture
def ana(app, school, sign_in):
    """Ready for a quiz that holds a question of every kind."""
    school.publish(quiz=quiz(questions=EVERY_KIND))
    client = app.test_client()
    person = school.ready()
    return Reader(client, person, sign_in(client, person_id=person))


def filled(answers):
    """Answers as a browser sends them: nothing chosen in a select is an empty text."""
    found = {n: [each or "" for each in a] if isinstance(a, list) else a for n, a in answers.items()}
    return {number: answer for number, answer in found.items() if answer is not None}


def test_the_page_of_a_running_attempt_holds_no_key_of_any_kind(school, ana):
    attempt = attempt_of(ana.post("/academy/basics/quiz"))
    page = ana.get(f"/academy/attempts/{attempt}").split("<main")[1].lower()
    page = re.sub(r'src="data:[^"]*"|href="data:[^"]*"', "", page)
    assert [word for word in KEY_WORDS if word.lower() in page] == []


def test_every_field_has_a_name_for_those_who_do_not_see_it(school, ana):
    attempt = attempt_of(ana.post("/academy/basics/quiz"))
    page = ana.get(f"/academy/attempts/{attempt}")
    labels = set(re.findall(r'<label for="([^"]+)"', page))
    fields = re.findall(r"<(?:select|textarea|input class)[^>]*>", page)
    assert len(fields) > 20
    for field in fields:
        named = re.search(r'id="([^"]+)"', field)
        assert "aria-label=" in field or (named and named[1] in labels), field
    assert page.count("<fieldset") == page.count("<legend") == len(EVERY_KIND)


@pytest.mark.parametrize("language", ["es", "en"])
def test_the_right_answers_by_forms_alone_earn_all_but_what_is_done_elsewhere(school, ana, language):
    attempt = attempt_of(ana.post("/academy/basics/quiz"))
    paper = ana.get(f"/academy/attempts/{attempt}?lang={language}")
    assert f"Question s-one ({language})" in paper
    right = filled(school.right(attempt))
    ana.answer(attempt, right, act="save")
    again = ana.get(f"/academy/attempts/{attempt}")
    assert again.count(" selected") == 19
    assert 'value="Secretword"' in again
    html = ana.get(ana.answer(attempt, right, sequence=1).location)
    with school.turn():
        row = school.attempt(attempt)
        shares = dict(zip([slot["question"] for slot in row.slots], row.shares, strict=True))
    assert {key for key, share in shares.items() if share != "1"} == {"task", "essay", "file"}
    assert {"es": "Sin responder", "en": "Not answered"}[language] in html and "Secretword" in html


def test_script_in_a_written_answer_is_shown_as_text(school, ana):
    attempt = attempt_of(ana.post("/academy/basics/quiz"))
    with school.turn():
        slots = [slot["question"] for slot in school.attempt(attempt).slots]
    evil = {slots.index(key) + 1: [SCRIPT] for key in ("short", "essay", "num", "calc")}
    evil[slots.index("cloze") + 1] = ["", SCRIPT, SCRIPT]
    ana.answer(attempt, evil, act="save")
    paper = ana.get(f"/academy/attempts/{attempt}")
    result = ana.get(ana.answer(attempt, evil, sequence=1).location)
    for html in (paper, result):
        assert "<script>alert" not in html and html.count("&lt;script&gt;") >= 6


def test_what_is_done_in_the_product_is_looked_up_when_the_attempt_ends(school, ana):
    attempt = attempt_of(ana.post("/academy/basics/quiz"))
    for amount in (20, 30):
        with school.turn():
            log.record("Invoice Sent", person_id=ana.person, properties={"amount": amount})
    ana.answer(attempt, {})
    with school.turn():
        row = school.attempt(attempt)
        place = [slot["question"] for slot in row.slots].index("task")
        assert row.answers[str(place + 1)] == {"send": 2, "big": 0} and row.shares[place] == "1/2"
    html = ana.get(f"/academy/attempts/{attempt}/result")
    assert "Seen 2 times" in html and "Not seen" in html


def test_nobody_can_say_that_they_did_it(school, ana):
    school.publish("tasks", quiz=quiz(questions=[TASK]))
    for path in ("begin", "lessons/first/complete", "lessons/second/complete"):
        ana.post(f"/academy/tasks/{path}")
    attempt = attempt_of(ana.post("/academy/tasks/quiz"))
    ana.answer(attempt, {1: "2"}, status=422)


def test_sections_have_headings_and_a_band_speaks_of_the_score(school, ana):
    sections = [
        {"title": text("Part one"), "draw": [{"from": "vat", "count": 1}]},
        {"title": text("Part two"), "draw": [{"count": 2, "tags": ["hard"]}]},
    ]
    own = [raw | {"tags": ["hard"]} for raw in MARKED_AT_ONCE[:3]]
    bands = [{"at_least": 0, "text": text("Read again")}, {"at_least": 80, "text": text("Well done")}]
    bank = {"questions": [MARKED_AT_ONCE[4], MARKED_AT_ONCE[5]]}
    whole = {"questions": own, "banks": {"vat": bank}, "sections": sections, "bands": bands, "pass_mark": 50}
    school.publish("parts", quiz=quiz(**whole))
    for path in ("begin", "lessons/first/complete", "lessons/second/complete"):
        ana.post(f"/academy/parts/{path}")
    attempt = attempt_of(ana.post("/academy/parts/quiz"))
    page = ana.get(f"/academy/attempts/{attempt}")
    assert page.index("Part one (en)") < page.index("Part two (en)") and page.count("<fieldset") == 3
    html = ana.get(ana.answer(attempt, filled(school.right(attempt))).location)
    assert "Well done (en)" in html and "Read again" not in html
    assert html.count("Part one (en)") == 1


def test_the_result_waits_for_marks_and_says_so(school, ana):
    school.publish("essays", quiz=quiz(questions=[ESSAY], max_attempts=2))
    for path in ("begin", "lessons/first/complete", "lessons/second/complete"):
        ana.post(f"/academy/essays/{path}")
    attempt = attempt_of(ana.post("/academy/essays/quiz"))
    html = ana.get(ana.answer(attempt, {1: ["A long answer"]}).location)
    assert "Awaiting marks" in html and "Not passed" not in html and "%" not in html.split("<main")[1]
    rules = ana.get("/academy/essays/quiz")
    assert "still being marked" in rules and "Awaiting marks" in rules and "Not passed" not in rules
    assert ana.post("/academy/essays/quiz").location == "/academy/essays/quiz"
    with school.turn():
        assert db.session.execute(db.text("SELECT count(*) FROM quiz_attempts")).scalar_one() == 1
