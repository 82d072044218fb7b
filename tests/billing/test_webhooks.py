"""Whatever webhooks do on their way, an account ends with what it pays for, told once."""

import datetime as dt
import json
import random

import pytest
from sqlalchemy import delete, update

from plg.billing import gateway, inbox, jobs, processing
from plg.billing.models import BillingSubscription, StripeEvent
from plg.events import names
from plg.kit.clock import now
from plg.kit.db import db
from tests.billing.letters import a_webhook, make_due, post, signature
from tests.support.story import in_parallel


def test_a_webhook_says_which_object_changed_and_is_not_believed_beyond_that(shop):
    event = json.loads(a_webhook(shop))
    event["data"]["object"]["status"] = "canceled"
    body = json.dumps(event).encode()

    assert post(shop, body, signature(body)).status_code == 200
    assert (shop.plan(), shop.status()) == (("pro", "subscription"), "active")


def test_a_doubled_webhook_changes_nothing_more(shop):
    shop.stripe.courier.adjust(copies=3)
    shop.pay()
    once = shop.state()
    shop.stripe.resend_all()

    assert shop.state() == once
    assert len(shop.happened(names.SUBSCRIPTION_STARTED)) == 1
    assert shop.count(StripeEvent) == len(shop.stripe.all("event"))


@pytest.mark.parametrize("seed", range(3))
def test_in_any_order_and_number_webhooks_end_in_the_same_state(shop, seed):
    def story():
        shop.pay("pro")
        shop.stripe.advance(days=40)
        shop.cancel()
        shop.pay("team")

    story()
    expected = shop.state()
    bodies = [json.dumps(event).encode() for event in shop.stripe.all("event")] * 2
    random.Random(seed).shuffle(bodies)
    with shop.app.app_context():
        db.session.execute(delete(StripeEvent))
        db.session.commit()
    for body in bodies:
        assert post(shop, body, signature(body)).status_code == 200
    shop.process()

    assert shop.state() == expected
    assert expected["plan"] == "team"
    assert {outcome for _, outcome in shop.inbox()} == {"applied", "ignored"}


def test_a_late_webhook_of_the_past_does_not_bring_the_past_back(shop):
    shop.stripe.courier.adjust(hold=True)
    shop.stripe.press(shop.checkout("pro"), "pay")
    shop.stripe.advance(days=1)
    with shop.stripe.store.work() as work:
        from plg.sandbox.stripe.resources import subscriptions

        (made,) = work.newest("subscription")
        subscriptions.end(work, made["id"], reason="cancellation_requested")
    shop.stripe.courier.adjust(hold=False)
    shop.stripe.settle()

    assert shop.plan() == ("free", "default")
    assert shop.happened(names.SUBSCRIPTION_STARTED) == []


@pytest.mark.parametrize("copies", [1, 2])
def test_webhooks_that_come_backwards_lead_to_the_same(shop, copies):
    shop.stripe.courier.adjust(reorder=True, copies=copies)
    shop.pay()

    assert (shop.plan(), shop.status()) == (("pro", "subscription"), "active")
    assert shop.state()["checkouts"] == ["complete"]


def test_the_same_webhook_at_eight_doors_at_once_is_acted_on_once(shop):
    body = a_webhook(shop)
    header = signature(body)
    answers = in_parallel(shop.app, 8, lambda _: post(shop, body, header).status_code)

    assert answers == [200] * 8
    shop.process()
    assert len(shop.happened(names.SUBSCRIPTION_STARTED)) == 1
    assert shop.inbox() == [("customer.subscription.created", "applied")]
    assert shop.plan() == ("pro", "subscription")


def test_all_webhooks_of_a_payment_at_once_lead_to_one_subscription(shop):
    a_webhook(shop)
    bodies = [json.dumps(event).encode() for event in shop.stripe.all("event")]
    in_parallel(shop.app, len(bodies), lambda i: post(shop, bodies[i], signature(bodies[i])))
    shop.process()

    assert len(shop.happened(names.SUBSCRIPTION_STARTED)) == 1
    assert shop.state()["checkouts"] == ["complete"]


