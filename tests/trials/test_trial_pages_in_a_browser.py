"""The trial's pages in a real browser: readable by everybody, on a desktop and on a phone, in both languages."""

import os

import pytest

from plg.access import credentials
from plg.access.hashing import hash_password
from plg.kit.db import db
from plg.trials import trials
from tests.support.browser import DESKTOP, PHONE
from tests.support.story import happened, make_account, make_person
from tests.trials.test_trial_earning import COLLEAGUE, QUIZ, STEP
from tests.trials.wording import CARD, publish

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

PASSWORD = "correct horse battery"
READERS = [("en", DESKTOP), ("es", PHONE)]
EARN = [
    STEP | {"name": {"en": "Finish a step of the checklist", "es": "Termina un paso de la lista"}},
    QUIZ | {"name": {"en": "Pass the quiz of the course", "es": "Aprueba el test del curso"}},
    COLLEAGUE | {"name": {"en": "A colleague sends an invoice", "es": "Un compañero envía una factura"}},
]


@pytest.fixture
def house(live_app):
    app = live_app.app
    publish(app, **CARD, earn=EARN, earn_cap=12)
    owner = make_person(app)
    account = make_account(app, (owner, "owner"))
    with app.app_context():
        credentials.add_staff("marta@example.com", "Marta Ruiz", PASSWORD)
        credential = credentials.create(owner, "ana@acme.example", hash_password(PASSWORD))
        credentials.confirm_email(credential)
        trials.start(account, by="sign-up")
        trials.add_card(account, "visa 4242", by="card")
        trials.extend(account, 5, reason="asked kindly", by="staff:1")
        db.session.commit()
    happened(app, "Quiz Passed", account_id=account)
    return live_app


def judge(page, assert_accessible, name):
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url
    if folder := os.environ.get("PLG_TEST_PICTURES"):
        page.screenshot(path=f"{folder}/{name}-{page.viewport_size['width']}.png", full_page=True)


@pytest.mark.parametrize("page", READERS, indirect=True)
def test_the_owner_reads_the_trial_and_calls_it_off_by_keyboard(house, page, assert_accessible):
    page.goto(f"{house.url}/login")
    page.fill("[name=email]", "ana@acme.example")
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/workspace")
    judge(page, assert_accessible, "workspace")
    page.goto(f"{house.url}/workspace/trial")
    page.wait_for_selector("#earn")
    judge(page, assert_accessible, "trial")
    page.focus("[name=reason]")
    page.keyboard.type("Too dear")
    page.keyboard.press("Enter")
    page.wait_for_selector(".alert.ok")
    judge(page, assert_accessible, "trial-called-off")


@pytest.mark.parametrize("page", READERS, indirect=True)
def test_staff_read_the_rows_and_lengthen(house, page, assert_accessible):
    page.goto(f"{house.url}/staff/login")
    page.fill("[name=email]", "marta@example.com")
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/staff")
    page.goto(f"{house.url}/staff/trials")
    judge(page, assert_accessible, "staff-trials")
    page.click("tbody a")
    judge(page, assert_accessible, "staff-trial")
    page.fill("[name=reason]", "")
    page.click("#change ~ form button")
    page.wait_for_selector(".error-summary")
    judge(page, assert_accessible, "staff-trial-fault")
    page.fill("[name=reason]", "asked again")
    page.click("#change ~ form button")
    page.wait_for_selector(".alert.ok")
