"""A real browser: from the plans to the page for a card, and back to where the card is shown."""

import pytest
from playwright.sync_api import expect

from plg.access import sessions
from plg.billing.models import Card
from plg.events import names
from plg.kit.db import db
from plg.people import people
from tests.support.browser import DESKTOP, PHONE

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def plans(shop, page, worker_of):
    """The page of the plans, with the account's owner in front of it; the trial begins with the card."""
    shop.start_trial()
    shop.work = worker_of(shop.app)
    with shop.app.app_context():
        people.get(shop.owner).locale = page.evaluate("navigator.language")[:2]
        token = sessions.begin(person_id=shop.owner)
        db.session.commit()
    signed = shop.app.session_interface.get_signing_serializer(shop.app).dumps(
        {"_user_id": token, "_fresh": True}
    )
    page.context.add_cookies([{"name": "plg_session", "value": signed, "url": shop.url}])
    page.goto(f"{shop.url}/upgrade")
    return page


def type_card(page, number, button):
    page.locator("[name=number]").fill(number)
    page.locator("[name=expires]").fill("12 / 40")
    page.locator("[name=cvc]").fill("123")
    page.get_by_role("button", name=button).click()


def fits(page, assert_accessible):
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url


@pytest.mark.parametrize("page", [("en", DESKTOP)], indirect=True)
def test_a_card_is_refused_then_confirmed_with_the_bank_and_shown(shop, plans, assert_accessible):
    page = plans
    expect(page.get_by_text("No card is stored. Storing one costs nothing.")).to_be_visible()
    fits(page, assert_accessible)
    page.get_by_role("button", name="Store a card").click()
    fits(page, assert_accessible)
    type_card(page, "4000 0000 0000 0002", "Store the card")
    expect(page.get_by_role("alert")).to_contain_text("Your bank refused the card")
    fits(page, assert_accessible)
    type_card(page, "4000 0025 0000 3155", "Store the card")
    expect(page.get_by_role("heading", name="Your bank asks: is it you?")).to_be_visible()
    fits(page, assert_accessible)
    page.get_by_role("button", name="Yes, it is me").click()
    expect(page.get_by_role("heading", name="Your card is on its way")).to_be_visible()
    fits(page, assert_accessible)
    shop.stripe.settle()
    shop.work()

    expect(page.get_by_role("heading", name="Choose a plan")).to_be_visible()
    expect(page.get_by_text("expires 12/2040")).to_be_visible()
    expect(page.locator("main")).to_contain_text("3155")
    fits(page, assert_accessible)
    assert [each["last4"] for each in shop.happened(names.CARD_ADDED)] == ["3155"]


@pytest.mark.parametrize("page", [("es", PHONE)], indirect=True)
def test_on_a_phone_a_late_webhook_is_waited_for(shop, plans, assert_accessible):
    page = plans
    shop.stripe.courier.adjust(hold=True)
    page.get_by_role("button", name="Guardar una tarjeta").click()
    fits(page, assert_accessible)
    type_card(page, "4242424242424242", "Guardar la tarjeta")
    expect(page.get_by_role("heading", name="Tu tarjeta está en camino")).to_be_visible()
    fits(page, assert_accessible)
    shop.stripe.courier.adjust(hold=False)
    shop.stripe.settle()
    shop.work()

    expect(page.get_by_text("válida hasta 12/2040")).to_be_visible()
    fits(page, assert_accessible)
    page.get_by_role("button", name="Guardar otra tarjeta").click()
    page.get_by_role("link", name="Salir sin tarjeta").click()
    expect(page.get_by_text("válida hasta 12/2040")).to_be_visible()
    assert shop.count(Card) == 1
