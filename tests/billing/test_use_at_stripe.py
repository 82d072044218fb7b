"""Use beyond the allowance is told to Stripe once, is on the invoice to the cent, and is compared every day."""

import datetime as dt

import pytest
from sqlalchemy import select, update

from plg.accounts import accounts
from plg.billing import changes, leaving, quotes, reconciling
from plg.billing.use import fitting
from plg.billing.use import prices as use_prices
from plg.billing.use import reports as use_reports
from plg.billing.use.models import UseReport
from plg.events import log, names
from plg.kit.clock import now
from plg.kit.db import db
from plg.plans.pricing import Charge, cost
from tests.billing.letters import make_due
from tests.billing.shop import TWO_PLANS
from tests.billing.test_changes import running
from tests.support.story import publish_plans

DAY = dt.timedelta(days=1)
TIERS = {"currency": "usd", "tiers": [{"up_to": 10, "unit": "12.5"}, {"unit": "5"}]}
CALLS = {
    "calls": {
        "name": {"en": "Calls", "es": "Llamadas"},
        "type": "metered",
        "event": "Call",
        "anchor": "billing",
    }
}


def charging(**charge):
    plans = {key: dict(plan) for key, plan in TWO_PLANS["plans"].items()}
    for key, included in (("pro", 3), ("team", 5)):
        calls = {"included": included, "soft": True, "charges": [TIERS | charge]}
        plans[key]["features"] = plans[key]["features"] | {"calls": calls}
    return TWO_PLANS | {"plans": plans, "features": TWO_PLANS["features"] | CALLS}


@pytest.fixture
def metered(shop, worker_of):
    """An account that pays for pro, with 3 calls included."""
    publish_plans(shop.app, charging())
    shop.pay("pro")
    shop.worker = worker_of(shop.app)
    shop.worker()
    fit(shop)
    return shop


def fit(shop):
    for work in (lambda: 0, lambda: fitting.fit_due(now(), 10)):
        with shop.app.app_context():
            work()
        shop.stripe.settle()
        make_due(shop)
        shop.process()


def call(shop, times, first=0):
    with shop.app.app_context():
        for number in range(first, first + times):
            log.record("Call", account_id=shop.account, properties={}, id=f"call-{number}")
        db.session.commit()
    shop.worker()


def take_back(shop, *ids):
    with shop.app.app_context():
        for each in ids:
            log.record(names.EVENT_CANCELLED, account_id=shop.account, properties={"message_id": each})
        db.session.commit()
    shop.worker()


def report(shop, moment=None):
    with shop.app.app_context():
        use_reports.note_all(moment or now())
        return use_reports.send(moment or now())


def told(shop):
    """What Stripe was told, oldest first: (amount, whether it still counts)."""
    with shop.stripe.store.work() as work:
        events = reversed(work.newest("_meter_event"))
        return [(float(each["payload"]["value"]), not each["cancelled"]) for each in events]


def use_items(shop):
    items = shop.stripe.all("subscription")[0]["items"]["data"]
    return [item["price"]["lookup_key"] for item in items if item["price"]["recurring"]["meter"]]


def test_what_is_over_is_told_once_and_paid_with_the_next_invoice_to_the_cent(metered):
    call(metered, 3)
    assert report(metered) == 0
    call(metered, 15, first=3)
    assert [report(metered), report(metered)] == [1, 0]
    call(metered, 2, first=18)
    assert report(metered) == 1
    metered.stripe.advance(days=32)

    assert told(metered) == [(15.0, True), (2.0, True)]
    over = cost(Charge.model_validate(TIERS), 17)
    assert metered.stripe.all("invoice")[0]["amount_paid"] == 2900 + over == 2900 + 160
    assert use_items(metered) == ["plg:pro:2:use:calls:usd"]


def test_use_that_is_taken_back_is_cancelled_and_the_rest_is_told_anew(metered):
    call(metered, 8)
    report(metered)
    take_back(metered, "call-7", "call-6")
    report(metered)

    assert told(metered) == [(5.0, False), (3.0, True)]


