"""The growth page in a real browser."""

from __future__ import annotations

import datetime as dt

import pytest
from playwright.sync_api import expect

from plg.demo.history import load, simulate
from plg.kit.clock import now
from plg.kit.db import db
from tests.support.browser import DESKTOP, PHONE
from tests.support.visitors import a_customer, visitor

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def cookie(live_app):
    """A staff member's browser session, after a simulated month."""
    with live_app.app.app_context():
        load(simulate(days=30, people=80, seed=3, until=now() - dt.timedelta(minutes=5)))
        customer = a_customer("ours", "Our Own Company")
        db.session.commit()
    staff = visitor(live_app.app, "staff", customer)
    return {"name": "plg_session", "value": staff.client.get_cookie("plg_session").value, "url": live_app.url}


@pytest.mark.parametrize(
    ("locale", "viewport", "scheme"),
    [("en", DESKTOP, "light"), ("es", PHONE, "dark"), ("es", DESKTOP, "dark"), ("en", PHONE, "light")],
)
def test_the_page_is_accessible_and_fits_the_screen(
    live_app, cookie, open_page, assert_accessible, locale, viewport, scheme
):
    page = open_page(locale, viewport, color_scheme=scheme)
    page.context.add_cookies([cookie])
    page.goto(f"{live_app.url}/growth")
    page.locator("main details summary").click()
    expect(page.locator(".funnel li")).to_have_count(4)
    expect(page.locator("figure.chart rect").nth(5)).to_be_attached()
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert_accessible(page)


def test_the_form_works_without_javascript(live_app, cookie, open_page):
    page = open_page("en", java_script_enabled=False)
    page.context.add_cookies([cookie])
    page.goto(f"{live_app.url}/growth")
    page.get_by_label("First day").fill((now() - dt.timedelta(days=3)).date().isoformat())
    page.get_by_label("Count", exact=True).select_option("person")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**actor=person**")
    expect(page.locator("main details tr")).to_have_count(5)
