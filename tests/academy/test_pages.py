"""The hosted pages, without JavaScript: a learner's way, and what attackers try."""

from __future__ import annotations

import datetime as dt
import re

import pytest
import time_machine
from sqlalchemy import update

from academy.attempts import GRACE
from academy.models import Enrolment
from plg.accounts.models import Account
from plg.kit.db import db
from tests.academy.conftest import KEY
from tests.academy.samples import SCRIPT, course, option, quiz, single
from tests.support.story import make_account

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
START = dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)


class Reader:
    """A browser of a signed-in person."""

    def __init__(self, client, person: int, csrf: str) -> None:
        self.client, self.person, self.csrf = client, person, csrf

    def get(self, path: str, status: int = 200) -> str:
        answer = self.client.get(path, headers={"Accept": "text/html"})
        assert answer.status_code == status, answer.get_data(as_text=True)
        return answer.get_data(as_text=True)

    def post(self, path: str, status: int = 302, accept: str = "text/html", **fields):
        data = {"csrf_token": self.csrf} | {name.replace("_", "-"): value for name, value in fields.items()}
        answer = self.client.post(path, data=data, headers={"Accept": accept})
        assert answer.status_code == status, answer.get_data(as_text=True)
        return answer

    def answer(self, attempt: str, answers: dict, act: str = "submit", sequence: int = 0, **options):
        fields = {f"answer_{number}": value for number, value in answers.items()}
        return self.post(f"/academy/attempts/{attempt}", act=act, sequence=str(sequence), **fields, **options)


@pytest.fixture
def reader(app, school, sign_in):
    def make(person: int) -> Reader:
        client = app.test_client()
        return Reader(client, person, sign_in(client, person_id=person))

    return make


@pytest.fixture
def ana(school, reader):
    return reader(school.ready())


def attempt_of(answer) -> str:
    return answer.location.rsplit("/", 1)[1]


def test_the_whole_way_with_forms_alone(school, reader):
    ana = reader(school.person())
    assert "Course (en)" in ana.get("/academy")
    assert "Begin the course" in ana.get(f"/academy/{KEY}")
    first = ana.post(f"/academy/{KEY}/begin").location
    assert "<h1>Lesson 1</h1>" in ana.get(first)
    second = ana.post(f"{first}/complete").location
    assert "<h1>Lesson 2</h1>" in ana.get(second)
    rules = ana.post(f"{second}/complete").location
    assert rules == f"/academy/{KEY}/quiz" and "75%" in ana.get(rules)
    paper = ana.post(rules).location
    html = ana.get(paper)
    assert html.count("<fieldset") == html.count("<legend>") == 4
    attempt = paper.rsplit("/", 1)[1]
    result = ana.answer(attempt, school.right(attempt)).location
    html = ana.get(result)
    assert "Passed. Congratulations!" in html and "Feedback one (en)" in html
    certificate = re.search(r'href="(/certificates/[^"]+)"', html)
    assert certificate
    html = ana.get(certificate[1])
    assert "Ana López" in html and "Course (en)" in html and "100%" in html
    assert certificate[1] in ana.get("/academy") and certificate[1] in ana.get(f"/academy/{KEY}")


def test_the_name_that_the_certificate_will_say_is_agreed_on_before(school, reader):
    ana, nobody = reader(school.ready("Ana <b>")), reader(school.ready(""))
    rules = ana.get(f"/academy/{KEY}/quiz")
    assert "<dt>Name on the certificate</dt><dd>Ana &lt;b&gt;</dd>" in rules
    assert "Write to us before you finish" in rules and 'href="mailto:' in rules
    assert "<dt>Name on the certificate</dt><dd>None</dd>" in nobody.get(f"/academy/{KEY}/quiz")
    school.pass_quiz(ana.person)
    assert "Name on the certificate" not in ana.get(f"/academy/{KEY}/quiz")


def test_every_page_speaks_both_languages(school, reader):
    ana = reader(school.ready())
    pages = [
        "/academy",
        f"/academy/{KEY}",
        f"/academy/{KEY}/lessons/first",
        f"/academy/{KEY}/quiz",
        "/verify",
    ]
    attempt = attempt_of(ana.post(f"/academy/{KEY}/quiz"))
    spanish = {}
    for path in [*pages, f"/academy/attempts/{attempt}"]:
        spanish[path], english = ana.get(f"{path}?lang=es"), ana.get(f"{path}?lang=en")
        assert '<html lang="es">' in spanish[path] and '<html lang="en">' in english
        assert spanish[path] != english
    assert "<h1>Lección 1</h1>" in spanish[f"/academy/{KEY}/lessons/first"]
    assert "Question one (es)" in spanish[f"/academy/attempts/{attempt}"]


