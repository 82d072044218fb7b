"""The hosted pages in a real browser: readable by everybody, on every screen, with and without JavaScript."""

import pytest
from playwright.sync_api import expect

from plg.access import credentials
from plg.kit.db import db
from tests.support.browser import DESKTOP, PHONE
from tests.support.story import publish_plans
from tests.web.visits import PASSWORD, SIGN_UP, link_to

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

ANA = SIGN_UP["email"]
READERS = [("en", DESKTOP), ("es", PHONE)]
SUBMIT = "main form button:not([type=button])"


@pytest.fixture
def house(live_app):
    publish_plans(live_app.app)
    with live_app.app.app_context():
        credentials.add_staff("marta@example.com", "Marta Ruiz", PASSWORD)
        db.session.commit()
    return live_app


@pytest.fixture
def judged(assert_accessible):
    """Judges the page that is open: axe, and nothing wider than the screen."""

    def judge(page):
        assert_accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url

    return judge


def sign_up(page, house):
    page.goto(f"{house.url}/signup")
    for name, value in SIGN_UP.items():
        page.fill(f"[name={name}]", value)
    page.click(SUBMIT)
    page.wait_for_url("**/signup/sent")


def confirm(page, house):
    page.goto(house.url + link_to(house.app, ANA, "confirm-email"))
    page.click(SUBMIT)
    page.wait_for_url("**/workspace")


@pytest.mark.parametrize("page", READERS, indirect=True)
def test_the_way_into_the_workspace_can_be_read_by_everybody(house, page, judged):
    page.goto(f"{house.url}/signup")
    judged(page)
    page.click(SUBMIT)
    page.wait_for_selector(".error-summary")
    judged(page)
    sign_up(page, house)
    judged(page)
    page.goto(house.url + link_to(house.app, ANA, "confirm-email"))
    judged(page)
    page.click(SUBMIT)
    page.wait_for_url("**/workspace")
    judged(page)
    page.click("details.menu summary")
    judged(page)


@pytest.mark.parametrize("page", READERS, indirect=True)
def test_members_and_invitations_can_be_read_by_everybody(house, page, open_page, judged):
    sign_up(page, house)
    confirm(page, house)
    page.goto(f"{house.url}/workspace/members")
    page.fill("[name=email]", "bea@acme.example")
    page.click(".inline-form button")
    page.wait_for_selector(".alert")
    judged(page)

    bea = open_page()
    bea.goto(house.url + link_to(house.app, "bea@acme.example", "invitation"))
    judged(bea)
    bea.fill("[name=name]", "Bea Soler")
    bea.fill("[name=password]", PASSWORD)
    bea.click(SUBMIT)
    bea.wait_for_url("**/workspace")

    page.reload()
    judged(page)


@pytest.mark.parametrize("page", READERS, indirect=True)
def test_every_other_open_page_can_be_read_by_everybody(house, page, judged):
    for path in ("/login", "/forgot", "/reset/x", "/verify/x", "/nowhere", "/staff/login"):
        page.goto(house.url + path)
        judged(page)


def test_the_page_of_the_api_can_be_read_by_everybody(house, page, judged):
    page.goto(f"{house.url}/api")
    named = page.evaluate("[...document.querySelectorAll('[id]')].map(each => each.id)")
    assert len(named) == len(set(named)) > 200
    page.evaluate(
        "document.querySelectorAll('.operation:nth-of-type(n + 4)').forEach(alike => alike.remove())"
    )
    judged(page)


@pytest.mark.parametrize("page", READERS, indirect=True)
def test_staff_pages_can_be_read_by_everybody(house, page, open_page, judged):
    visitor = open_page()
    sign_up(visitor, house)
    page.goto(f"{house.url}/staff")
    page.fill("[name=email]", "marta@example.com")
    page.fill("[name=password]", PASSWORD)
    page.click(SUBMIT)
    page.wait_for_url("**/staff")
    judged(page)
    for path in ("/staff/people", f"/staff/people/{ANA}", "/staff/keys"):
        page.goto(house.url + path)
        judged(page)
    page.fill("[name=name]", "Website")
    page.click(SUBMIT)
    page.wait_for_selector("#new-key")
    judged(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_can_be_told_apart_by_day_and_by_night(house, open_page, judged, scheme):
    page = open_page(color_scheme=scheme)
    sign_up(page, house)
    confirm(page, house)

    judged(page)


def test_everything_works_without_javascript(house, open_page):
    page = open_page(java_script_enabled=False)
    sign_up(page, house)
    confirm(page, house)
    page.goto(f"{house.url}/workspace/members")
    page.fill("[name=email]", "bea@acme.example")
    page.click(".inline-form button")
    page.wait_for_selector("text=bea@acme.example")
    page.click("details.menu summary")
    page.click("details.menu button:has-text('Sign out')")
    page.wait_for_url("**/login")

    assert not page.locator("[data-shows]").is_visible()


def test_a_password_can_be_looked_at_while_it_is_typed(house, page):
    page.goto(f"{house.url}/login")
    page.fill("[name=password]", PASSWORD)

    page.click("text=Show")
    expect(page.locator("[name=password]")).to_have_attribute("type", "text")
    page.click("text=Hide")
    expect(page.locator("[name=password]")).to_have_attribute("type", "password")


def test_the_keyboard_skips_to_the_content(house, page):
    page.goto(f"{house.url}/signup")

    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")


def test_faults_are_where_the_reader_is_after_sending(house, page):
    page.goto(f"{house.url}/signup")
    page.click(SUBMIT)
    page.wait_for_selector(".error-summary")

    assert page.evaluate("document.activeElement.classList.contains('error-summary')")
    described = page.get_attribute("#field-password", "aria-describedby").split()
    assert described == ["field-password-hint", "field-password-error"]
    assert page.inner_text("#field-password-error").strip() == "Use at least 8 characters."


def test_the_mail_reaches_the_reader_over_real_smtp(house, page, live_app):
    from plg.messaging.smtp import SmtpGateway
    from tests.messaging.smtp_server import mail_server

    with mail_server() as server:
        live_app.app.extensions["plg.smtp"] = SmtpGateway(server.url)
        sign_up(page, house)
        for _ in range(400):
            if server.mails:
                break
            page.wait_for_timeout(50)

    assert [mail["To"] for mail in server.mails] == [ANA]
