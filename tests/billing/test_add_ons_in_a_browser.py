"""A real browser: an add-on with its price first, bought, and fewer of it from the period's end on."""

import pytest
from playwright.sync_api import expect

from plg.access import sessions
from plg.kit.db import db
from plg.people import people
from tests.billing.test_add_ons import held
from tests.billing.test_change_in_a_browser import fits, use_card
from tests.billing.test_changes import paid
from tests.support.browser import DESKTOP, PHONE

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
ENGLISH = (
    "See the add-ons",
    "Extra invoices",
    "How many",
    "Show the price",
    "Pay and add",
    "Your add-ons have changed.",
    "Change",
)
SPANISH = (
    "Ver los complementos", "Facturas extra", "Cuántos", "Ver el precio", "Pagar y añadir",
    "Tus complementos han cambiado.", "Cambiar",
)  # fmt: skip


def sign_in(shop, page):
    with shop.app.app_context():
        people.get(shop.owner).locale = page.evaluate("navigator.language")[:2]
        token = sessions.begin(person_id=shop.owner)
        db.session.commit()
    serializer = shop.app.session_interface.get_signing_serializer(shop.app)
    signed = serializer.dumps({"_user_id": token, "_fresh": True})
    page.context.add_cookies([{"name": "plg_session", "value": signed, "url": shop.url}])


@pytest.mark.parametrize("page", [("en", DESKTOP)], indirect=True)
def test_what_the_bank_asks_about_is_had_when_its_owner_has_said_yes(
    paying, page, assert_accessible, open_page
):
    sign_in(paying, page)
    use_card(paying, "pm_card_authenticationRequired")
    page.goto(f"{paying.url}/workspace/subscription/add-ons")
    card = page.get_by_role("region", name="Extra invoices")
    card.get_by_label("How many").fill("2")
    card.get_by_role("button", name="Show the price").click()
    page.get_by_role("button", name="Pay and add").click()
    expect(page.get_by_role("alert")).to_contain_text("Your bank wants you to confirm this payment")
    fits(page, assert_accessible)
    page.get_by_role("button", name="Confirm with the bank").click()
    page.get_by_role("button", name="Pay now").click()
    page.get_by_role("button", name="No, refuse it").click()
    expect(page.get_by_role("alert")).to_contain_text("The card was not confirmed.")
    assert (held(paying), paid(paying)) == ({}, [2900, 0])
    page.get_by_role("button", name="Pay now").click()
    page.get_by_role("button", name="Yes, it is me").click()
    expect(page.get_by_text("Paid", exact=False).first).to_be_visible()
    paying.stripe.settle()

    assert (held(paying), paid(paying)) == ({"extra": 2}, [2900, 2000])
    open_page.errors.clear()  # a refused card is a 402, which the console tells


@pytest.mark.parametrize(
    ("page", "words"), [(("en", DESKTOP), ENGLISH), (("es", PHONE), SPANISH)], indirect=["page"]
)
def test_an_add_on_is_seen_bought_and_given_up(paying, page, words, assert_accessible):
    see, name, how_many, show, pay, done, change = words
    sign_in(paying, page)
    page.goto(f"{paying.url}/workspace/subscription")
    page.get_by_role("link", name=see).click()
    card = page.get_by_role("region", name=name)
    fits(page, assert_accessible)
    card.get_by_label(how_many).fill("3")
    card.get_by_role("button", name=show).click()
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    fits(page, assert_accessible)
    page.get_by_role("button", name=pay).click()
    expect(page.get_by_role("status").first).to_contain_text(done)
    assert (held(paying), paid(paying)) == ({"extra": 3}, [2900, 3000])

    card.get_by_label(how_many).fill("1")
    card.get_by_role("button", name=show).click()
    fits(page, assert_accessible)
    page.get_by_role("button", name=change, exact=True).click()
    expect(card).to_contain_text("3")
    fits(page, assert_accessible)
    assert (held(paying), paid(paying)) == ({"extra": 3}, [2900, 3000])
