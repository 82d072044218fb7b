"""What an account earned is taken off at its next checkout, once."""

import pytest

from plg.billing import discounts
from plg.billing.discounts import Terms
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
