"""Pages of lessons without JavaScript: a course of every kind by forms alone, and what they refuse."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine

from academy import course_media, courses, enrolments
from academy.schemas import Course
from plg.accounts import accounts
from plg.events import log
from tests.academy.conftest import KEY
from tests.academy.lesson_samples import fill, whole
from tests.academy.samples import SCRIPT, text
from tests.academy.test_pages import Reader, reader  # noqa: F401 - the fixture

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
START = dt.datetime.now(dt.UTC).replace(microsecond=0) + dt.timedelta(hours=1)


@pytest.fixture
def ana(school, reader, tmp_path) -> Reader:  # noqa: F811
    """Enrolled in a course with a lesson of each kind, in two modules."""
    folder = fill(tmp_path / "course")
    modules = [{"title": text("Part one"), "first": "text"}, {"title": text("Part two"), "first": "practice"}]
    raw = whole(modules=modules)
    raw["lessons"][1]["work"] = {"kind": "video", "url": "https://vimeo.com/76979871", "seconds": 60}
    with school.turn():
        course_media.keep_all(folder)
        raw["files"] = course_media.listed(folder)
        courses.publish(KEY, courses.definition_of(Course.model_validate(raw)), by="tests")
    person = school.person()
    with school.turn():
        enrolments.enrol(person, KEY)
    return reader(person)


def url(kind: str, act: str = "") -> str:
    return f"/academy/{KEY}/lessons/{kind}{act}"


def finished(school, ana) -> set[str]:
    with school.turn():
        enrolment = enrolments.of(ana.person, KEY)
        return set(enrolments.progress([enrolment])[enrolment.id].lessons_done)


def test_a_text_with_a_reading_time_is_finished_by_its_button_once_the_time_has_passed(school, ana):
    with time_machine.travel(START, tick=False) as clock:
        assert "Take at least 20 seconds" in ana.get(url("text"))
        assert ana.post(url("text", "/complete")).location == url("text")
        assert "Take a little more time" in ana.get(url("text"))
        clock.shift(20)
        assert ana.post(url("text", "/complete")).location == url("video")
    assert finished(school, ana) == {"text"}


def test_each_kind_says_what_is_missing_when_its_button_is_pressed_too_early(school, ana):
    for kind, said in (
        ("video", "watched enough of the video"),
        ("practice", "Not every task was seen"),
        ("survey", "answered the survey"),
    ):
        ana.get(url(kind))
        assert ana.post(url(kind, "/complete")).location == url(kind)
        assert said in ana.get(url(kind))
    assert finished(school, ana) == set()


def test_a_practice_is_checked_at_the_press_of_its_button(school, ana):
    with school.turn():
        account = accounts.open("Acme", key="acme", by=ana.person).id
        enrolments.of(ana.person, KEY).account_id = account
    with school.turn():
        for name in ("Invoice Sent", "Invoice Sent", "Payment Recorded"):
            log.record(name, person_id=ana.person, account_id=account, properties={"amount": 10})
    assert ana.get(url("practice")).count("(done)") == 2
    assert ana.post(url("practice", "/complete")).location == url("scorm")
    assert finished(school, ana) == {"practice"}


def test_a_survey_comes_back_with_its_faults_and_as_it_was_filled_in(school, ana):
    html = ana.post(
        url("survey", "/survey"), status=422, answer_words=SCRIPT, answer_liked="tables"
    ).get_data(as_text=True)
    assert "One thing needs your attention" in html and 'href="#field-useful"' in html
    assert "Please answer this question." in html and SCRIPT not in html
    assert 'value="tables" checked' in html and "&lt;script&gt;" in html
    assert finished(school, ana) == set()
    assert ana.post(url("survey", "/survey"), answer_useful="5").location == url("survey")
    assert "You have answered this survey" in ana.get(url("survey"))
    ana.post(url("survey", "/survey"), answer_useful="1")
    assert "Your first answers stay" in ana.get(url("survey"))
    assert ana.post(url("survey", "/complete")).location == url("text"), "on to what is not finished yet"
    ana.post(url("text", "/survey"), status=404, accept="application/json")


def test_only_the_host_of_the_video_may_be_framed_and_only_on_its_page(ana):
    policies = {}
    for kind in ("video", "text"):
        answer = ana.client.get(url(kind))
        policies[kind] = answer.headers["Content-Security-Policy"]
    assert policies["video"] == policies["text"] + "; frame-src https://player.vimeo.com"
    assert 'src="https://player.vimeo.com/video/76979871?dnt=1#t=0s"' in ana.get(url("video"))


def test_a_course_shows_its_modules_and_what_kind_each_lesson_is(ana):
    for language, words in (("en", ("Part one (en)", "Practice")), ("es", ("Part two (es)", "Práctica"))):
        page = ana.get(f"/academy/{KEY}?lang={language}")
        assert all(word in page for word in words)


def test_what_a_page_tells_is_taken_with_its_token_only_and_read_strictly(school, ana):
    ana.get(url("video"))
    told = {"seconds": 1, "watched": [[0, 5]], "position": 5, "scrolled": True}
    refused = ana.client.post(url("video", "/facts"), json=told)
    assert refused.status_code in (400, 403)
    headers = {"X-CSRFToken": ana.csrf}
    known = ana.client.post(url("video", "/facts"), json=told, headers=headers).get_json()
    assert known["scrolled"] and known["position_seconds"] == 5 and known["watched_seconds"] < 2
    assert ana.client.get(url("video", "/facts")).get_json()["position_seconds"] == 5
    for broken in (None, [], {"watched": "all"}, {"completed": True}, {"seconds": float("1e99")}):
        answer = ana.client.post(url("video", "/facts"), json=broken, headers=headers)
        assert (answer.status_code, answer.get_json()["code"]) == (422, "facts_faulty")
    assert "#t=5s" in ana.get(url("video")), "it goes on where it was left"
