"""An account has what it pays for, as long as it pays, and falls back when it stops."""

import pytest
import requests

from plg.billing import portal, subscriptions
from plg.billing.models import BillingCustomer, BillingSubscription
from plg.events import names
from plg.kit.db import db
from plg.plans import assignments
from plg.trials import trials
from tests.billing.shop import BACK


def test_who_cancels_falls_back_to_the_default_plan(shop):
    shop.pay()
    shop.cancel()

    assert shop.plan() == ("free", "default")
    (ended,) = shop.happened(names.SUBSCRIPTION_CANCELLED)
    assert (ended["plan"], ended["reason"]) == ("pro", "cancellation_requested")


def test_who_cancels_for_the_end_of_the_period_keeps_the_plan_until_then(shop):
    shop.pay()
    made = shop.stripe.all("subscription")[0]["id"]
    press_portal(shop, "cancel_later", made)
    until_then = shop.plan(), shop.happened(names.SUBSCRIPTION_CANCELLED)
    with shop.app.app_context():
        cancel_at = subscriptions.live_of(shop.account).cancel_at
    shop.stripe.advance(days=32)
    shop.stripe.settle()

    assert until_then == (("pro", "subscription"), [])
    assert cancel_at is not None
    assert shop.plan() == ("free", "default")
    assert len(shop.happened(names.SUBSCRIPTION_CANCELLED)) == 1


def press_portal(shop, action, thing=""):
    with shop.app.app_context():
        address = portal.open_for(shop.account, by=shop.owner, return_url=BACK["cancel_url"])
    shop.stripe.press(address, action, thing)
    shop.stripe.settle()


def test_a_payment_that_fails_leaves_access_and_is_told(shop):
    shop.pay()
    press_portal(shop, "bad_card")
    shop.stripe.advance(days=32)
    shop.stripe.settle()

    assert (shop.plan(), shop.status()) == (("pro", "subscription"), "past_due")
    (failed,) = shop.happened(names.PAYMENT_FAILED)
    assert (failed["plan"], failed["amount"], failed["attempt"]) == ("pro", 2900, 1)


def test_when_it_is_never_paid_access_ends(shop):
    shop.pay()
    press_portal(shop, "bad_card")
    shop.stripe.advance(days=60)
    shop.stripe.settle()

    assert (shop.plan(), shop.status()) == (("free", "default"), None)
    assert shop.happened(names.SUBSCRIPTION_CANCELLED)[0]["reason"] == "payment_failed"
    assert len(shop.happened(names.PAYMENT_FAILED)) == 4


def test_when_it_is_paid_after_all_nothing_was_lost(shop):
    shop.pay()
    press_portal(shop, "bad_card")
    shop.stripe.advance(days=32)
    press_portal(shop, "good_card")
    press_portal(shop, "pay_now", shop.stripe.all("invoice")[0]["id"])

    assert (shop.plan(), shop.status()) == (("pro", "subscription"), "active")
    assert len(shop.happened(names.SUBSCRIPTION_STARTED)) == 1
    assert shop.happened(names.SUBSCRIPTION_CANCELLED) == []


@pytest.mark.parametrize(
    ("status", "plan"),
    [
        ("trialing", "pro"),
        ("active", "pro"),
        ("past_due", "pro"),
        ("unpaid", "free"),
        ("canceled", "free"),
        ("incomplete", "free"),
        ("incomplete_expired", "free"),
        ("paused", "free"),
    ],
)
def test_access_follows_the_status(shop, status, plan):
    shop.pay()
    set_status(shop, status)

    assert shop.plan()[0] == plan


def set_status(shop, status):
    with shop.stripe.store.work() as work:
        (made,) = work.newest("subscription")
        work.change({**made, "status": status}, "customer.subscription.updated")
    shop.stripe.settle()


def test_losing_and_regaining_access_is_told_each_time(shop):
    shop.pay()
    for status in ("unpaid", "active", "unpaid", "unpaid", "active"):
        set_status(shop, status)
    shop.stripe.resend_all()

    assert len(shop.happened(names.SUBSCRIPTION_STARTED)) == 3
    assert len(shop.happened(names.SUBSCRIPTION_CANCELLED)) == 2
    assert shop.plan() == ("pro", "subscription")


def test_who_cancelled_can_subscribe_again(shop):
    shop.pay("pro")
    shop.cancel()
    shop.pay("team")

    assert shop.plan() == ("team", "subscription")
    assert len(shop.stripe.all("customer")) == 1
    assert [each["plan"] for each in shop.happened(names.SUBSCRIPTION_STARTED)] == ["pro", "team"]


