"""The page that checks badges, and the badge on the page of a certificate, in a real browser."""

import pytest
from playwright.sync_api import expect

from academy import certificates
from tests.academy.conftest import School
from tests.academy.test_badge_credentials import earn
from tests.academy.test_certificates_in_browser import look_at
from tests.support.browser import DESKTOP, PHONE

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.mark.parametrize(("locale", "viewport"), [("es", PHONE), ("en", DESKTOP)])
def test_a_downloaded_badge_is_checked_by_keyboard(live_app, open_page, assert_accessible, locale, viewport):
    school = School(live_app.app)
    school.publish(title={"es": "Facturación electrónica avanzada", "en": "Advanced e-invoicing"})
    earned = earn(school, "Íñigo Fernández-Echeverría", locale=locale)
    page = open_page(locale, viewport)
    page.goto(f"{live_app.url}/certificates/{earned.code}")
    look_at(page, "certificate-with-badge")
    with page.expect_download() as download:
        page.locator("a[href$='badge.png']").click()
    page.goto(f"{live_app.url}/verify/badge")
    look_at(page, "badge-form")
    assert_accessible(page)

    page.locator("input[type=file]").set_input_files(download.value.path())
    page.locator("form[enctype] button").press("Enter")

    expect(page.locator(".alert.ok")).to_be_visible()
    expect(page.locator("h1")).to_contain_text("avanzada" if locale == "es" else "Advanced")
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport[0]
    look_at(page, "badge-valid")
    with school.turn():
        certificates.revoke(certificates.find(earned.code), "Because", by="staff:1")
    page.locator("input[type=file]").set_input_files(download.value.path())
    page.locator("form[enctype] button").press("Enter")
    expect(page.locator(".alert.danger")).to_be_visible()
    look_at(page, "badge-revoked")
