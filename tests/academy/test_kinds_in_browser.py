"""Every kind of question in a real browser: accessible, within the screen, by keyboard, with a picture."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.academy.conftest import School
from tests.academy.kind_samples import EVERY_KIND, HOT_SPOT, ORDERING, SHORT
from tests.academy.samples import quiz
from tests.academy.test_browser import browse, start  # noqa: F401 - the fixture
from tests.support.browser import DESKTOP, PHONE

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def school(live_app):
    school = School(live_app.app)
    school.publish(quiz=quiz(questions=EVERY_KIND))
    return school


@pytest.mark.parametrize(("locale", "viewport"), [("es", PHONE), ("en", DESKTOP)])
def test_a_paper_of_every_kind_and_its_result_are_accessible_and_fit_the_screen(
    live_app, browse, school, assert_accessible, locale, viewport  # noqa: F811
):  # fmt: skip
    page, _ = browse(locale, viewport)
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    start(page, live_app.url)
    assert_accessible(page)
    assert page.evaluate(wide) == 0
    page.locator("input[type=radio]").first.check()
    page.locator("textarea").fill("Una respuesta larga")
    page.locator("button[value=submit]").click()
    expect(page.locator("#outcome")).to_be_visible()
    assert_accessible(page)
    assert page.evaluate(wide) == 0


def test_a_picture_is_pointed_at_or_its_places_are_chosen_by_name(live_app, browse, school):  # noqa: F811
    school.publish(quiz=quiz(questions=[HOT_SPOT]))
    page, _ = browse()
    attempt = start(page, live_app.url)
    right = school.right(attempt)[1]
    page.locator(f".picture rect[data-place='{right}']").click()
    expect(page.locator(f".question input[value='{right}']")).to_be_checked()
    expect(page.locator("[data-status]")).to_have_text("Saved")
    other = "2" if right == "1" else "1"
    page.locator(f".question input[value='{other}']").focus()
    page.keyboard.press("Space")
    expect(page.locator(f".picture rect[data-place='{other}']")).to_have_class("chosen")
    expect(page.locator(f".picture rect[data-place='{right}']")).to_have_class("")


def test_texts_and_selects_are_answered_by_keyboard_alone(live_app, browse, school):  # noqa: F811
    school.publish(quiz=quiz(questions=[SHORT, ORDERING]))
    page, _ = browse()
    attempt = start(page, live_app.url)
    for number, answer in school.right(attempt).items():
        for place, value in enumerate(answer, 1):
            page.locator(f"#answer-{number}-{place}").focus()
            page.keyboard.type(value)
    page.keyboard.press("Tab")
    expect(page.locator("[data-status]")).to_have_text("Saved")
    page.locator("button[value=submit]").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#outcome")).to_have_text("Passed. Congratulations!")
