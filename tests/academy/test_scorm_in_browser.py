"""SCORM content in a real browser: shut in, resumed, finished, and its API by the book."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Frame, Page, expect

from academy import enrolments, publishing
from academy.packages import importing
from academy.scorm import data_model, runs
from tests.academy.conftest import School
from tests.academy.package_samples import zipped
from tests.academy.scorm_samples import package
from tests.support.browser import DESKTOP, PHONE

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
COURSE, LESSON = "seguridad", "safety-at-work"
LOOK = """() => Object.fromEntries(Object.entries({
  cookie: () => document.cookie, page: () => top.document.title,
}).map(([what, look]) => { try { return [what, look()]; } catch (error) { return [what, error.name]; } }))"""
ABOVE = "() => window.parent.API.LMSGetValue('cmi._version') === '3.4' && window.parent !== window"
"""Content may begin to look for the API above itself."""
REACH = """(address) => fetch(address, { credentials: "include" }).then((found) => found.status, () => "refused")"""


@pytest.fixture
def school(live_app):
    school = School(live_app.app)
    with school.turn():
        importing.make_draft(zipped(package()), by="tests")
        publishing.publish(COURSE, by="tests")
    return school


@pytest.fixture
def learn(live_app, open_page, sign_in, school):
    """`learn("es", PHONE)`: the lesson's page in a browser in which a learner has signed in, and the person."""

    def make(locale: str = "en", viewport: tuple[int, int] = DESKTOP) -> tuple[Page, int]:
        person = school.person("Ana López")
        with school.turn():
            enrolments.enrol(person, COURSE)
        client = live_app.app.test_client()
        sign_in(client, person_id=person)
        page = open_page(locale, viewport)
        cookie = client.get_cookie("plg_session")
        page.context.add_cookies([{"name": "plg_session", "value": cookie.value, "url": live_app.url}])
        page.goto(f"{live_app.url}/academy/{COURSE}/lessons/{LESSON}")
        return page, person

    return make


def opened(page: Page) -> Frame:
    """The content's own frame, once it has begun."""
    page.locator("[data-scorm] button").click()
    frame = page.frame_locator("[data-scorm] iframe")
    inner = (
        frame.frame_locator("iframe")
        if "~plg" in page.locator("[data-scorm] iframe").get_attribute("src")
        else frame
    )
    expect(inner.locator("#place")).to_contain_text("Page")
    return next(each for each in page.frames if each.url.partition("?")[0].endswith("/sco/index.html"))


def told(school: School, person: int) -> dict[str, Any]:
    with school.turn():
        enrolment = enrolments.of(person, COURSE)
        return runs.told(runs.find(enrolment.id, LESSON))


def with_content_url(live_app) -> None:
    """As if another host led here, too: to a browser, localhost is another one than 127.0.0.1."""
    settings = live_app.app.extensions["plg.settings"]
    own = live_app.url.replace("127.0.0.1", "localhost")
    live_app.app.extensions["plg.settings"] = settings.model_copy(update={"content_url": own})


@pytest.mark.parametrize("apart", [False, True], ids=["in a sandbox", "on a host of its own"])
def test_content_is_resumed_and_finishes_the_lesson_and_reaches_nothing_of_ours(
    live_app, learn, school, open_page, assert_accessible, apart
):
    if apart:
        with_content_url(live_app)
    page, person = learn()
    content = opened(page)
    cookie = "" if apart else "SecurityError"
    assert content.evaluate(LOOK) == {"cookie": cookie, "page": "SecurityError"}
    for address in (
        f"{live_app.url}/academy",
        f"{live_app.url}/v1/openapi.json",
        content.url.split("/content/")[0],
    ):
        assert content.evaluate(REACH, address) == "refused"
    open_page.errors.clear()  # the policy's own words about what was just tried

    expect_said(content, "ab-initio")
    assert content.evaluate(ABOVE) is True
    content.locator("#on").click()
    expect(page.locator("[data-scorm-said]")).to_have_text("Saved.")
    page.reload()
    again = opened(page)
    expect_said(again, "resume seen 2")
    expect(again.locator("#place")).to_have_text("Page 2")
    again.locator("#end").click()
    expect(page.locator("[data-finished]")).to_be_visible()
    kept = told(school, person)
    assert kept["status"] == "passed" and kept["score"] == 85 and kept["launches"] == 2
    assert kept["values"]["cmi.interactions.0.result"] == "correct"
    assert_accessible(page)
    assert not open_page.errors


