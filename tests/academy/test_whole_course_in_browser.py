"""A whole course in a real browser, by keyboard alone: texts, video, practice, downloads, survey, certificate."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from playwright.sync_api import Page, expect
from sqlalchemy import select

from academy import courses, enrolments, lesson_facts, lessons
from academy.lesson_models import LessonFacts, SurveyAnswers
from plg import product_folder
from plg.accounts import accounts, memberships
from plg.events import log
from plg.kit.db import db
from plg.people import people
from tests.academy.conftest import School
from tests.academy.lesson_samples import lesson
from tests.academy.samples import course
from tests.support.browser import DESKTOP, PHONE

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

DEMO = Path(__file__).parents[2] / "plg/demo/product_folder"
COURSE = "facturo-essentials"
LOOKED_AT = os.environ.get("PLG_TEST_LOOK")  # a folder for pictures of each page
WORDS = {
    "es": {"go_on": "Completar y continuar", "check": "Comprobar y continuar", "done": "Terminada"},
    "en": {"go_on": "Complete and continue", "check": "Check and continue", "done": "Finished"},
}


@pytest.fixture
def school(live_app, tmp_path):
    """The demo's course; of its video two seconds are asked for."""
    folder = shutil.copytree(DEMO, tmp_path / "product")
    film = folder / "academy" / COURSE / "02-first-invoice.yaml"
    film.write_text(yaml.safe_dump(yaml.safe_load(film.read_text()) | {"seconds": 2}))
    with live_app.app.app_context():
        product_folder.apply(live_app.app, folder, prune=False, by="tests")
        db.session.commit()
    return School(live_app.app)


@pytest.fixture
def learner(live_app, open_page, sign_in, school):
    """`learner("es", PHONE)`: the page of somebody who is signed in, with their workspace."""

    def make(locale: str, viewport: tuple[int, int]) -> tuple[Page, int]:
        with school.turn():
            person = people.add(email=None, name="Ana López", locale=locale, by="tests").id
            account = accounts.open("Librería Sol", key="sol", by=person)
            memberships.add(account.id, person, "owner", by="tests")
        client = live_app.app.test_client()
        sign_in(client, person_id=person)
        page = open_page(locale, viewport)
        cookie = client.get_cookie("plg_session")
        page.context.add_cookies([{"name": "plg_session", "value": cookie.value, "url": live_app.url}])
        return page, person

    return make


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the focus is there, as somebody without a mouse does."""
    for _ in range(150):
        if page.evaluate("what => document.activeElement?.matches(what) ?? false", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the keyboard does not reach {selector}")


def press(page: Page, selector: str, key: str = "Enter") -> None:
    tab_to(page, selector)
    page.keyboard.press(key)


def follow(page: Page, selector: str) -> None:
    with page.expect_navigation():
        press(page, selector)


def _until(page: Page, holds: str) -> None:
    """The page's policy lets nobody wait for a text of script inside of it."""
    for _ in range(200):
        if page.evaluate(holds):
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"never came true: {holds}")


@pytest.fixture
def look(assert_accessible):
    def check(page: Page, name: str) -> None:
        expect(page.locator("h1")).to_be_visible()
        assert_accessible(page)
        wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert page.evaluate(wide) == 0, name
        if LOOKED_AT:
            width = page.viewport_size["width"]
            lang = page.evaluate("document.documentElement.lang")
            page.screenshot(path=f"{LOOKED_AT}/{name}-{lang}-{width}.png", full_page=True)

    return check


END = ".lesson-end button.primary"


@pytest.mark.parametrize(("locale", "viewport"), [("es", PHONE), ("en", DESKTOP)])
def test_a_whole_course_by_keyboard_alone(live_app, learner, school, look, locale, viewport):
    page, person = learner(locale, viewport)
    page.goto(f"{live_app.url}/academy/{COURSE}")
    look(page, "0-course")
    follow(page, "main form button")
    look(page, "1-text")
    follow(page, END)
    _watch(page, school, look, locale)
    follow(page, END)
    _practise(page, person, school, look)
    look(page, "4-downloads")
    with page.expect_download() as saved:
        press(page, "a[download]")
    assert saved.value.suggested_filename == "recordatorios.txt"
    follow(page, END)
    page.locator(END).scroll_into_view_if_needed()
    expect(page.locator("[data-finished]")).to_be_visible()
    follow(page, END)
    _answer_the_survey(page, school, look)
    follow(page, END)
    look(page, "7-rules")
    follow(page, "main form button")
    _take_the_quiz(page, school, person)
    look(page, "8-result")
    follow(page, ".outcome a.primary")
    expect(page.locator("main")).to_contain_text("Ana López")
    look(page, "9-certificate")
    with school.turn():
        enrolment = enrolments.of(person, COURSE)
        assert enrolments.progress([enrolment])[enrolment.id].percent == 100 and enrolment.completed_at


def _watch(page: Page, school: School, look: Any, locale: str) -> None:
    look(page, "2-video")
    press(page, "video", "Space")
    _until(page, "document.querySelector('video').currentTime >= 2")
    page.keyboard.press("Space")
    expect(page.locator("[data-finished]")).to_be_visible()
    expect(page.locator("[data-watched]")).to_contain_text("100")
    expect(page.locator("[data-said]")).not_to_be_empty()
    assert page.evaluate("document.querySelector('video').textTracks[0].kind") == "captions"