def test_a_webhook_is_kept_while_stripe_cannot_be_read_and_acted_on_later(shop):
    body = a_webhook(shop)
    shop.stripe.outage.set()
    answer = post(shop, body, signature(body))
    in_between = shop.inbox(), shop.plan()
    shop.stripe.outage.clear()
    make_due(shop)
    shop.process()

    assert answer.status_code == 200
    assert in_between == ([("customer.subscription.created", "waiting")], ("free", "default"))
    assert (shop.plan(), shop.inbox()[0][1]) == (("pro", "subscription"), "applied")


def test_while_stripe_is_away_no_webhook_is_given_up(shop, monkeypatch):
    monkeypatch.setattr(processing, "BACKOFF", (1, 1))
    monkeypatch.setattr(gateway, "RETRIES", 0)
    body = a_webhook(shop)
    shop.stripe.outage.set()
    post(shop, body, signature(body))
    for _ in range(len(processing.BACKOFF) + 3):
        make_due(shop)
        shop.process()

    assert shop.inbox() == [("customer.subscription.created", "waiting")]


def test_a_webhook_that_cannot_be_understood_is_given_up_in_the_end_and_can_be_mended(shop):
    body = a_webhook(shop)
    with shop.stripe.store.work() as work:
        price = next(each for each in work.newest("price") if each["unit_amount"] == 2900)
        (made,) = work.newest("subscription")
        item = {**made["items"]["data"][0], "price": {**price, "id": "price_by_hand", "metadata": {}}}
        work.put({**made, "items": {**made["items"], "data": [item]}})
    post(shop, body, signature(body))
    for _ in range(len(processing.BACKOFF) + 1):
        make_due(shop)
        shop.process()
    with shop.app.app_context():
        (given_up,) = inbox.failed()
    assert "price_by_hand" in given_up.last_error
    assert shop.plan() == ("free", "default")

    with shop.stripe.store.work() as work:
        item["price"]["metadata"] = {"plg_plan": "pro"}
        work.put({**made, "items": {**made["items"], "data": [item]}})
    with shop.app.app_context():
        assert inbox.retry([given_up.event_id]) == 1
        db.session.commit()
    shop.process()
    assert shop.plan() == ("pro", "subscription")


def test_one_bad_webhook_does_not_hold_up_the_others(shop, monkeypatch):
    body = a_webhook(shop)
    real = gateway.StripeGateway.subscription

    def broken(self, subscription_id):
        if subscription_id == "sub_broken":
            raise RuntimeError("a fault of ours")
        return real(self, subscription_id)

    monkeypatch.setattr(gateway.StripeGateway, "subscription", broken)
    with shop.app.app_context():
        inbox.ask("sub_broken")
        inbox.store(json.loads(body))
        db.session.commit()
    shop.process()

    assert [outcome for _, outcome in shop.inbox()] == ["waiting", "applied"]
    assert shop.plan() == ("pro", "subscription")


def test_what_a_dead_process_was_working_on_is_taken_over(shop, monkeypatch):
    body = a_webhook(shop)
    with shop.app.app_context():
        inbox.store(json.loads(body))
        db.session.commit()
        claimed = processing._claim(None)
        assert len(claimed) == 1
        assert processing.process() == 0
        db.session.execute(update(StripeEvent).values(due_at=now() - dt.timedelta(seconds=1)))
        db.session.commit()
    shop.process()

    assert shop.plan() == ("pro", "subscription")
    with shop.app.app_context(), pytest.raises(processing.LeaseLost):
        processing._settle(claimed, "applied")