def test_what_was_told_too_long_ago_to_be_cancelled_is_left_to_a_person(metered):
    call(metered, 8)
    report(metered)
    with metered.app.app_context():
        db.session.execute(update(UseReport).values(sent_at=now() - 2 * DAY))
        db.session.commit()
    take_back(metered, "call-7")
    report(metered)

    assert told(metered) == [(5.0, True)]


@pytest.mark.parametrize("step", ["before", "after"])
def test_who_dies_while_telling_tells_once(metered, monkeypatch, step):
    from plg.billing.gateway import StripeGateway

    class Killed(BaseException):
        pass

    real = StripeGateway.tell_use

    def dies(self, params):
        if step == "after":
            real(self, params)
        raise Killed

    call(metered, 5)
    monkeypatch.setattr(StripeGateway, "tell_use", dies)
    with pytest.raises(Killed):
        report(metered)
    monkeypatch.setattr(StripeGateway, "tell_use", real)
    report(metered, now() + dt.timedelta(minutes=5))

    assert told(metered) == [(2.0, True)]


def test_use_of_a_period_that_has_just_ended_is_told_within_it(metered):
    call(metered, 5)
    with metered.app.app_context():
        found = use_reports.entitlements.of_account(metered.account).feature("calls")
        ends = found.period.ends_at
    report(metered, ends + dt.timedelta(minutes=20))

    with metered.app.app_context():
        (row,) = db.session.scalars(select(UseReport)).all()
        assert row.happened_at == ends - dt.timedelta(seconds=1)
        assert (row.quantity, row.period) == (2, found.period.key)


def test_what_stripe_has_lost_is_told_again_and_what_it_has_too_much_is_reported(metered):
    call(metered, 9)
    report(metered)
    with metered.app.app_context():
        (row,) = db.session.scalars(select(UseReport)).all()
        identifier = row.public_id
    with metered.stripe.store.work() as work:
        lost = work.find("_meter_event", identifier)
        work.put_as("_meter_event", identifier, {**lost, "payload": lost["payload"] | {"value": "4"}})
    later = now() + 3 * dt.timedelta(hours=1)
    with metered.app.app_context():
        (drift,) = use_reports.compare(later)
        assert (drift.ours, drift.theirs, drift.mended) == ("6", "4.0", True)
        assert use_reports.compare(later) == []
    with metered.stripe.store.work() as work:
        work.put_as("_meter_event", identifier, {**lost, "payload": lost["payload"] | {"value": "7"}})
    with metered.app.app_context():
        (drift,) = use_reports.compare(later + DAY)
        assert (drift.theirs, drift.mended) == ("9.0", False)

    assert told(metered) == [(7.0, True), (2.0, True)]


def test_another_plan_has_items_of_its_own_and_use_is_not_charged_twice(metered):
    call(metered, 9)
    report(metered)
    metered.stripe.advance(days=0.01)
    with metered.app.app_context():
        made = quotes.make(metered.account, "team", by=metered.owner)
        changes.confirm(made.public_id, account_id=metered.account, by=metered.owner)
    metered.worker()
    fit(metered)
    report(metered)

    assert use_items(metered) == ["plg:team:2:use:calls:usd"]
    assert told(metered) == [(6.0, True)]
    metered.stripe.advance(days=32)
    lines = metered.stripe.all("invoice")[0]["lines"]["data"]
    assert sorted(line["amount"] for line in lines) == [0, 75, 9900]


def test_from_months_to_years_use_is_paid_with_the_change(metered):
    call(metered, 9)
    report(metered)
    metered.stripe.advance(days=0.01)
    with metered.app.app_context():
        made = quotes.make(metered.account, "team", interval="year", by=metered.owner)
        shown = made.amount_due
        changes.confirm(made.public_id, account_id=metered.account, by=metered.owner)
    metered.worker()
    fit(metered)

    invoice = metered.stripe.all("invoice")[0]
    assert 75 in [line["amount"] for line in invoice["lines"]["data"]]
    assert invoice["amount_paid"] == shown
    assert use_items(metered) == ["plg:team:2:use:calls:usd"]


