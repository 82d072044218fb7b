"""What an account earned is taken off at its next checkout, once."""

import pytest

from plg.billing import discounts, gateway
from plg.billing.discounts import Terms
from plg.billing.gateway import StripeGateway
from plg.billing.models import Checkout, Discount
from plg.kit.db import db
from tests.billing.test_charges import ask as charge
from tests.billing.test_charges import collect, outcome

TWENTY = Terms(percent_off=20, months=3)


def give(shop, terms=TWENTY, key="certificate:1"):
    with shop.app.app_context():
        discounts.give(shop.account, terms, key=key, reason="Essentials", by="tests")
        db.session.commit()


def paid(shop):
    return [invoice["amount_paid"] for invoice in shop.stripe.all("invoice")]


def test_a_discount_is_taken_off_as_a_coupon_and_used(shop):
    give(shop)
    give(shop)
    shop.pay("pro")
    shop.process()
    assert paid(shop) == [2320] and shop.count(Discount) == 1
    (coupon,) = shop.stripe.all("coupon")
    assert (coupon["percent_off"], coupon["duration_in_months"]) == (20, 3)
    with shop.app.app_context():
        assert db.session.query(Discount).one().used_at is not None
        assert discounts.best_of(shop.account, "usd") is None


@pytest.mark.parametrize("terms", [Terms(amount_off=900, currency="usd"), Terms(percent_off=50)])
def test_without_months_it_is_taken_off_once(shop, terms):
    give(shop, terms)
    shop.pay("pro")
    shop.process()
    assert paid(shop) == [2000 if terms.amount_off else 1450]
    assert shop.stripe.all("coupon")[0]["duration"] == "once"


def promote(shop, code="WELCOME", **more):
    """A promotion code of half a month, made at Stripe."""
    with shop.app.app_context():
        stripe = gateway.current()
        stripe.create_coupon({"id": "half", "percent_off": 50, "duration": "once"})
        promotion = {"type": "coupon", "coupon": "half"}
        stripe._v1.promotion_codes.create({"code": code, "promotion": promotion, **more})


def test_a_promotion_code_is_filled_in_at_the_checkout_and_what_was_earned_is_kept(shop):
    promote(shop)
    give(shop)
    address = shop.checkout("pro", code="welcome")
    assert shop.checkout("pro", code="welcome") == address
    shop.stripe.press(address, "pay")
    shop.stripe.settle()

    assert (paid(shop), shop.stripe.all("checkout.session")[0]["allow_promotion_codes"]) == ([1450], None)
    assert shop.stripe.all("promotion_code")[0]["times_redeemed"] == 1
    with shop.app.app_context():
        assert discounts.best_of(shop.account, "usd") is not None


def test_without_a_code_that_can_be_redeemed_customers_are_asked_for_one(shop, monkeypatch):
    promote(shop, "OTHER")
    for code in ("GONE", None):
        shop.checkout("pro", code=code)
        assert shop.stripe.all("checkout.session")[0]["allow_promotion_codes"] is True
    monkeypatch.setattr(StripeGateway, "promotion_code", lambda *_: "promo_of_others")
    address = shop.checkout("pro", code="FOR-OTHERS")

    shop.stripe.press(address, "pay")
    shop.stripe.settle()
    assert paid(shop) == [2900]


def test_a_stored_card_pays_less_too_and_only_once(shop):
    give(shop, Terms(percent_off=20))
    shop.store_card()
    charge(shop)
    collect(shop)

    assert (outcome(shop), paid(shop)) == (("paid", None), [2320])
    with shop.app.app_context():
        assert db.session.query(Discount).one().used_at is not None


def test_of_several_the_largest_share_is_taken_and_none_of_another_currency(shop):
    give(shop, Terms(amount_off=99_000, currency="eur"), "a")
    give(shop, Terms(percent_off=10), "b")
    give(shop, Terms(percent_off=30), "c")
    shop.pay("pro")
    assert paid(shop) == [2030]


def test_a_discount_that_was_taken_back_is_gone_from_the_next_checkout(shop):
    give(shop)
    before = shop.checkout()
    with shop.app.app_context():
        discounts.take_back(shop.account, "certificate:1")
        db.session.commit()
    after = shop.checkout()
    assert before != after and shop.count(Checkout, status="expired") == 1
    shop.stripe.press(after, "pay")
    assert paid(shop) == [2900]


def test_another_account_pays_the_whole_price(shop):
    from tests.support.story import make_account, make_person

    give(shop)
    other = make_account(shop.app, (make_person(shop.app, "eva@other.example"), "owner"), key="other")
    with shop.app.app_context():
        assert discounts.best_of(other, "usd") is None
