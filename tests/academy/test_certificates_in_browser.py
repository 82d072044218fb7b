"""The page of a certificate in a real browser: on a phone, by keyboard, and for assistive technology."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from academy import certificates
from tests.academy.conftest import School
from tests.support.browser import DESKTOP, PHONE

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def earned(live_app):
    """The address of a certificate that Ana earned."""
    school = School(live_app.app)
    school.publish()
    person = school.ready("Íñigo Fernández-Echeverría y Álvarez de Toledo Núñez de la Peña")
    school.pass_quiz(person)
    with school.turn():
        code = certificates.grouped(certificates.of_person(person)[0].code)
    return f"{live_app.url}/certificates/{code}"


@pytest.mark.parametrize(("locale", "viewport"), [("es", PHONE), ("en", DESKTOP)])
def test_a_downloaded_file_is_compared_on_the_page(earned, open_page, assert_accessible, locale, viewport):
    page = open_page(locale, viewport)
    page.goto(earned)
    assert_accessible(page)
    with page.expect_download() as download:
        page.locator("a[href*='.pdf']").click()
    page.locator("input[type=file]").set_input_files(download.value.path())
    page.locator("form[enctype] button").press("Enter")
    expect(page.locator(".alert.ok")).to_be_visible()
    page.locator("summary", has_text="SHA-256").press("Enter")
    expect(page.locator(".sums code").first).to_be_visible()  # the mail's file may be among them by now
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport[0]
    look_at(page, "certificate")


def look_at(page: Page, name: str) -> None:
    """With PLG_TEST_SHOTS, a picture of the page for people to judge."""
    if folder := os.environ.get("PLG_TEST_SHOTS"):
        width = page.viewport_size["width"]
        page.screenshot(path=str(Path(folder) / f"{name}-{width}.png"), full_page=True)