def test_a_slow_process_does_not_overwrite_what_a_later_one_read(shop):
    body = a_webhook(shop)
    with shop.app.app_context():
        inbox.store(json.loads(body))
        db.session.commit()
        slow = processing._claim(None)
        subject = slow[0].subject
        old = gateway.current().subscription(subject)
        db.session.execute(update(StripeEvent).values(due_at=now()))
        db.session.commit()
    with shop.stripe.store.work() as work:
        from plg.sandbox.stripe.resources import subscriptions

        subscriptions.end(work, subject, reason="cancellation_requested")
    shop.process()
    with shop.app.app_context():
        outcome = processing._apply_subscription(subject, old, slow)
        with pytest.raises(processing.LeaseLost):
            processing._settle(slow, outcome)
        db.session.rollback()

    assert shop.plan() == ("free", "default")


def test_webhooks_about_what_is_not_ours_are_ignored(shop):
    with shop.stripe.store.work() as work:
        foreign = work.put({"id": "cus_foreign", "object": "customer", "metadata": {}})
    shop.pay()
    with shop.stripe.store.work() as work:
        (ours,) = work.newest("subscription")
        theirs = {**ours, "id": "sub_foreign", "customer": foreign["id"], "metadata": {}}
        work.emit("customer.subscription.updated", work.put(theirs))
    shop.stripe.settle()

    assert shop.count(BillingSubscription) == 1
    assert shop.inbox()[-1] == ("customer.subscription.updated", "ignored")


def test_a_webhook_naming_an_unknown_object_is_ignored(shop):
    event = {"id": "evt_x", "object": "event", "type": "customer.subscription.updated", "created": 1}
    body = json.dumps({**event, "data": {"object": {"id": "sub_unknown"}}}).encode()

    assert post(shop, body, signature(body)).status_code == 200
    assert shop.inbox() == [("customer.subscription.updated", "ignored")]


def test_settled_webhooks_hold_no_addresses_any_more(shop):
    shop.pay()

    with shop.app.app_context():
        payloads = list(db.session.scalars(db.select(StripeEvent.payload)))
    assert payloads and all(payload == {} for payload in payloads)


def test_lost_webhooks_are_fetched(shop):
    a_webhook(shop)
    with shop.app.app_context():
        jobs.catch_up(now())
    shop.process()

    assert shop.plan() == ("pro", "subscription")
    assert len(shop.happened(names.SUBSCRIPTION_STARTED)) == 1


def test_a_subscription_is_looked_at_again_without_being_told(shop):
    shop.pay()
    shop.stripe.courier.adjust(drop=1000)
    shop.cancel()
    before = shop.plan()
    with shop.app.app_context():
        jobs.look_again(now() + dt.timedelta(hours=23))
        db.session.commit()
        assert processing.process() == 0
        jobs.look_again(now() + dt.timedelta(hours=25))
        db.session.commit()
    shop.process()

    assert (before, shop.plan()) == (("pro", "subscription"), ("free", "default"))


def test_an_open_checkout_is_looked_at_again_without_being_told(shop):
    a_webhook(shop)
    with shop.app.app_context():
        jobs.look_again(now() + dt.timedelta(hours=1))
        db.session.commit()
    shop.process()

    assert shop.plan() == ("pro", "subscription")
    assert shop.state()["checkouts"] == ["complete"]


def test_old_webhooks_are_forgotten(shop):
    shop.pay()
    with shop.app.app_context():
        jobs.prune(now() + dt.timedelta(days=89))
        db.session.commit()
        kept = shop.count(StripeEvent)
        jobs.prune(now() + dt.timedelta(days=91))
        db.session.commit()

    assert kept > 0 and shop.count(StripeEvent) == 0


def test_the_worker_runs_the_jobs_of_billing(shop, worker_of):
    a_webhook(shop)
    worker_of(shop.app)(now=now() + dt.timedelta(days=1))

    assert shop.plan() == ("pro", "subscription")
    assert len(shop.stripe.all("price")) == 3
