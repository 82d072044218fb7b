"""The academy in a real browser: what its scripts add, by keyboard, on a phone, and for assistive technology."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.academy.conftest import KEY, School
from tests.academy.samples import quiz
from tests.support.browser import DESKTOP, PHONE

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def school(live_app):
    school = School(live_app.app)
    school.publish(quiz=quiz(time_limit_minutes=10, cool_down_minutes=1))
    return school


@pytest.fixture
def browse(live_app, open_page, sign_in, school):
    """`browse("es", PHONE)`: a page of a browser in which somebody ready for the quiz has signed in."""

    def make(locale: str = "en", viewport: tuple[int, int] = DESKTOP) -> tuple[Page, int]:
        person = school.ready()
        client = live_app.app.test_client()
        sign_in(client, person_id=person)
        page = open_page(locale, viewport)
        cookie = client.get_cookie("plg_session")
        page.context.add_cookies([{"name": "plg_session", "value": cookie.value, "url": live_app.url}])
        return page, person

    return make


def start(page: Page, url: str) -> str:
    page.goto(f"{url}/academy/{KEY}/quiz")
    page.locator("main form button").click()
    page.wait_for_load_state()  # its script has begun
    return page.url.rsplit("/", 1)[1]


def test_an_answer_is_saved_as_it_is_chosen(live_app, browse, school):
    page, _ = browse()
    attempt = start(page, live_app.url)
    page.locator("label.choice").first.click()
    expect(page.locator("[data-status]")).to_have_text("Saved")
    page.reload()
    expect(page.locator("input:checked")).to_have_count(1)
    page.locator("label.choice").last.click()
    page.locator("button[value=submit]").click()
    expect(page).to_have_url(f"{live_app.url}/academy/attempts/{attempt}/result")
    with school.turn():
        assert len(school.attempt(attempt).answers) == 2


def test_answers_chosen_with_the_network_cut_are_saved_when_it_is_back(live_app, browse, school, open_page):
    page, _ = browse()
    attempt = start(page, live_app.url)
    page.context.set_offline(True)
    page.locator("label.choice").first.click()
    expect(page.locator("[data-status]")).to_contain_text("You are offline")
    page.context.set_offline(False)
    expect(page.locator("[data-status]")).to_have_text("Saved")
    with school.turn():
        assert len(school.attempt(attempt).answers) == 1
    open_page.errors.clear()


def test_an_exam_is_handed_in_when_the_network_is_back(live_app, browse, school, open_page):
    page, _ = browse("es", PHONE)
    attempt = start(page, live_app.url)
    page.context.set_offline(True)
    page.locator("label.choice").first.click()
    page.locator("label.choice").last.click()
    page.locator("button[value=submit]").click()
    expect(page.locator("[data-status]")).to_contain_text("sin conexión")
    page.context.set_offline(False)
    expect(page).to_have_url(f"{live_app.url}/academy/attempts/{attempt}/result")
    with school.turn():
        row = school.attempt(attempt)
        assert (row.state, len(row.answers)) == ("submitted", 2)
    open_page.errors.clear()


def test_what_was_chosen_offline_is_there_when_the_page_is_opened_again(live_app, browse, school, open_page):
    page, _ = browse()
    attempt = start(page, live_app.url)
    page.context.set_offline(True)
    page.locator("label.choice").first.click()
    expect(page.locator("[data-status]")).to_contain_text("You are offline")
    context, address = page.context, page.url
    page.goto("about:blank")  # a page that is being closed may still hear that the network is back
    page.close()
    context.set_offline(False)
    again = context.new_page()
    again.goto(address)
    expect(again.locator("[data-status]")).to_have_text("Saved")
    expect(again.locator("input:checked")).to_have_count(1)
    with school.turn():
        assert len(school.attempt(attempt).answers) == 1
    open_page.errors.clear()


def test_an_answer_to_a_save_that_was_lost_does_not_make_the_page_stale(live_app, browse, school, open_page):
    page, _ = browse()
    attempt = start(page, live_app.url)
    lost = []

    def lose(route):
        route.fetch()  # it arrives and is taken
        lost.append(route)
        route.abort()

    page.route(f"**/academy/attempts/{attempt}", lose, times=1)
    page.locator("label.choice").first.click()
    expect(page.locator("[data-status]")).to_contain_text("Not saved yet")
    page.locator("label.choice").last.click()
    expect(page.locator("[data-status]")).to_have_text("Saved")
    with school.turn():
        row = school.attempt(attempt)
        assert (len(lost), row.sequence, len(row.answers)) == (1, 2, 2)
    open_page.errors.clear()


def test_the_second_tab_is_told_that_it_is_stale(live_app, browse, school, open_page):
    page, _ = browse()
    start(page, live_app.url)
    second = page.context.new_page()
    second.goto(page.url)
    page.locator("label.choice").first.click()
    expect(page.locator("[data-status]")).to_have_text("Saved")
    second.locator("label.choice").last.click()
    expect(second.locator("[data-status]")).to_contain_text("another window")
    second.locator("button[value=save]").click()
    expect(second.locator(".alert")).to_contain_text("Nothing is lost")
    expect(second.locator("input:checked")).to_have_count(1)
    second.locator("button[value=save]").click()
    expect(second.locator(".alert")).to_contain_text("saved")
    open_page.errors.clear()


def test_when_the_time_is_over_the_page_hands_in_by_itself(live_app, browse, school):
    page, _ = browse()
    page.clock.install()
    attempt = start(page, live_app.url)
    page.locator("label.choice").first.click()
    page.clock.run_for(1000)
    expect(page.locator("[data-status]")).to_have_text("Saved")
    page.clock.run_for(9 * 60 * 1000)
    expect(page.locator("[data-seconds]")).to_have_class("number short")
    page.clock.run_for(61 * 1000)
    expect(page).to_have_url(f"{live_app.url}/academy/attempts/{attempt}/result")
    with school.turn():
        assert len(school.attempt(attempt).answers) == 1


def test_the_quiz_is_taken_by_keyboard_alone(live_app, browse, school):
    page, _ = browse()
    attempt = start(page, live_app.url)
    right = school.right(attempt)
    for number, answer in right.items():
        first = page.locator(f"input[name=answer-{number}]").first
        first.focus()
        if isinstance(answer, str):
            page.keyboard.press("Space")
            for _ in range(int(answer) - 1):
                page.keyboard.press("ArrowDown")
            continue
        for place in range(1, 5):
            if str(place) in answer:
                page.keyboard.press("Space")
            page.keyboard.press("Tab")
    page.locator("button[value=submit]").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#outcome")).to_have_text("Passed. Congratulations!")


@pytest.mark.parametrize(("locale", "viewport"), [("es", PHONE), ("en", DESKTOP)])
def test_every_page_is_accessible_and_fits_the_screen(
    live_app, browse, school, assert_accessible, locale, viewport
):
    page, person = browse(locale, viewport)

    def look(path: str) -> None:
        page.goto(live_app.url + path)
        assert_accessible(page)
        wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert page.evaluate(wide) == 0, path

    for path in ("/academy", f"/academy/{KEY}", f"/academy/{KEY}/lessons/first", f"/academy/{KEY}/quiz"):
        look(path)
    attempt = start(page, live_app.url)
    look(f"/academy/attempts/{attempt}")
    for number, answer in school.right(attempt).items():
        for place in answer:
            page.locator(f"input[name=answer-{number}][value='{place}']").check()
    page.locator("button[value=submit]").click()
    expect(page.locator("#outcome")).to_be_visible()
    look(f"/academy/attempts/{attempt}/result")
    page.locator(".outcome a.primary").click()
    look(page.url.removeprefix(live_app.url))
    for path in ("/academy", f"/academy/{KEY}", "/verify"):
        look(path)
