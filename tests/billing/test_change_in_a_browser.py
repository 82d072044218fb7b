"""A real browser: another plan with its price first, a refused card, the bank's question, two tabs, back; leaving."""

import pytest
from playwright.sync_api import expect

from plg.access import sessions
from plg.events import names
from plg.kit.db import db
from plg.people import people
from plg.sandbox.stripe.resources import payment_methods
from tests.billing.test_changes import confirm, paid, quote, running
from tests.support.browser import DESKTOP, PHONE

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def signed_in(shop, page):
    """The account's owner, who pays for Pro, in front of the page of the subscription."""
    shop.pay("pro")
    with shop.app.app_context():
        people.get(shop.owner).locale = page.evaluate("navigator.language")[:2]
        token = sessions.begin(person_id=shop.owner)
        db.session.commit()
    signed = shop.app.session_interface.get_signing_serializer(shop.app).dumps(
        {"_user_id": token, "_fresh": True}
    )
    page.context.add_cookies([{"name": "plg_session", "value": signed, "url": shop.url}])
    page.goto(f"{shop.url}/workspace/subscription")
    return page


def use_card(shop, which):
    with shop.stripe.store.work() as work:
        payment_methods.replace_default(work, work.newest("customer")[0]["id"], which)
    shop.stripe.settle()


def fits(page, assert_accessible):
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url


@pytest.mark.parametrize("page", [("en", DESKTOP)], indirect=True)
def test_a_change_is_seen_refused_confirmed_with_the_bank_and_never_paid_twice(
    shop, signed_in, assert_accessible, open_page
):
    page = signed_in
    fits(page, assert_accessible)
    page.get_by_role("link", name="Change the plan").click()
    page.get_by_role("button", name="Change to Team").click()
    expect(page.get_by_role("heading", name="Change to Team")).to_be_visible()
    expect(page.locator("main")).to_contain_text("$70.00")
    fits(page, assert_accessible)
    use_card(shop, "pm_card_chargeCustomerFail")
    page.get_by_role("button", name="Pay and change").click()
    expect(page.get_by_role("alert")).to_contain_text("Your bank refused the card")
    fits(page, assert_accessible)
    assert paid(shop) == [2900]

    use_card(shop, "pm_card_authenticationRequired")
    page.goto(f"{shop.url}/upgrade")
    page.get_by_role("button", name="Change to Team").click()
    page.get_by_role("button", name="Pay and change").click()
    expect(page.get_by_role("alert")).to_contain_text("Your bank wants you to confirm this payment")
    fits(page, assert_accessible)
    page.get_by_role("button", name="Confirm with the bank").click()
    page.get_by_role("button", name="Confirm and pay").click()
    page.get_by_role("button", name="Yes, it is me").click()
    expect(page.get_by_role("heading", name="Subscription")).to_be_visible()
    shop.stripe.settle()
    assert (paid(shop), running(shop).amount) == ([2900, 7000], 9900)
    open_page.errors.clear()  # a refused card is a 402, which the console tells


@pytest.mark.parametrize("page", [("en", DESKTOP)], indirect=True)
def test_in_two_tabs_and_after_going_back_it_is_paid_once(shop, signed_in):
    page = signed_in
    confirm(shop, quote(shop, "pro", quantity=2)[0])
    page.reload()
    page.get_by_label("Number of seats").fill("3")
    page.get_by_role("button", name="Show the price").click()
    expect(page.get_by_role("heading", name="Change to Pro")).to_be_visible()
    other = page.context.new_page()
    other.goto(page.url)
    page.get_by_role("button", name="Pay and change").click()
    expect(page.get_by_role("status")).to_contain_text("Your plan has changed.")
    other.get_by_role("button", name="Pay and change").click()
    expect(other.get_by_role("heading", name="Subscription")).to_be_visible()
    page.go_back()
    page.reload()
    expect(page.get_by_text("This change is made. Nothing more is charged for it.")).to_be_visible()

    assert paid(shop) == [2900, 2900, 2900]
    assert running(shop).quantity == 3


@pytest.mark.parametrize("page", [("es", PHONE)], indirect=True)
def test_who_leaves_on_a_phone_is_offered_a_pause_and_may_still_go_and_come_back(
    shop, signed_in, assert_accessible
):
    page = signed_in
    fits(page, assert_accessible)
    page.get_by_role("link", name="Cancelar la suscripción").click()
    fits(page, assert_accessible)
    page.get_by_label("No lo usamos lo suficiente").check()
    page.get_by_role("button", name="Seguir y cancelar").click()
    expect(page.get_by_role("heading", name="Tómate un descanso de 1 mes")).to_be_visible()
    fits(page, assert_accessible)
    page.get_by_role("button", name="No, cancelar").click()
    expect(page.get_by_text("Tu suscripción termina el")).to_be_visible()
    fits(page, assert_accessible)
    page.get_by_role("button", name="Mantener la suscripción").click()
    expect(page.get_by_text("Tu suscripción continúa.")).to_be_visible()
    page.get_by_role("link", name="Cancelar la suscripción").click()
    page.get_by_label("No lo usamos lo suficiente").check()
    page.get_by_role("button", name="Seguir y cancelar").click()
    page.get_by_role("button", name="Sí, me quedo").click()
    expect(page.get_by_role("status").filter(has_text="Tu suscripción está en pausa")).to_be_visible()
    fits(page, assert_accessible)

    assert running(shop).paused_from is not None
    assert [each["offer"] for each in shop.happened(names.SAVE_OFFER_ACCEPTED)] == ["pause"]
