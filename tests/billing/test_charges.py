"""A stored card pays without its owner: once, whoever dies where and whoever buys at the same moment."""

import pytest
from sqlalchemy import select, update

from plg.billing import charges, checkouts, gateway, refusals
from plg.billing.gateway import StripeGateway
from plg.billing.models import BillingSubscription, Charge, Checkout
from plg.events import names
from plg.kit.clock import now
from plg.kit.db import db
from tests.support.story import in_parallel

DECLINES, NO_MONEY, ASKS_ALWAYS = "4000000000000341", "4000008260003178", "4000002760003184"


@pytest.fixture
def due(shop):
    """A shop whose account has stored a card that is to be charged now."""
    shop.store_card()
    ask(shop)
    return shop


def ask(shop, event="trial-payment-due:1", plan="pro", interval="month"):
    with shop.app.app_context():
        charges.ask_for(event, shop.account, plan, interval)
        db.session.commit()


def collect(shop, is_still_due=lambda account_id: True):
    """What the worker's job does."""
    with shop.app.app_context():
        db.session.execute(update(Charge).where(Charge.due_at.is_not(None)).values(due_at=now()))
        db.session.commit()
        while (charge := charges.claim()) is not None:
            charges.collect(charge, is_still_due=is_still_due)
            db.session.commit()
            if charge.status not in ("paid", "failed", "dropped"):
                break


def outcome(shop):
    """(status, reason) of the only charge."""
    with shop.app.app_context():
        return tuple(db.session.execute(select(Charge.status, Charge.reason)).one())


def paid_invoices(shop):
    return [each["amount_paid"] for each in shop.stripe.all("invoice") if each["status"] == "paid"]


def assert_paid_once(shop):
    assert outcome(shop) == ("paid", None)
    assert paid_invoices(shop) == [2900]
    shop.stripe.settle()
    shop.process()
    assert len(shop.happened(names.SUBSCRIPTION_STARTED)) == shop.count(BillingSubscription) == 1
    assert shop.plan() == ("pro", "subscription")


def test_the_card_pays_and_the_account_has_the_plan_at_once(due):
    due.stripe.courier.adjust(drop=1000)
    collect(due)

    assert_paid_once(due)
    (made,) = due.stripe.all("subscription")
    assert made["status"] == "active"
    assert due.happened(names.PAYMENT_FAILED) == []


def test_the_same_event_twice_is_one_charge(due):
    ask(due)
    collect(due)
    ask(due)
    collect(due)

    assert_paid_once(due)


@pytest.mark.parametrize(
    ("method", "when"),
    [
        ("subscriptions_of", "before"),
        ("create_subscription", "before"),
        ("create_subscription", "after"),
        ("subscription", "before"),
        ("subscription", "after"),
    ],
)
def test_nobody_is_charged_twice_wherever_the_worker_dies(due, monkeypatch, method, when):
    real, died = getattr(StripeGateway, method), []

    def dies_once(self, *arguments):
        if when == "after":
            real(self, *arguments)
        if not died:
            died.append(method)
            raise RuntimeError("the process died")
        return real(self, *arguments)

    due.stripe.courier.adjust(drop=1000)
    monkeypatch.setattr(StripeGateway, method, dies_once)
    collect(due)
    in_between = outcome(due)[0]
    collect(due)

    assert died and in_between in ("waiting", "asked")
    assert_paid_once(due)


def test_what_was_made_is_found_again_after_stripe_has_forgotten_the_key(due, monkeypatch):
    real = StripeGateway.subscription
    monkeypatch.setattr(StripeGateway, "subscription", lambda *_: 1 / 0)
    collect(due)
    due.stripe.advance(days=3)
    monkeypatch.setattr(StripeGateway, "subscription", real)
    collect(due)

    assert_paid_once(due)


def test_while_stripe_is_away_the_charge_waits(due, monkeypatch):
    monkeypatch.setattr(gateway, "RETRIES", 0)
    due.stripe.outage.set()
    collect(due)
    in_between = outcome(due)
    due.stripe.outage.clear()
    collect(due)

    assert in_between == ("waiting", None)
    assert_paid_once(due)


def test_eight_workers_at_once_charge_once(due):
    def work(_):
        while (charge := charges.claim()) is not None:
            charges.collect(charge, is_still_due=lambda account_id: True)

    in_parallel(due.app, 8, work)
    collect(due)

    assert_paid_once(due)


def test_a_worker_that_comes_back_after_its_lease_changes_nothing(due):
    with due.app.app_context():
        late = charges.claim()
        db.session.execute(update(Charge).values(due_at=now()))
        db.session.commit()
    collect(due)
    with due.app.app_context():
        charges.collect(late, is_still_due=lambda account_id: True)

    assert_paid_once(due)