def expect_said(content: Frame, words: str) -> None:
    expect(content.locator("#said")).to_contain_text(words)


CASES = """(cases) => {
  const api = window.API;
  return cases.map(([name, value]) => [api.LMSSetValue(name, value), api.LMSGetLastError()]);
}"""
GOOD = {
    "cmi.core.lesson_status": ["passed", "incomplete", "not attempted", "done", ""],
    "cmi.core.score.raw": ["0", "99.5", "100", "", "101", "-1", "abc", "1,5"],
    "cmi.core.lesson_location": ["x" * 255, "x" * 256, "ñ" * 255, "😀" * 255, ""],
    "cmi.suspend_data": ["x" * 4_096, "x" * 4_097, "a\nb"],
    "cmi.core.session_time": ["00:00:01", "0001:02:03.45", "1:2:3", "00:00:01.234"],
    "cmi.core.exit": ["suspend", "logout", "", "never"],
    "cmi.core.student_id": ["me"],
    "cmi.core.unknown": ["x"],
    "cmi.objectives.0.id": ["one", "with space"],
    "cmi.objectives.0.status": ["not attempted"],
    "cmi.interactions.0.type": ["choice", "essay"],
    "cmi.interactions.0.time": ["23:59:59", "24:00:00"],
    "cmi.student_preference.audio": ["-1", "100", "101", "1.5"],
}


def test_the_api_answers_by_the_book_and_the_server_agrees(learn, open_page):
    page, _ = learn()
    content = opened(page)
    cases = [(name, value) for name, values in GOOD.items() for value in values]
    for (name, value), (taken, code) in zip(cases, content.evaluate(CASES, cases), strict=True):
        faults = data_model.faults({name: value}, 4_096)
        assert (taken, code) == ("false", faults[0].message) if faults else ("true", "0"), (name, value[:20])

    asked = """(calls) => calls.map(([name, ...rest]) => [window.API[name](...rest), window.API.LMSGetLastError()])"""
    calls = [
        (["LMSInitialize", ""], ["false", "101"]),
        (["LMSGetValue", "cmi.core._children"], None),
        (["LMSGetValue", "cmi.objectives._count"], ["1", "0"]),
        (["LMSGetValue", "cmi.interactions._count"], ["1", "0"]),
        (["LMSGetValue", "cmi.core._count"], ["", "203"]),
        (["LMSGetValue", "cmi.core.lesson_status._children"], ["", "202"]),
        (["LMSGetValue", "cmi.core.session_time"], ["", "404"]),
        (["LMSGetValue", "cmi.objectives.4.id"], ["", "201"]),
        (["LMSGetValue", "cmi.none"], ["", "401"]),
        (["LMSGetValue", ""], ["", "201"]),
        (["LMSSetValue", "cmi.core._children", "x"], ["false", "402"]),
        (["LMSSetValue", "cmi.interactions.7.id", "x"], ["false", "201"]),
        (["LMSGetErrorString", "405"], None),
        (["LMSCommit", "x"], ["false", "201"]),
        (["LMSFinish", ""], ["true", "0"]),
        (["LMSGetValue", "cmi.core.entry"], ["", "301"]),
        (["LMSFinish", ""], ["false", "301"]),
    ]
    answers = content.evaluate(asked, [call for call, _ in calls])
    assert [answer for answer, (_, wanted) in zip(answers, calls, strict=True) if wanted] == [
        wanted for _, wanted in calls if wanted
    ]
    assert answers[1][0].startswith("student_id,") and answers[12][0] == "Incorrect data type"


def test_what_was_written_is_kept_when_the_page_goes_at_once(live_app, learn, school):
    page, person = learn("es", PHONE)
    content = opened(page)
    content.evaluate("() => window.API.LMSSetValue('cmi.suspend_data', 'just before')")
    page.goto(f"{live_app.url}/academy")
    for _ in range(200):
        if told(school, person)["values"].get("cmi.suspend_data") == "just before":
            return
        page.wait_for_timeout(100)
    raise AssertionError(told(school, person))


def test_an_earlier_tab_is_told_that_the_content_goes_on_elsewhere(learn, school):
    page, person = learn()
    content = opened(page)
    second = page.context.new_page()
    second.goto(page.url)
    opened(second)
    content.locator("#on").click()
    expect(page.locator("[data-scorm-said]")).to_contain_text("opened in another place")
    assert "cmi.suspend_data" not in told(school, person)["values"]


def test_the_lesson_fits_a_phone(learn, assert_accessible):
    page, _ = learn("es", PHONE)
    opened(page)
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
