"""Facturo's and the sandbox's pages can be used by everybody: no fault that axe knows, in light and in dark."""

import pytest

from tests.browser import steps
from tests.support.browser import DESKTOP, PHONE

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("demo")]

PAGES = ("/", "/invoices", "/invoices/new", "/customers/new", "/team", "/company")


@pytest.mark.parametrize(("locale", "viewport", "scheme"), [("es", DESKTOP, "light"), ("en", PHONE, "dark")])
def test_no_page_of_the_product_has_a_fault(
    demo, open_page, assert_accessible, locale, viewport, scheme
) -> None:
    page = open_page(locale, viewport, color_scheme=scheme)
    page.goto(f"{demo.sandbox('product')}/sign-in?lang={locale}")
    assert_accessible(page)
    steps.enter_as(page, demo, "Ana Ríos")
    steps.add_customer(page, demo)
    for path in PAGES:
        page.goto(f"{demo.sandbox('product')}{path}?lang={locale}")
        page.locator("plg-checklist li").first.wait_for(state="attached")
        assert_accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    page.locator("main form button").first.click()
    page.goto(f"{demo.sandbox('product')}/invoices/new")
    page.locator("main form button").click()
    assert_accessible(page)


@pytest.mark.parametrize(("locale", "viewport", "scheme"), [("es", PHONE, "light"), ("en", DESKTOP, "dark")])
def test_no_page_of_the_stand_ins_has_a_fault(
    demo, open_page, assert_accessible, locale, viewport, scheme
) -> None:
    page = open_page(locale, viewport, color_scheme=scheme)
    visitor = steps.a_visitor()
    steps.sign_up(page, demo, visitor)
    page.goto(f"{demo.sandbox('inbox')}/?to={visitor.email}&lang={locale}")
    page.locator(".cards a").first.wait_for()
    assert_accessible(page)
    page.locator(".cards a").first.click()
    page.frame_locator("iframe").get_by_role("link").first.wait_for()
    assert_accessible(page)
    demo.settle()
    page.goto(f"{demo.sandbox('posthog')}/?lang={locale}")
    assert_accessible(page)
    page.locator(".cards a").first.click()
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
