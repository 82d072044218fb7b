"""A card is stored without a payment: told once, kept without its fingerprint, the newest one pays."""

import pytest
import requests
from sqlalchemy import select, update

from plg.billing import cards, checkouts, customers, gateway, jobs, processing
from plg.billing.models import Card, Checkout
from plg.events import names
from plg.events.models import Event
from plg.kit.clock import now
from plg.kit.db import db
from tests.billing.letters import make_due
from tests.billing.shop import BACK, session_of
from tests.support.story import in_parallel, make_account, make_person

VISA, MASTERCARD, REFUSED, ASKS = (
    "4242424242424242",
    "5555555555554444",
    "4000000000000002",
    "4000002500003155",
)


def test_a_stored_card_is_told_once_and_is_the_one_that_pays(shop):
    shop.store_card(VISA)
    shop.stripe.resend_all()

    (added,) = shop.happened(names.CARD_ADDED)
    assert (added["brand"], added["last4"]) == ("visa", "4242")
    assert shop.paying_card() == "4242"
    assert shop.count(Card) == shop.count(Checkout, purpose="setup", status="complete") == 1
    assert shop.plan() == ("free", "default")
    assert shop.stripe.all("subscription") == []


def test_who_stored_it_is_in_the_log_and_the_fingerprint_is_not(shop):
    shop.store_card(VISA)
    (method,) = shop.stripe.all("payment_method")
    with shop.app.app_context():
        event = db.session.scalars(select(Event).where(Event.name == names.CARD_ADDED)).one()
        kept = db.session.scalars(select(Card)).one()

    assert (event.person_id, event.account_id) == (shop.owner, shop.account)
    fingerprint = method["card"]["fingerprint"]
    assert event.properties["fingerprint"] == kept.fingerprint
    assert fingerprint not in str(event.properties) and fingerprint not in str(vars(kept))


def test_the_same_card_is_known_again_in_another_account_and_not_with_another_key(shop, make_app):
    shop.store_card(VISA)
    shop.account = make_account(shop.app, (shop.owner, "owner"), name="Other")
    shop.store_card(VISA)
    shop.store_card(MASTERCARD)

    first, second, third = [each["fingerprint"] for each in shop.happened(names.CARD_ADDED)]
    assert first == second != third
    with make_app(secret_key="another").app_context():
        fingerprint = shop.stripe.all("payment_method")[-1]["card"]["fingerprint"]
        assert cards.hashed(fingerprint) != first


def test_a_card_that_the_bank_asks_about_is_stored_once_its_owner_has_confirmed(shop):
    shop.store_card(ASKS)

    assert [each["last4"] for each in shop.happened(names.CARD_ADDED)] == ["3155"]


def test_a_refused_card_is_not_stored(shop):
    form = {"action": "save", "number": REFUSED, "expires": "12 / 40", "cvc": "123"}
    answer = requests.post(shop.setup(), form, allow_redirects=False, timeout=20)
    shop.stripe.settle()

    assert answer.status_code == 200
    assert shop.happened(names.CARD_ADDED) == []
    assert shop.count(Checkout, status="open") == 1


def test_the_newest_card_pays_in_whatever_order_the_webhooks_come(shop):
    shop.stripe.courier.adjust(drop=1000)
    for number in (VISA, MASTERCARD):
        shop.store_card(number)
        shop.stripe.advance(days=0.01)
    shop.stripe.courier.adjust(drop=0)
    shop.stripe.resend_all(newest_first=True)

    assert shop.paying_card() == "4444"
    assert {each["last4"] for each in shop.happened(names.CARD_ADDED)} == {"4242", "4444"}
    with shop.app.app_context():
        assert cards.current_of(shop.account).last4 == "4444"


def test_ten_clicks_at_once_open_one_page_for_a_card(shop):
    def click(_):
        return checkouts.open_setup(shop.account, by=shop.owner, **BACK)

    addresses = in_parallel(shop.app, 10, click)

    assert len(set(addresses)) == 1, addresses
    assert len(shop.stripe.all("checkout.session")) == len(shop.stripe.all("customer")) == 1


def test_a_way_to_pay_closes_the_way_to_store_a_card_and_the_other_way_round(shop):
    first, second, third = shop.setup(), shop.checkout(), shop.setup()

    by_id = {each["id"]: each["status"] for each in shop.stripe.all("checkout.session")}
    assert [by_id[session_of(each)] for each in (first, second, third)] == ["expired", "expired", "open"]
    assert shop.count(Checkout, status="open") == 1


def test_who_stores_another_card_before_the_webhook_of_the_first_came_loses_none(shop):
    shop.stripe.courier.adjust(drop=1000)
    shop.store_card(VISA)
    shop.stripe.advance(days=0.01)
    shop.stripe.courier.adjust(drop=0)
    shop.store_card(MASTERCARD)
    shop.process()

    assert {each["last4"] for each in shop.happened(names.CARD_ADDED)} == {"4242", "4444"}
    assert shop.paying_card() == "4444"


