"""Access follows the state machine, and ends by itself where its time is up, whether Stripe says so or not."""

import datetime as dt

import pytest
import requests

from plg.billing import jobs, standing, subscriptions
from plg.events import names
from plg.kit.clock import now
from plg.kit.db import db
from tests.billing.test_changes import running
from tests.billing.test_subscriptions import press_portal

DAY = 86400
NOW = dt.datetime(2026, 11, 1, 12, tzinfo=dt.UTC)


def at_stripe(status, **more):
    item = {"current_period_end": int(NOW.timestamp()) + 20 * DAY, "price": {"recurring": None}}
    base = {"status": status, "created": int(NOW.timestamp()), "trial_end": None, "latest_invoice": None}
    return {**base, "pause_collection": None, "metadata": {}, "items": {"data": [item]}, **more}


def days(until):
    return None if until is None else (until - NOW) / dt.timedelta(days=1)


@pytest.mark.parametrize(
    ("subscription", "ends_in_days"),
    [
        (at_stripe("active"), None),
        (at_stripe("trialing", trial_end=int(NOW.timestamp()) + 3 * DAY), 3 + 1 / 24),
        (at_stripe("trialing", trial_end=int(NOW.timestamp()) - 3 * DAY), -3 + 1 / 24),
        (at_stripe("past_due", latest_invoice={"next_payment_attempt": int(NOW.timestamp()) + 3 * DAY}), 4),
        (
            at_stripe(
                "past_due",
                latest_invoice={"next_payment_attempt": None, "created": int(NOW.timestamp()) - 9 * DAY},
            ),
            -8,
        ),
        (at_stripe("active", pause_collection={"behavior": "void"}), 20),
        (
            at_stripe(
                "active",
                pause_collection={"behavior": "void"},
                metadata={"plg_paused_from": str(int(NOW.timestamp()) + 2 * DAY)},
            ),
            2,
        ),
        *(
            (at_stripe(status), 0)
            for status in ("incomplete", "incomplete_expired", "unpaid", "paused", "canceled")
        ),
    ],
)
def test_each_state_gives_access_for_as_long_as_it_says(subscription, ends_in_days):
    found = days(standing.access_until(subscription, NOW))

    assert found == (None if ends_in_days is None else pytest.approx(ends_in_days))


def test_a_late_payment_has_grace_until_a_day_after_the_next_attempt(shop):
    shop.pay()
    press_portal(shop, "bad_card")
    shop.stripe.advance(days=32)
    shop.stripe.settle()
    with shop.stripe.store.work() as work:
        attempt = work.newest("invoice")[0]["next_payment_attempt"]
    grace = running(shop).access_until
    told = [end_access(shop, grace + dt.timedelta(seconds=s)) for s in (-1, 1, 2)]
    with pytest.raises(subscriptions.PaymentOverdue):
        shop.checkout("team")
    press_portal(shop, "good_card")
    shop.stripe.advance(days=4)
    shop.stripe.settle()

    assert grace == dt.datetime.fromtimestamp(attempt, dt.UTC) + dt.timedelta(days=1)
    assert told == [("pro", "subscription"), ("free", "default"), ("free", "default")]
    assert [each["reason"] for each in shop.happened(names.SUBSCRIPTION_CANCELLED)] == ["not_paid"]
    assert (shop.plan(), shop.status()) == (("pro", "subscription"), "active")
    assert len(shop.happened(names.SUBSCRIPTION_STARTED)) == 2


def end_access(shop, moment):
    with shop.app.app_context():
        jobs.end_access(moment)
        db.session.commit()
    return shop.plan()


def test_a_trial_at_stripe_that_is_over_is_never_free_even_while_stripe_says_nothing(shop):
    shop.pay()
    with shop.stripe.store.work() as work:
        (made,) = work.newest("subscription")
        ends = int((now() + dt.timedelta(days=2)).timestamp())
        work.change({**made, "status": "trialing", "trial_end": ends}, "customer.subscription.updated")
    shop.stripe.settle()
    in_trial = shop.plan(), running(shop).check_at
    shop.stripe.outage.set()
    after = end_access(shop, now() + dt.timedelta(days=2, hours=2))
    shop.stripe.outage.clear()

    assert in_trial[0] == ("pro", "subscription")
    assert in_trial[1] < now() + dt.timedelta(days=1, minutes=1)
    assert after == ("free", "default")


def test_an_unpaid_invoice_can_be_paid_where_the_page_leads(shop):
    from plg.billing import invoices

    shop.pay()
    press_portal(shop, "bad_card")
    shop.stripe.advance(days=32)
    shop.stripe.settle()
    with shop.app.app_context():
        newest = invoices.of_account(shop.account)[0]
        found = newest.status, newest.amount_due, newest.url

    assert found[:2] == ("open", 2900)
    assert requests.get(found[2], timeout=20).status_code == 200