def test_a_visitor_sees_the_catalogue_and_signs_in_to_begin(school, client):
    assert "Course (en)" in client.get("/academy").get_data(as_text=True)
    page = client.get(f"/academy/{KEY}").get_data(as_text=True)
    assert f"/academy/{KEY}/begin" in page and "<form" not in page.split("<main")[1]
    for path in (f"/academy/{KEY}/begin", f"/academy/{KEY}/lessons/first", f"/academy/{KEY}/quiz"):
        sent = client.get(path, headers={"Accept": "text/html"})
        assert sent.status_code == 302 and "next=" in sent.location


def test_the_page_of_a_running_attempt_holds_no_key(school, ana):
    attempt = attempt_of(ana.post(f"/academy/{KEY}/quiz"))
    html = ana.get(f"/academy/attempts/{attempt}").split("<main")[1]
    assert "Feedback" not in html and "correct" not in html and school.attempt_seed(attempt) not in html


def test_saved_answers_are_there_after_a_reload_and_in_another_browser(school, reader, ana):
    attempt = attempt_of(ana.post(f"/academy/{KEY}/quiz"))
    ana.answer(attempt, school.right(attempt), act="save")
    expected = sum(len(answer) for answer in school.right(attempt).values())
    for browser in (ana, reader(ana.person)):
        html = browser.get(f"/academy/attempts/{attempt}")
        assert html.count(" checked") == expected
        assert 'name="sequence" value="1"' in html


def test_a_stale_tab_is_refused_and_shows_what_it_wanted_to_send(school, ana):
    attempt = attempt_of(ana.post(f"/academy/{KEY}/quiz"))
    right, wrong = school.right(attempt), school.wrong(attempt)
    ana.answer(attempt, right, act="save")
    html = ana.answer(attempt, wrong, act="submit", status=409).get_data(as_text=True)
    assert "Nothing is lost" in html and 'name="sequence" value="1"' in html
    assert html.count(" checked") == sum(len(answer) for answer in wrong.values())
    with school.turn():
        assert school.attempt(attempt).state == "in_progress"
    ana.answer(attempt, wrong, act="submit", sequence=1)
    with school.turn():
        assert school.attempt(attempt).passed is False


def test_the_script_of_the_page_hears_the_new_sequence(school, ana):
    attempt = attempt_of(ana.post(f"/academy/{KEY}/quiz"))
    right, wrong = school.right(attempt), school.wrong(attempt)
    json = {"accept": "application/json"}
    saved = ana.answer(attempt, right, act="draft", status=200, **json).get_json()
    assert saved == {"sequence": 1, "seconds_left": None}
    stale = ana.answer(attempt, wrong, act="save", status=409, **json).get_json()
    assert (stale["code"], stale["sequence"]) == ("stale_answers", 1)


@pytest.mark.parametrize("act", ["save", "submit"])
@pytest.mark.parametrize(
    "extra", [{"answer_9": "1"}, {"answer_1": "9"}, {"answer_1": ["1", "1"]}, {"answer_x": "1"}]
)
def test_a_paper_with_strange_fields_is_refused_whole(school, ana, act, extra):
    school.publish("singles", quiz=quiz(questions=[single("a"), single("b")]))
    attempt = attempt_of(ana.post(f"/academy/{KEY}/quiz"))
    number = next(iter(extra)).removeprefix("answer_")
    answers = {k: v for k, v in school.right(attempt).items() if str(k) != number}
    ana.answer(attempt, answers, act=act, status=422, **extra)
    with school.turn():
        row = school.attempt(attempt)
        assert (row.answers, row.state) == ({}, "in_progress")


def test_a_foreign_attempt_is_not_found(school, reader, ana):
    attempt = attempt_of(ana.post(f"/academy/{KEY}/quiz"))
    stranger = reader(school.ready("Stranger"))
    stranger.get(f"/academy/attempts/{attempt}", status=404)
    stranger.get(f"/academy/attempts/{attempt}/result", status=404)
    stranger.answer(attempt, {}, status=404)
    with school.turn():
        assert school.attempt(attempt).state == "in_progress"


def test_a_replayed_submission_leads_to_the_same_result(school, ana):
    attempt = attempt_of(ana.post(f"/academy/{KEY}/quiz"))
    right = school.right(attempt)
    first = ana.answer(attempt, right)
    assert ana.answer(attempt, school.wrong(attempt)).location == first.location
    assert ana.answer(attempt, right, act="save").location == first.location
    with school.turn():
        assert school.attempt(attempt).passed


def test_a_late_post_ends_the_attempt_with_what_was_saved(school, ana):
    school.publish("timed", quiz=quiz(time_limit_minutes=5))
    for path in ("/academy/timed/begin", "/academy/timed/lessons/first/complete"):
        ana.post(path)
    ana.post("/academy/timed/lessons/second/complete")
    with time_machine.travel(START, tick=False) as clock:
        attempt = attempt_of(ana.post("/academy/timed/quiz"))
        assert "5 minutes left" in ana.get(f"/academy/attempts/{attempt}")
        clock.shift(dt.timedelta(minutes=5) + GRACE + dt.timedelta(seconds=1))
        html = ana.get(f"/academy/attempts/{attempt}")
        assert "Your time is over" in html and "<fieldset" not in html
        assert "Go on with the quiz" in ana.get("/academy/timed/quiz")
        late = ana.answer(attempt, school.right(attempt), act="save")
        html = ana.get(late.location)
    assert "The time ended before you submitted" in html and "0%" in html