def test_a_lost_webhook_of_a_card_is_made_up_for_by_looking_again(shop):
    shop.stripe.courier.adjust(drop=1000)
    shop.store_card(VISA)
    before = shop.happened(names.CARD_ADDED)
    with shop.app.app_context():
        db.session.execute(update(Checkout).values(check_at=now()))
        db.session.commit()
        jobs.look_again(now())
        db.session.commit()
    shop.process()

    assert before == []
    assert [each["last4"] for each in shop.happened(names.CARD_ADDED)] == ["4242"]


@pytest.mark.parametrize("method", ["update_customer", "setup_intent"])
def test_a_process_that_dies_on_the_way_leaves_the_card_to_the_next(shop, monkeypatch, method):
    real = getattr(gateway.StripeGateway, method)

    def dies(self, *arguments):
        if method == "update_customer" and "invoice_settings" not in arguments[1]:
            return real(self, *arguments)
        raise RuntimeError("the process died")

    monkeypatch.setattr(gateway.StripeGateway, method, dies)
    shop.store_card(VISA)
    before = shop.happened(names.CARD_ADDED)
    monkeypatch.setattr(gateway.StripeGateway, method, real)
    make_due(shop)
    shop.process()

    assert before == []
    assert len(shop.happened(names.CARD_ADDED)) == shop.count(Card) == 1
    assert shop.paying_card() == "4242"


def test_all_webhooks_of_a_card_at_once_store_it_once(shop):
    shop.stripe.courier.adjust(hold=True)
    shop.type_card(shop.setup(), VISA)
    shop.stripe.courier.adjust(hold=False, copies=3)
    shop.stripe.settle()
    in_parallel(shop.app, 4, lambda _: processing.process())

    assert len(shop.happened(names.CARD_ADDED)) == shop.count(Card) == 1


def test_a_card_that_its_owner_removes_is_told_and_charged_no_more(shop):
    shop.store_card(VISA)
    (method,) = shop.stripe.all("payment_method")
    detach(shop, method["id"])
    shop.stripe.resend_all()

    (removed,) = shop.happened(names.CARD_REMOVED)
    assert removed["last4"] == "4242"
    assert removed["fingerprint"] == shop.happened(names.CARD_ADDED)[0]["fingerprint"]
    with shop.app.app_context():
        assert cards.current_of(shop.account) is None


def test_a_replaced_card_does_not_come_back_when_the_newest_is_removed(shop):
    shop.store_card(VISA)
    shop.stripe.advance(days=0.01)
    shop.store_card(MASTERCARD)
    newest, oldest = [each["id"] for each in shop.stripe.all("payment_method")]
    detach(shop, newest)

    with shop.app.app_context():
        assert cards.current_of(shop.account) is None
    detach(shop, oldest)
    assert len(shop.happened(names.CARD_REMOVED)) == 2


def detach(shop, method):
    with shop.app.app_context():
        gateway.current().detach(method)
    shop.stripe.settle()


def test_the_cards_of_a_customer_who_is_gone_at_stripe_are_gone(shop):
    import stripe

    shop.store_card(VISA)
    client = stripe.StripeClient("sk_test_x", base_addresses={"api": shop.stripe.url})
    client.v1.customers.delete(shop.stripe.all("customer")[0]["id"])
    shop.stripe.settle()

    assert len(shop.happened(names.CARD_REMOVED)) == 1
    shop.store_card(VISA)
    assert len(shop.happened(names.CARD_ADDED)) == 2


def test_a_card_of_nobody_here_is_ignored(shop):
    shop.stripe.courier.adjust(drop=1000)
    shop.store_card(VISA)
    with shop.app.app_context():
        customers.forget(shop.stripe.all("customer")[0]["id"])
        db.session.commit()
    shop.stripe.resend_all()

    assert shop.happened(names.CARD_ADDED) == []
    assert ("setup_intent.succeeded", "ignored") in shop.inbox()


def test_who_pays_already_is_led_to_the_portal(shop):
    shop.pay()

    assert shop.setup().startswith(f"{shop.stripe.url}/p/session/")


def test_the_host_product_can_have_a_card_stored_and_sees_it(shop, secret):
    browser = shop.app.test_client()
    body = {"return_url": "https://shop.example/welcome"}
    answer = browser.post("/v1/accounts/acme/card-setup", json=body, headers=secret)
    shop.type_card(answer.json["url"])
    shop.stripe.settle()
    seen = browser.get("/v1/billing/subscription?account=acme", headers=secret).json

    assert seen["card"] == {"brand": "visa", "last4": "4242", "exp_month": 12, "exp_year": 2040}
    assert seen["subscription"] is None


def test_the_host_product_names_only_people_who_may_buy(shop, secret):
    stranger = make_person(shop.app, "eva@other.example", "Eva")
    body = {"return_url": "https://shop.example/", "person": "eva@other.example"}
    answer = shop.app.test_client().post("/v1/accounts/acme/card-setup", json=body, headers=secret)

    assert stranger and answer.status_code == 403
    assert shop.stripe.all("checkout.session") == []
