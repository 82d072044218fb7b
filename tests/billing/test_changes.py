"""Another plan, rhythm or number of seats: shown with its price, agreed to, and made once."""

import datetime as dt
from fractions import Fraction

import pytest

from plg.billing import changes, checkouts, gateway, quotes, refusals, subscriptions
from plg.billing.models import BillingInvoice, BillingSubscription, PlanChange
from plg.events import names
from plg.kit.clock import now
from plg.kit.db import db
from tests.billing.test_subscriptions import press_portal
from tests.support.story import in_parallel, make_account


def quote(shop, plan="team", **wanted):
    with shop.app.app_context():
        made = quotes.make(shop.account, plan, by=shop.owner, **wanted)
        return made.public_id, made.amount_due, made.takes_effect


def confirm(shop, public_id):
    with shop.app.app_context():
        return changes.confirm(public_id, account_id=shop.account, by=shop.owner).status


def running(shop):
    with shop.app.app_context():
        found = subscriptions.running_of(shop.account)
        db.session.expunge(found)
        return found


def paid(shop):
    return [each["amount_paid"] for each in reversed(shop.stripe.all("invoice"))]


def test_an_upgrade_costs_to_the_cent_what_was_shown(shop):
    shop.pay("pro")
    shop.stripe.advance(days=11.4567)
    public_id, due, takes_effect = quote(shop)
    shop.stripe.advance(days=0.01)  # they think about it
    assert confirm(shop, public_id) == "done"
    shop.stripe.settle()

    item = shop.stripe.all("subscription")[0]["items"]["data"][0]
    left = item["current_period_end"] - proration_date(shop, public_id)
    f = Fraction(left, item["current_period_end"] - item["current_period_start"])
    assert takes_effect == "now"
    assert due == f * 9900 // 1 + -f * 2900 // 1
    assert paid(shop) == [2900, due]
    assert shop.plan() == ("team", "subscription")
    (told,) = shop.happened(names.SUBSCRIPTION_CHANGED)
    assert (told["from_plan"], told["plan"], told["from_amount"], told["amount"]) == (
        "pro",
        "team",
        2900,
        9900,
    )
    assert [each["amount"] for each in shop.happened(names.INVOICE_PAID)] == [2900, due]


def proration_date(shop, public_id):
    with shop.app.app_context():
        return int(quotes.find(public_id, account_id=shop.account).proration_date.timestamp())


def test_agreed_to_in_many_tabs_it_is_paid_once(shop):
    shop.pay("pro")
    public_id, due, _ = quote(shop)

    answers = in_parallel(shop.app, 4, lambda _: confirm(shop, public_id))

    assert all(answer == "done" or isinstance(answer, refusals.PaymentsUnavailable) for answer in answers)
    assert confirm(shop, public_id) == "done"
    assert paid(shop) == [2900, due]


def test_a_price_that_is_out_of_date_is_not_charged(shop):
    shop.pay("pro")
    old, _, _ = quote(shop)
    newer, _, _ = quote(shop, "pro", quantity=3)
    confirm(shop, newer)
    before = paid(shop)
    with pytest.raises(changes.QuoteExpired):
        confirm(shop, old)
    stale, _, _ = quote(shop, quantity=4)
    with shop.app.app_context():
        db.session.execute(db.update(PlanChange).values(expires_at=now() - dt.timedelta(seconds=1)))
        db.session.commit()
    with pytest.raises(changes.QuoteExpired):
        confirm(shop, stale)

    assert paid(shop) == before
    assert (shop.plan()[0], running(shop).quantity, running(shop).amount) == ("pro", 3, 8700)


def test_a_declined_card_leaves_everything_as_it_was_and_is_told_once(shop):
    shop.pay("pro")
    press_portal(shop, "bad_card")
    public_id, _, _ = quote(shop)
    with pytest.raises(refusals.CardRefused) as refused:
        confirm(shop, public_id)
    with pytest.raises(changes.QuoteExpired):
        confirm(shop, public_id)

    assert refused.value.reason == "generic_decline"
    assert (shop.plan(), shop.status(), paid(shop)) == (("pro", "subscription"), "active", [2900])
    assert len(shop.happened(names.PAYMENT_FAILED)) == 1
    press_portal(shop, "good_card")
    again, due, _ = quote(shop)
    assert confirm(shop, again) == "done"
    assert paid(shop) == [2900, due]