def test_the_checkout_that_is_open_is_closed_before_the_card_is_charged(due):
    due.checkout("team")
    collect(due)

    assert_paid_once(due)
    newest = due.stripe.all("checkout.session")[0]
    assert newest["status"] == "expired"
    assert due.count(Checkout, status="open") == 0


@pytest.mark.parametrize("is_told", [True, False])
def test_who_has_just_bought_in_the_checkout_is_not_charged(due, is_told):
    due.stripe.courier.adjust(drop=0 if is_told else 1000)
    due.stripe.press(due.checkout("team"), "pay")
    due.stripe.settle()
    collect(due)
    due.process()

    assert outcome(due) == ("dropped", "subscribed")
    assert paid_invoices(due) == [9900]
    assert due.plan() == ("team", "subscription")


def test_of_a_checkout_and_a_charge_at_the_same_moment_one_is_paid(due):
    address = due.checkout("pro")

    def act(number):
        if number:
            return due.stripe.press(address, "pay").status_code
        return collect(due)

    in_parallel(due.app, 2, act)
    due.stripe.settle()
    collect(due)
    due.process()

    assert paid_invoices(due) == [2900]
    assert len(due.happened(names.SUBSCRIPTION_STARTED)) == 1
    assert outcome(due) in {("paid", None), ("dropped", "subscribed")}


def test_while_the_card_is_being_charged_no_checkout_is_opened(due, monkeypatch):
    monkeypatch.setattr(StripeGateway, "create_subscription", lambda *_: 1 / 0)
    collect(due)

    with pytest.raises(checkouts.PaymentUnderWay):
        due.checkout("pro")


def test_where_there_is_no_reason_any_more_nothing_is_charged(due):
    collect(due, is_still_due=lambda account_id: False)

    assert outcome(due) == ("dropped", "not_due")
    assert due.stripe.all("subscription") == due.happened(names.PAYMENT_FAILED) == []
    assert due.checkout("pro")


def test_what_stripe_made_before_the_reason_fell_away_is_kept(due, monkeypatch):
    real = StripeGateway.subscription
    monkeypatch.setattr(StripeGateway, "subscription", lambda *_: 1 / 0)
    collect(due)
    monkeypatch.setattr(StripeGateway, "subscription", real)
    collect(due, is_still_due=lambda account_id: False)

    assert_paid_once(due)


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (DECLINES, "generic_decline"),
        (NO_MONEY, "insufficient_funds"),
        (ASKS_ALWAYS, "authentication_required"),
    ],
)
def test_a_card_that_does_not_pay_leaves_nothing_behind_and_the_way_to_pay_open(shop, number, reason):
    shop.store_card(number)
    ask(shop)
    collect(shop)
    collect(shop)

    (failed,) = shop.happened(names.PAYMENT_FAILED)
    assert (failed["plan"], failed["amount"], failed["currency"], failed["reason"]) == (
        "pro",
        2900,
        "usd",
        reason,
    )
    assert outcome(shop) == ("failed", reason)
    assert shop.stripe.all("subscription") == []
    shop.pay()
    assert shop.plan() == ("pro", "subscription")


def test_a_refusal_whose_answer_was_lost_is_told_once(shop, monkeypatch):
    shop.store_card(DECLINES)
    ask(shop)
    real, died = StripeGateway.create_subscription, []

    def answer_is_lost(self, *arguments):
        if died:
            return real(self, *arguments)
        died.append(1)
        with pytest.raises(refusals.CardRefused):
            real(self, *arguments)
        raise refusals.PaymentsUnavailable("lost")

    monkeypatch.setattr(StripeGateway, "create_subscription", answer_is_lost)
    collect(shop)
    collect(shop)

    assert outcome(shop) == ("failed", "generic_decline")
    assert len(shop.happened(names.PAYMENT_FAILED)) == 1
    assert len([each for each in shop.stripe.requests if each == "POST /v1/subscriptions"]) == 2


@pytest.mark.parametrize("removed", [True, False])
def test_without_a_card_nothing_is_charged(shop, removed):
    if removed:
        shop.store_card()
        with shop.app.app_context():
            gateway.current().detach(shop.stripe.all("payment_method")[0]["id"])
    ask(shop)
    collect(shop)

    assert outcome(shop) == ("failed", "no_card")
    assert shop.happened(names.PAYMENT_FAILED)[0]["reason"] == "no_card"


def test_a_plan_that_is_not_sold_is_not_charged(shop):
    shop.store_card()
    ask(shop, plan="pro", interval="year")
    collect(shop)

    assert outcome(shop) == ("failed", "not_for_sale")
    assert shop.stripe.all("subscription") == []