def test_the_rules_say_why_no_attempt_can_begin(school, reader):
    school.publish(quiz=quiz(cool_down_minutes=90, max_attempts=2))
    ana = reader(school.person())
    ana.post(f"/academy/{KEY}/begin")
    rules = f"/academy/{KEY}/quiz"
    assert "when you have finished every lesson" in ana.get(rules)
    assert ana.post(rules).location == rules
    for lesson in ("first", "second"):
        ana.post(f"/academy/{KEY}/lessons/{lesson}/complete")
    with time_machine.travel(START, tick=False) as clock:
        ana.answer(attempt_of(ana.post(rules)), {})
        assert "You can try again in 90 minutes." in ana.get(rules)
        clock.shift(dt.timedelta(minutes=91))
        ana.answer(attempt_of(ana.post(rules)), {})
        assert "You have used all your attempts." in ana.get(rules)
    assert "Right answer" in ana.get(f"/academy/attempts/{school.last_attempt(ana.person)}/result")


def test_script_in_every_text_is_shown_as_text(school, reader):
    evil = {"es": f"{SCRIPT} es", "en": f"{SCRIPT} en"}
    questions = [single() | {"text": evil, "feedback": evil, "options": [
        option("a", correct=True) | {"text": evil}, option("b")]}]  # fmt: skip
    bodies = {"es": f"# {SCRIPT}\n\n{SCRIPT}\n", "en": f"# {SCRIPT}\n\n{SCRIPT}\n"}
    whole = course(title=evil, summary=evil, quiz=quiz(questions=questions, title=evil))
    school.publish("evil", **whole | {"lessons": [{"number": 1, "key": "first", "body": bodies}]})
    ana = reader(school.person(SCRIPT))
    pages = ["/academy", "/academy/evil"]
    pages += [ana.post("/academy/evil/begin").location]
    pages += [ana.post("/academy/evil/lessons/first/complete").location]
    paper = ana.post("/academy/evil/quiz").location
    attempt = paper.rsplit("/", 1)[1]
    pages += [paper]
    shown = [ana.get(path) for path in pages]
    shown += [ana.get(ana.answer(attempt, school.right(attempt)).location)]
    certificate = re.search(r'href="(/certificates/[^"]+)"', shown[-1])
    assert certificate
    shown += [ana.get(certificate[1]), ana.get("/academy")]
    for html in shown:
        assert "<script>alert" not in html and "alert(1)" in html


def test_a_certificate_page_is_public_and_says_only_what_was_certified(school, ana, client):
    attempt = attempt_of(ana.post(f"/academy/{KEY}/quiz"))
    html = ana.get(ana.answer(attempt, school.right(attempt)).location)
    path = re.search(r'href="(/certificates/([^"]+))"', html)
    assert path
    page = client.get(path[1]).get_data(as_text=True)
    assert "This certificate is genuine." in page and "Ana López" in page and path[2] in page
    assert attempt not in page and "@" not in page and 'content="noindex"' in page
    typed = client.get(f"/verify?code={path[2].lower().replace('-', ' ')}", follow_redirects=True)
    assert typed.status_code == 200 and typed.request.path == path[1]


def test_a_certificate_bears_the_day_of_the_workspace_for_every_reader(app, school, ana, client):
    at_home = make_account(app, (ana.person, "owner"))
    with school.turn():
        db.session.execute(update(Account).values(timezone="Pacific/Kiritimati"))
        db.session.execute(update(Enrolment).values(account_id=at_home))
    noon = START.replace(hour=12) + dt.timedelta(days=1)
    with time_machine.travel(noon):
        attempt = attempt_of(ana.post(f"/academy/{KEY}/quiz"))
        html = ana.get(ana.answer(attempt, school.right(attempt)).location)
        path = re.search(r'href="(/certificates/[^"]+)"', html)
        assert path
        shown = [client.get(path[1]).get_data(as_text=True), ana.get(path[1]), ana.get("/academy")]
    day_after = (noon + dt.timedelta(days=1)).date()
    days = [re.findall(r"<time [^>]*>", html) for html in shown]
    assert days == [[f'<time datetime="{day_after}">']] * 3


@pytest.mark.parametrize(
    "code", ["nope", "0" * 20, "../../etc", "%3Cscript%3Ealert(1)%3C/script%3E", "%00", "x" * 5000]
)
def test_a_code_that_was_never_issued_is_told_so(school, client, code):
    answer = client.get(f"/verify?code={code}", follow_redirects=True)
    assert answer.status_code == 404
    page = answer.get_data(as_text=True)
    assert "No certificate has this code" in page and "<script>alert" not in page