def test_a_cheaper_plan_waits_for_the_periods_end_and_the_last_word_counts(shop):
    shop.pay("team")
    public_id, due, takes_effect = quote(shop, "pro")
    confirm(shop, public_id)
    confirm(shop, quote(shop, "pro", quantity=2)[0])
    planned, until_then = running(shop), shop.plan()
    shop.stripe.advance(days=32)
    shop.stripe.settle()

    assert (due, takes_effect) == (0, "later")
    assert (planned.next_quantity, planned.next_at) == (2, planned.current_period_end)
    assert until_then == ("team", "subscription")
    assert shop.plan() == ("pro", "subscription")
    assert (paid(shop), running(shop).quantity) == ([9900, 5800], 2)
    assert running(shop).next_at is None
    assert len(shop.happened(names.CHANGE_PLANNED)) == 2


def test_a_planned_change_can_be_withdrawn_and_gives_way_to_an_upgrade(shop):
    shop.pay("pro")
    confirm(shop, quote(shop, "pro", quantity=5)[0])
    confirm(shop, quote(shop, "pro", quantity=2)[0])
    with shop.app.app_context():
        changes.withdraw_planned(shop.account)
    withdrawn = running(shop).next_at
    confirm(shop, quote(shop, "pro", quantity=2)[0])
    confirm(shop, quote(shop, "team")[0])
    shop.stripe.advance(days=32)
    shop.stripe.settle()

    assert withdrawn is None
    assert (shop.plan()[0], running(shop).quantity) == ("team", 5)
    assert paid(shop)[-1] == 5 * 9900


def test_from_months_to_years_a_new_period_begins_at_once_and_back_with_its_end(shop):
    shop.pay("team")
    public_id, due, takes_effect = quote(shop, "team", interval="year")
    confirm(shop, public_id)
    yearly = running(shop)
    _, later_due, later = quote(shop, "team", interval="month")

    assert (takes_effect, later, later_due) == ("now", "later", 0)
    assert (yearly.interval, yearly.amount) == ("year", 99000)
    assert paid(shop) == [9900, due] and due == 99000 - 9900
    confirm(shop, quote(shop, "team", interval="month")[0])
    shop.stripe.advance(days=366)
    shop.stripe.settle()
    assert (running(shop).interval, paid(shop)[-1]) == ("month", 9900)


def test_what_is_paid_for_already_is_not_for_sale_again(shop):
    shop.pay("pro")
    with pytest.raises(checkouts.AlreadySubscribed):
        quote(shop, "pro")
    shop.cancel()
    with pytest.raises(quotes.NothingToChange):
        quote(shop, "team")


def test_while_stripe_is_away_a_change_is_kept_and_made_later_once(shop, monkeypatch):
    shop.pay("pro")
    public_id, due, _ = quote(shop)
    monkeypatch.setattr(gateway, "RETRIES", 0)
    shop.app.extensions["plg.stripe"]._client = None
    shop.stripe.outage.set()
    with pytest.raises(refusals.PaymentsUnavailable):
        confirm(shop, public_id)
    shop.stripe.outage.clear()
    with shop.app.app_context():
        assert changes.finish_asked(now() + dt.timedelta(minutes=2), 10) == 1
        assert changes.finish_asked(now() + dt.timedelta(minutes=4), 10) == 0

    assert (shop.plan()[0], paid(shop)) == ("team", [2900, due])


def test_of_several_changes_that_wait_one_that_fails_holds_up_none(shop):
    asked, first = [], shop.account
    for account in (first, make_account(shop.app, (shop.owner, "owner"), key="second")):
        shop.account = account
        shop.pay("pro")
        asked.append(quote(shop)[0])
    with shop.app.app_context():
        gateway.current().cancel_subscription(shop.stripe.all("subscription")[1]["id"])
        waiting = db.update(PlanChange).where(PlanChange.public_id.in_(asked))
        db.session.execute(waiting.values(status="asked", due_at=now()))
        db.session.commit()
        assert changes.finish_asked(now() + dt.timedelta(minutes=2), 10) == 2
        assert [row.status for row in rows(PlanChange)] == ["failed", "done"]

    assert shop.plan()[0] == "team"


def test_invoices_are_mirrored_to_the_cent(shop):
    shop.pay("pro")
    confirm(shop, quote(shop)[0])
    shop.stripe.advance(days=32)
    shop.stripe.settle()

    with shop.app.app_context():
        ours = {
            row.stripe_invoice_id: (row.status, row.total, row.amount_paid) for row in rows(BillingInvoice)
        }
    theirs = {
        each["id"]: (each["status"], each["total"], each["amount_paid"])
        for each in shop.stripe.all("invoice")
    }
    assert ours == theirs and len(ours) == 3
    assert shop.count(BillingSubscription) == 1


def rows(model):
    return db.session.scalars(db.select(model)).all()