def _practise(page: Page, person: int, school: School, look: Any) -> None:
    look(page, "3-practice")
    follow(page, END)
    expect(page.locator(".alert.warn")).to_be_visible()
    with school.turn():
        account = enrolments.of(person, COURSE).account_id
        for name in ("Customer Created", "Invoice Sent"):
            log.record(name, person_id=person, account_id=account)
    expect(page.locator(".practice li.done")).to_have_count(2)  # the page saw it by itself
    look(page, "3-practice-done")
    follow(page, END)


def _answer_the_survey(page: Page, school: School, look: Any) -> None:
    look(page, "6-survey")
    press(page, "input[name=answer-useful]", "Space")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    press(page, "input[value=practice]", "Space")
    tab_to(page, "textarea")
    page.keyboard.type("Más ejemplos")
    follow(page, ".survey button")
    expect(page.locator(".alert.ok")).to_be_visible()
    with school.turn():
        (row,) = db.session.scalars(select(SurveyAnswers))
        assert row.answers == {"useful": 4, "liked": ["practice"], "missing": "Más ejemplos"}
        assert row.person_id is None


def _take_the_quiz(page: Page, school: School, person: int) -> None:
    page.wait_for_load_state()
    attempt = page.url.rsplit("/", 1)[1]
    for number, answer in school.right(attempt).items():
        if page.locator(f"#answer-{number}-1").count():
            for place, value in enumerate(answer, 1):
                _fill(page, f"#answer-{number}-{place}", value)
            continue
        tab_to(page, f"input[name=answer-{number}]")
        if isinstance(answer, str):
            page.keyboard.press("Space")
            for _ in range(int(answer) - 1):
                page.keyboard.press("ArrowDown")
            continue
        for place in answer:
            press(page, f"input[name=answer-{number}][value='{place}']", "Space")
    follow(page, "button[value=submit]")
    expect(page.locator(".outcome.passed")).to_be_visible()


def _fill(page: Page, selector: str, value: str) -> None:
    tab_to(page, selector)
    field = page.locator(selector)
    if field.evaluate("field => field.tagName") != "SELECT":
        page.keyboard.type(value)
        return
    for _ in range(field.evaluate("(field, v) => [...field.options].findIndex(o => o.value === v)", value)):
        page.keyboard.press("ArrowDown")
    expect(field).to_have_value(value)


def test_a_video_goes_on_where_another_device_left_it(live_app, learner, school, open_page):
    page, person = learner("en", DESKTOP)
    with school.turn():
        enrolments.enrol(person, COURSE)
        lessons.open_lesson(person, COURSE, "first-invoice")
        courses.publish(COURSE, _slow(COURSE), by="tests")
    with school.turn():
        row = db.session.scalars(select(LessonFacts)).one()
        row.position_ms = 1_000
        enrolments.of(person, COURSE).version_id = courses.live(COURSE).id
    page.goto(f"{live_app.url}/academy/{COURSE}/lessons/first-invoice")
    _until(page, "document.querySelector('video').currentTime === 1")
    page.locator("video").evaluate("video => { video.playbackRate = 2; }")
    _until(page, "document.querySelector('video').playbackRate === 1")


def _slow(key: str) -> dict[str, Any]:
    definition = courses.definition_of(courses.live(key).course)
    (film,) = [each for each in definition["lessons"] if each.get("work", {}).get("kind") == "video"]
    film["work"]["seconds"] = 12
    return definition


FRAME = """<script>addEventListener("message", (event) => {
  if (!event.data.includes("listening")) return;
  let at = 0;
  setInterval(() => parent.postMessage(JSON.stringify(
    {event: "infoDelivery", info: {currentTime: (at += 0.25), playerState: 1}}), "*"), 250);
});</script>"""


def test_an_embedded_video_is_measured_without_a_script_of_its_host(live_app, learner, school):
    page, person = learner("en", DESKTOP)
    asked = []

    def answer(route: Any) -> None:
        asked.append(route.request.url)
        route.fulfill(content_type="text/html", body=FRAME)

    page.context.route(re.compile(r"https://.*"), answer)
    film = lesson(1, "video", file=None, captions={}, url="https://youtu.be/abcdefghijk", seconds=2)
    film["work"] = {key: value for key, value in film["work"].items() if value}
    with school.turn():
        courses.publish("films", course(lessons=[film], quiz=None), by="tests")
        enrolments.enrol(person, "films")
    page.goto(f"{live_app.url}/academy/films/lessons/video")
    expect(page.locator("[data-finished]")).to_be_visible()
    assert {url.split("/embed")[0] for url in asked} == {"https://www.youtube-nocookie.com"}
    with school.turn():
        enrolment = enrolments.of(person, "films")
        known = lesson_facts.of(enrolment, lessons.lesson_of(enrolment, "video"))
        assert known.watched_ms >= 1_600 and enrolment.completed_at


def test_only_the_page_of_a_video_may_load_it(live_app, learner, school):
    page, person = learner("en", DESKTOP)
    with school.turn():
        enrolments.enrol(person, COURSE)
    for key, has_film in (("first-invoice", True), ("company-and-customers", False)):
        answer = page.request.get(f"{live_app.url}/academy/{COURSE}/lessons/{key}")
        policy = answer.headers["content-security-policy"]
        assert "frame-src" not in policy and ("media-src 'self'" in policy) == has_film
