"""Sign-up in a real browser: with and without a password, held and let in by staff, to one's colleagues."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import expect

from plg.access import credentials
from plg.accounts import domains
from plg.kit.db import db
from plg.people import people
from plg.signups.models import Case
from tests.support.browser import DESKTOP, PHONE
from tests.support.story import publish_plans
from tests.web.visits import PASSWORD, SIGN_UP, link_to

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

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
    """Judges the page that is open: axe, and nothing wider than the screen. With PLG_TEST_PICTURES, a folder, it
    leaves a picture there."""

    def judge(page, name):
        assert_accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url
        if folder := os.environ.get("PLG_TEST_PICTURES"):
            width = page.viewport_size["width"]
            page.screenshot(path=Path(folder) / f"{name}-{width}.png", full_page=True)

    return judge


def sign_up(page, house, email=SIGN_UP["email"], company="Acme", button=0):
    page.goto(f"{house.url}/signup")
    for name, value in (SIGN_UP | {"email": email, "company": company}).items():
        if button == 0 or name != "password":
            page.fill(f"[name={name}]", value)
    page.locator(SUBMIT).nth(button).click()
    page.wait_for_url("**/signup/sent")


def confirm(page, house, email):
    page.goto(house.url + link_to(house.app, email, "confirm-email"))
    page.click(SUBMIT)


def claim_domain(app):
    with app.app_context():
        case = db.session.query(Case).order_by(Case.id).first()
        address = people.get(case.person_id).email
        domains.claim(case.account_id, "acme.example", address=address, by=case.person_id).policy = "join"
        db.session.commit()


@pytest.mark.parametrize("page", READERS, indirect=True)
def test_somebody_signs_up_confirms_and_has_a_trial(house, page, judged):
    page.goto(f"{house.url}/signup")
    judged(page, "sign-up")
    sign_up(page, house)
    judged(page, "check-mail")

    confirm(page, house, SIGN_UP["email"])

    page.wait_for_url("**/workspace")
    expect(page.locator("#trial")).to_contain_text("14")


@pytest.mark.parametrize("page", READERS, indirect=True)
def test_somebody_signs_up_without_a_password_by_the_keyboard(house, page):
    page.goto(f"{house.url}/signup")
    page.focus("[name=name]")
    for key in ("name", "email"):
        page.keyboard.type(SIGN_UP[key])
        page.keyboard.press("Tab")
    page.focus("[name=company]")
    page.keyboard.type("Acme")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/signup/sent")

    confirm(page, house, SIGN_UP["email"])

    page.wait_for_url("**/workspace")
    expect(page.locator("#trial")).to_contain_text("14")


@pytest.mark.parametrize("page", READERS, indirect=True)
def test_a_held_sign_up_is_told_why_it_waits_and_staff_let_it_in(house, page, open_page, judged):
    sign_up(page, house, "ana@mailinator.com")
    confirm(page, house, "ana@mailinator.com")
    page.wait_for_url("**/welcome")
    judged(page, "held")
    page.goto(f"{house.url}/workspace")
    judged(page, "workspace-held")

    language = page.evaluate("navigator.language")[:2]
    marta = open_page(language, (page.viewport_size["width"], page.viewport_size["height"]))
    marta.goto(f"{house.url}/staff/signups")
    marta.fill("[name=email]", "marta@example.com")
    marta.fill("[name=password]", PASSWORD)
    marta.click(SUBMIT)
    marta.wait_for_url("**/staff/signups")
    judged(marta, "staff-sign-ups")
    marta.click("tbody a")
    marta.wait_for_url("**/staff/signups/sgn_*")
    marta.click("button[value=allow]")
    expect(marta.locator("#field-reason-error")).to_be_visible()
    judged(marta, "staff-sign-up-fault")
    marta.fill("[name=reason]", "A partner who tests")
    marta.click("button[value=allow]")
    expect(marta.locator("main")).to_contain_text("A partner who tests")
    judged(marta, "staff-sign-up")
    marta.goto(f"{house.url}/staff/signups?show=all")
    judged(marta, "staff-sign-ups-all")

    page.reload()
    expect(page.locator("#trial")).to_contain_text("14")


@pytest.mark.parametrize("page", READERS, indirect=True)
def test_somebody_joins_their_colleagues_instead_of_starting_anew(house, page, open_page, judged):
    owner = open_page()
    sign_up(owner, house)
    confirm(owner, house, SIGN_UP["email"])
    owner.wait_for_url("**/workspace")
    claim_domain(house.app)

    sign_up(page, house, "eva@acme.example", "Acme Madrid")
    confirm(page, house, "eva@acme.example")
    page.wait_for_url("**/welcome")
    judged(page, "colleagues")
    page.click("main a.button.primary")
    page.wait_for_url("**/workspaces/join")
    page.click("main form button:not([type=button])")

    page.wait_for_url("**/workspace")
    expect(page.locator("h1")).to_have_text("Acme")


def test_everything_works_without_javascript(house, open_page):
    page = open_page(java_script_enabled=False)
    sign_up(page, house, "ana@mailinator.com", button=1)
    confirm(page, house, "ana@mailinator.com")

    page.wait_for_url("**/welcome")
    expect(page.locator("h1")).to_contain_text("We take a short look")