def test_use_beside_a_plan_by_the_year_is_paid_every_month_to_the_cent(shop, worker_of):
    publish_plans(shop.app, charging())
    shop.stripe.press(shop.checkout("team", interval="year"), "pay")
    shop.stripe.settle()
    shop.worker = worker_of(shop.app)
    shop.worker()
    fit(shop)
    call(shop, 22)
    report(shop)
    shop.stripe.advance(days=32)
    month = shop.stripe.all("invoice")
    shop.stripe.advance(days=310)
    quiet = shop.stripe.all("invoice")
    shop.stripe.advance(days=25)
    shop.stripe.settle()

    assert shop.stripe.all("subscription")[0]["billing_mode"]["type"] == "flexible"
    over = cost(Charge.model_validate(TIERS), 22 - 5)
    assert [each["amount_paid"] for each in month] == [over, 99000] and over == 160
    assert [each["amount_paid"] for each in quiet] == [0] * 10 + [over, 99000]
    year = shop.stripe.all("invoice")[0]
    assert sorted(line["amount"] for line in year["lines"]["data"]) == [0, 99000]
    with shop.app.app_context():
        assert reconciling.reconcile() == []
    assert (running(shop).interval, running(shop).amount) == ("year", 99000)


def test_a_plan_by_the_year_that_is_cancelled_ends_with_its_year_not_with_a_month_of_use(shop, worker_of):
    publish_plans(shop.app, charging())
    shop.stripe.press(shop.checkout("team", interval="year"), "pay")
    shop.stripe.settle()
    shop.worker = worker_of(shop.app)
    fit(shop)
    with shop.app.app_context():
        leaving.cancel(shop.account, reason="other", by=shop.owner)
    shop.stripe.advance(days=40)
    shop.stripe.settle()
    after_a_month = shop.plan()[0]
    shop.stripe.advance(days=330)
    shop.stripe.settle()

    assert (after_a_month, shop.plan()[0]) == ("team", "free")


def test_a_cheaper_plan_at_the_periods_end_bills_what_was_used_before(metered):
    with metered.app.app_context():
        made = quotes.make(metered.account, "team", by=metered.owner)
        changes.confirm(made.public_id, account_id=metered.account, by=metered.owner)
    metered.worker()
    fit(metered)
    with metered.app.app_context():
        made = quotes.make(metered.account, "pro", by=metered.owner)
        changes.confirm(made.public_id, account_id=metered.account, by=metered.owner)
    call(metered, 9)
    report(metered)
    metered.stripe.advance(days=32)

    assert metered.stripe.all("invoice")[0]["amount_paid"] == 2900 + 50
    fit(metered)
    assert use_items(metered) == ["plg:pro:2:use:calls:usd"]


@pytest.mark.parametrize(
    "charge",
    [
        {},
        {"model": "volume"},
        {"model": "package", "package": 5, "tiers": [{"flat": "250"}]},
    ],
)
def test_prices_of_use_are_made_once_and_drift_is_shown(shop, charge):
    publish_plans(shop.app, charging(**charge))
    with shop.app.app_context():
        assert {each.state for each in use_prices.compare()} == {"missing"}
        assert [use_prices.sync(), use_prices.sync()] == [2, 0]
        assert {each.state for each in use_prices.compare()} == {"same"}
    with shop.stripe.store.work() as work:
        price = next(each for each in work.newest("price") if each["recurring"]["meter"])
        work.put({**price, "currency": "eur"})
    with shop.app.app_context():
        assert sorted(each.state for each in use_prices.compare()) == ["differs", "same"]


def test_an_account_without_a_subscription_is_told_nothing_of(shop, worker_of):
    publish_plans(shop.app, charging())
    shop.worker = worker_of(shop.app)
    call(shop, 9)

    assert report(shop) == 0
    with shop.app.app_context():
        assert accounts.get(shop.account)
