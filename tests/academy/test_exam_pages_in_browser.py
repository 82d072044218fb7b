"""Practice and the staff's pages about exams in a real browser: accessible, within the screen, by keyboard."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from plg.access import credentials
from plg.people import people
from tests.academy.conftest import KEY, School
from tests.academy.kind_samples import MATCHING
from tests.academy.samples import quiz, single
from tests.academy.test_browser import browse  # noqa: F401 - the fixture
from tests.academy.test_practice import TOLD
from tests.academy.test_quiz_analysis import take
from tests.support.browser import DESKTOP, PHONE

pytestmark = [
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
    pytest.mark.parametrize(("locale", "viewport"), [("es", PHONE), ("en", DESKTOP)]),
]


@pytest.fixture
def school(live_app):
    school = School(live_app.app)
    banks = {"drill": {"questions": [MATCHING]}}
    rules = {"review": TOLD, "practice": {"banks": ["drill"]}, "banks": banks, "pass_mark": 100}
    school.publish(quiz=quiz(questions=[single("one"), single("two", right="c")], **rules))
    return school


@pytest.fixture
def sound(assert_accessible):
    def check(page: Page) -> None:
        assert_accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url

    return check


def test_what_was_missed_is_practised_by_keyboard(live_app, browse, school, sound, locale, viewport):  # noqa: F811
    page, person = browse(locale, viewport)
    take(school, person, {"one": "b", "two": "a"})
    page.goto(f"{live_app.url}/academy/{KEY}")
    sound(page)
    page.get_by_role("link", name="Practicar" if locale == "es" else "Practise").press("Enter")
    sound(page)
    page.locator("input[type=radio]").first.focus()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.locator(".reviewed")).to_be_visible()
    sound(page)
    page.locator("main a.button").press("Enter")
    expect(page.locator("select")).to_have_count(3)
    sound(page)
    page.locator("main form button").press("Enter")
    page.locator("main a.button").press("Enter")
    expect(page.locator(".empty h2")).to_be_visible()
    sound(page)


def test_staff_regrade_and_extend(live_app, open_page, sign_in, school, sound, locale, viewport):
    person = school.ready("Ana López")
    take(school, person, {"one": "b", "two": "d"})
    school.publish(quiz=quiz(questions=[single("one"), single("two", right="d")], pass_mark=100))
    with school.turn():
        who = people.get(person).public_id
        staff = credentials.add_staff("eva@firm.example", "Eva Sanz", "a long enough pass phrase").id
    client = live_app.app.test_client()
    sign_in(client, staff_id=staff)
    page = open_page(locale, viewport)
    cookie = client.get_cookie("plg_session").value
    page.context.add_cookies([{"name": "plg_session", "value": cookie, "url": live_app.url}])
    page.goto(f"{live_app.url}/staff/quizzes/{KEY}/regrades")
    sound(page)
    page.locator("#field-version").select_option("1")
    page.locator("button[value=try]").press("Enter")
    sound(page)
    page.locator("#field-reason").fill("La clave estaba mal")
    page.keyboard.press("Enter")
    expect(page.locator("#history")).to_be_visible()
    expect(page.locator("tbody tr")).to_have_count(1)
    sound(page)
    page.goto(f"{live_app.url}/staff/quizzes/{KEY}/extensions")
    page.locator("#field-who").fill("nobody@example.com")
    page.locator("#field-minutes").fill("15")
    page.locator("#field-reason").fill("Lector de pantalla")
    page.keyboard.press("Enter")
    expect(page.locator(".error")).to_be_visible()
    sound(page)
    page.locator("#field-who").fill(who)
    page.keyboard.press("Enter")
    expect(page.locator("tbody tr")).to_have_count(1)
    sound(page)