def test_of_two_subscriptions_the_end_of_one_does_not_take_away_the_other(shop):
    shop.pay("pro")
    with shop.stripe.store.work() as work:
        (made,) = work.newest("subscription")
        second = {**made, "id": "sub_second", "start_date": made["start_date"] + 5, "metadata": {}}
        work.emit("customer.subscription.created", work.put(second))
    shop.stripe.settle()
    with shop.stripe.store.work() as work:
        ended = {**second, "status": "canceled"}
        work.emit("customer.subscription.deleted", work.put(ended))
    shop.stripe.settle()

    assert shop.count(BillingSubscription) == 2
    assert shop.plan() == ("pro", "subscription")


def test_a_plan_given_by_staff_is_not_taken_away_by_a_late_cancellation(shop):
    shop.pay("pro")
    with shop.app.app_context():
        assignments.assign(shop.account, "team", source="staff", by="staff:1")
        db.session.commit()
    shop.cancel()

    assert shop.plan() == ("team", "staff")


def test_a_subscription_that_stripe_forgot_gives_no_access(shop):
    shop.pay()
    with shop.stripe.store.work() as work:
        (made,) = work.newest("subscription")
        work.emit("customer.subscription.updated", made)
        work.put_as("subscription", made["id"], None)
    shop.stripe.settle()

    assert shop.plan() == ("free", "default")
    assert shop.happened(names.SUBSCRIPTION_CANCELLED)[0]["reason"] == "missing"


def test_a_customer_deleted_at_stripe_ends_what_the_account_paid_for(shop):
    shop.pay()
    customer = shop.stripe.all("customer")[0]["id"]
    requests.delete(
        f"{shop.stripe.url}/v1/customers/{customer}",
        headers={"Authorization": "Bearer sk_test_x"},
        timeout=20,
    ).raise_for_status()
    shop.stripe.settle()

    assert shop.plan() == ("free", "default")
    assert shop.count(BillingCustomer, stripe_customer_id=None) == 1
    shop.pay("team")
    assert shop.plan() == ("team", "subscription")


def test_a_subscription_is_known_by_its_account_where_its_customer_was_not_recorded(shop):
    shop.stripe.courier.adjust(hold=True)
    shop.stripe.press(shop.checkout(), "pay")
    with shop.app.app_context():
        db.session.execute(db.update(BillingCustomer).values(stripe_customer_id=None))
        db.session.commit()
    shop.stripe.courier.adjust(hold=False)
    shop.stripe.settle()

    assert shop.plan() == ("pro", "subscription")


def test_a_trial_is_converted_by_paying(shop, worker_of):
    with shop.app.app_context():
        trials.start(shop.account, by="tests")
        db.session.commit()
    shop.pay()
    worker_of(shop.app)()

    with shop.app.app_context():
        assert trials.of_account(shop.account).status == "converted"
    assert shop.plan() == ("pro", "subscription")


def test_who_bought_is_in_the_log(shop):
    from plg.events.models import Event

    shop.pay()
    with shop.app.app_context():
        bought = db.select(Event.person_id, Event.account_id).where(Event.name == names.SUBSCRIPTION_STARTED)
        assert db.session.execute(bought).all() == [(shop.owner, shop.account)]


def test_checkouts_of_a_merged_person_become_the_survivors(shop, worker_of):
    from plg.billing.models import Checkout
    from plg.events import log

    shop.checkout()
    with shop.app.app_context():
        from tests.support.story import people

        other = people.add(email="ana@home.example", name="Ana", by="tests")
        merged = {"from_person_id": shop.owner, "into_person_id": other.id}
        log.record(names.PEOPLE_MERGED, person_id=other.id, properties=merged)
        db.session.commit()
        other_id = other.id
    worker_of(shop.app)()

    with shop.app.app_context():
        assert list(db.session.scalars(db.select(Checkout.person_id))) == [other_id]


def test_who_pays_confirms_another_plan_instead_of_paying_twice(shop):
    shop.pay("pro")
    address = shop.checkout("team")
    unchanged = shop.plan()
    done = shop.stripe.press(address, "confirm")
    shop.stripe.settle()

    assert unchanged == ("pro", "subscription")
    assert done.headers["Location"] == BACK["success_url"]
    assert shop.plan() == ("team", "subscription")
    assert [each["status"] for each in shop.stripe.all("subscription")] == ["active"]
    assert shop.stripe.all("invoice")[0]["amount_paid"] == 7000
    assert len(shop.happened(names.SUBSCRIPTION_STARTED)) == 1


def test_a_declined_change_leaves_the_account_on_its_plan(shop):
    shop.pay("pro")
    press_portal(shop, "bad_card")
    shop.stripe.press(shop.checkout("team"), "confirm")
    shop.stripe.settle()

    assert (shop.plan(), shop.status()) == (("pro", "subscription"), "active")


def test_the_portal_is_set_up_at_stripe_once_for_each_catalogue(shop):
    shop.pay("pro")
    for _ in range(2):
        press_portal(shop, "good_card")
        shop.app.extensions.pop("plg.portal_configurations")
    before = len(shop.stripe.all("billing_portal.configuration"))
    shop.checkout("team")

    assert before == 1
    assert len(shop.stripe.all("billing_portal.configuration")) == 2
