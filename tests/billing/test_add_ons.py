"""Add-ons: shown with their price, bought once, kept through changes of the plan, and gone with the subscription."""

import functools
from fractions import Fraction
from itertools import count

import pytest

from plg.billing import changes, checkouts, gateway, leaving, processing, quotes, reconciling, refusals
from plg.billing.add_ons import prices as add_on_prices
from plg.billing.add_ons import quotes as add_on_quotes
from plg.billing.models import PlanChange
from plg.billing.prices import NotForSale
from plg.events import names
from plg.kit.db import db
from plg.plans import add_ons
from tests.billing.letters import make_due
from tests.billing.shop import EXTRA, WITH_ADD_ONS
from tests.billing.test_changes import confirm, paid, quote, running
from tests.billing.test_killed import Axe, dies, recover
from tests.billing.test_subscriptions import press_portal
from tests.support.story import in_parallel, publish_plans


def ask(shop, quantity, key="extra"):
    with shop.app.app_context():
        made = add_on_quotes.make(shop.account, key, quantity, by=shop.owner)
        return made.public_id, made.amount_due, made.takes_effect


def buy(shop, quantity, key="extra"):
    public_id, due, _ = ask(shop, quantity, key)
    assert confirm(shop, public_id) == "done"
    return due


def held(shop):
    with shop.app.app_context():
        return add_ons.of_account(shop.account)


def counts(shop):
    """What Stripe bills, by the item's amount."""
    items = shop.stripe.all("subscription")[0]["items"]["data"]
    return sorted((each["price"]["unit_amount"], each["quantity"]) for each in items)


def test_one_that_is_bought_costs_what_was_shown_and_gives_what_it_says(paying):
    shop = paying
    shop.stripe.advance(days=11.4567)
    public_id, due, takes_effect = ask(shop, 3)
    before = held(shop)
    shop.stripe.advance(days=0.01)  # they think about it
    confirm(shop, public_id)

    item = shop.stripe.all("subscription")[0]["items"]["data"][1]
    with shop.app.app_context():
        at = int(quotes.find(public_id, account_id=shop.account).proration_date.timestamp())
        assert add_ons.given([shop.account])[shop.account] == {"invoices": 300}
    left = Fraction(
        item["current_period_end"] - at, item["current_period_end"] - item["current_period_start"]
    )
    assert (due, takes_effect, before) == (left * 3000 // 1, "now", {})
    assert (paid(shop), held(shop), shop.plan()[0]) == ([2900, due], {"extra": 3}, "pro")
    (told,) = shop.happened(names.ADD_ON_CHANGED)
    assert (told["add_on"], told["quantity"], told["by"]) == ("extra", 3, "stripe")
    shop.stripe.advance(days=30)
    shop.stripe.settle()
    assert paid(shop)[-1] == 2900 + 3000


def test_fewer_wait_for_the_periods_end_and_each_of_two_that_are_given_up_goes(paying):
    shop = paying
    buy(shop, 2)
    buy(shop, 1, "priority")
    _, due, takes_effect = ask(shop, 1)
    buy(shop, 1)
    buy(shop, 0, "priority")
    planned, until_then = running(shop).next_add_ons, held(shop)
    with pytest.raises(add_on_quotes.ChangePlanned):
        ask(shop, 5)
    charged = paid(shop)
    shop.stripe.advance(days=32)
    shop.stripe.settle()

    assert (due, takes_effect) == (0, "later")
    assert (planned, until_then) == ({"extra": 1}, {"extra": 2, "priority": 1})
    assert paid(shop) == [*charged, 2900 + 1000]
    assert held(shop) == {"extra": 1}
    assert (running(shop).next_add_ons, shop.happened(names.CHANGE_PLANNED)) == (None, [])


def test_a_planned_end_of_one_can_be_taken_back(paying):
    shop = paying
    buy(shop, 2)
    buy(shop, 0)
    with shop.app.app_context():
        changes.withdraw_planned(shop.account)
    shop.stripe.advance(days=32)
    shop.stripe.settle()

    assert (held(shop), paid(shop)[-1]) == ({"extra": 2}, 2900 + 2000)


def test_in_two_tabs_at_once_it_is_bought_once(paying):
    shop = paying
    tabs = [ask(shop, 1)[0] for _ in range(4)]
    answers = in_parallel(shop.app, 4, lambda n: confirm(shop, tabs[n]))

    bought = [answer for answer in answers if answer == "done"]
    assert len(bought) == 1, answers
    assert all(answer == "done" or isinstance(answer, refusals.Refusal) for answer in answers)
    assert (counts(shop), held(shop)) == ([(1000, 1), (2900, 1)], {"extra": 1})
    assert len(paid(shop)) == 2


def test_a_declined_card_leaves_nothing(paying):
    shop = paying
    press_portal(shop, "bad_card")
    public_id, _, _ = ask(shop, 1)
    with pytest.raises(refusals.CardRefused):
        confirm(shop, public_id)

    assert (counts(shop), held(shop), paid(shop)) == ([(2900, 1)], {}, [2900])
    (told,) = shop.happened(names.PAYMENT_FAILED)
    assert told["add_on"] == "extra"


def test_another_plan_and_another_rhythm_keep_them(paying):
    shop = paying
    buy(shop, 2)
    confirm(shop, quote(shop, "team")[0])
    on_team = counts(shop), held(shop)
    confirm(shop, quote(shop, "team", interval="year")[0])
    by_the_year = counts(shop), held(shop)
    confirm(shop, quote(shop, "pro", interval="month")[0])
    shop.stripe.advance(days=366)
    shop.stripe.settle()

    assert on_team == ([(1000, 2), (9900, 1)], {"extra": 2})
    assert by_the_year == ([(10000, 2), (99000, 1)], {"extra": 2})
    assert (counts(shop), held(shop), shop.plan()[0]) == ([(1000, 2), (2900, 1)], {"extra": 2}, "pro")
    assert paid(shop)[-1] == 2900 + 2000


def test_one_that_is_not_sold_in_a_rhythm_is_to_be_given_up_first(paying):
    shop = paying
    buy(shop, 1, "priority")
    with pytest.raises(NotForSale):
        quote(shop, "team", interval="year")
    buy(shop, 0, "priority")
    confirm(shop, quote(shop, "team", interval="year")[0])

    assert (counts(shop), held(shop)) == ([(99000, 1)], {})


def test_a_dearer_plan_begins_with_what_was_planned_of_add_ons_and_nothing_else_is_charged(paying):
    shop = paying
    buy(shop, 3)
    buy(shop, 1)
    public_id, due, _ = quote(shop, "team")
    confirm(shop, public_id)

    assert (counts(shop), held(shop)) == ([(1000, 1), (9900, 1)], {"extra": 1})
    assert paid(shop)[-1] == due == 9900 - 2900 - 2000


def test_a_price_that_was_shown_without_an_add_on_cannot_be_agreed_to_with_it(paying):
    shop = paying
    shown, _, _ = quote(shop, "team", interval="year")
    buy(shop, 1)
    with pytest.raises(changes.QuoteExpired):
        confirm(shop, shown)

    assert paid(shop) == [2900, 1000]


def test_a_downgrade_that_is_planned_keeps_what_was_planned_of_add_ons(paying):
    shop = paying
    confirm(shop, quote(shop, "team")[0])
    buy(shop, 2)
    buy(shop, 1)
    confirm(shop, quote(shop, "pro")[0])
    with pytest.raises(add_on_quotes.ChangePlanned):
        ask(shop, 0)
    shop.stripe.advance(days=32)
    shop.stripe.settle()

    assert (counts(shop), held(shop), shop.plan()[0]) == ([(1000, 1), (2900, 1)], {"extra": 1}, "pro")


def test_they_end_with_the_subscription_and_none_is_sold_beside_one_that_ends(paying):
    shop = paying
    buy(shop, 2)
    with shop.app.app_context():
        leaving.cancel(shop.account, reason="other", by=shop.owner)
    with pytest.raises(add_on_quotes.SubscriptionEnds):
        ask(shop, 3)
    shop.stripe.advance(days=32)
    shop.stripe.settle()

    assert (held(shop), shop.plan()[0]) == ({}, "free")
    with pytest.raises(quotes.NothingToChange):
        ask(shop, 1)


def test_a_lost_webhook_is_found_by_the_reconciler(paying):
    shop = paying
    buy(shop, 1)
    shop.stripe.settle()
    shop.stripe.courier.adjust(drop=1000)
    found = shop.stripe.all("subscription")[0]
    with shop.app.app_context():
        item = {"id": found["items"]["data"][1]["id"], "quantity": 4}
        gateway.current().update_subscription(found["id"], {"items": [item]})
        drifts = reconciling.reconcile()
        assert any(drift.kind == "subscription_differs" and drift.mended for drift in drifts), drifts
        assert reconciling.reconcile() == []

    assert held(shop) == {"extra": 4}


def test_what_an_account_has_without_paying_for_it_is_found_and_taken(paying):
    shop = paying
    shop.stripe.courier.adjust(drop=1000)  # no late webhook mends it first
    buy(shop, 1)
    with shop.app.app_context():
        while reconciling.reconcile():
            continue
        add_ons.set_quantity(shop.account, "extra", 9, by="tests")
        db.session.commit()
        found = [each for each in reconciling.reconcile() if each.kind == "add_ons_differ"]

    assert ([each.mended for each in found], held(shop)) == ([True], {"extra": 1})


def test_a_purchase_survives_a_death_at_every_step(paying, monkeypatch):
    shop, expected = paying, 2900
    shop.stripe.courier.adjust(drop=1000)
    axe = Axe(monkeypatch)
    for step in count(1):
        public_id, due, _ = ask(shop, step)
        agree = functools.partial(changes.confirm, public_id, account_id=shop.account, by=shop.owner)
        died = dies(shop, axe, step, agree)
        recover(shop, public_id)
        expected += due

        assert (sum(paid(shop)), len(paid(shop)), held(shop)) == (expected, step + 1, {"extra": step})
        if not died:
            break
    assert step > 15


def test_what_gives_more_from_now_on_gives_it_to_who_buys_now(paying):
    shop = paying
    buy(shop, 1)
    publish_plans(shop.app, WITH_ADD_ONS | {"add_ons": {"extra": EXTRA | {"features": {"invoices": 500}}}})
    buy(shop, 2)
    with shop.app.app_context():
        assert add_ons.given([shop.account])[shop.account] == {"invoices": 200}
        assert add_on_prices.sync() == 2


def test_a_price_that_is_not_offered_is_refused(paying):
    shop = paying
    buy(shop, 1)
    with pytest.raises(checkouts.AlreadySubscribed):
        ask(shop, 1)
    old, _, _ = ask(shop, 2)
    buy(shop, 3)
    with pytest.raises(changes.QuoteExpired):
        confirm(shop, old)
    assert shop.count(PlanChange, status="failed") == 1
    make_due(shop)
    with shop.app.app_context():
        processing.process()
    assert held(shop) == {"extra": 3}


def test_prices_are_made_once_and_what_differs_is_shown(paying):
    shop = paying
    with shop.app.app_context():
        missing = [each.state for each in add_on_prices.compare()]
        made = add_on_prices.sync(), add_on_prices.sync()
        same = {each.state for each in add_on_prices.compare()}
        db.session.commit()
        gateway.current().update_product("plg-add-on-extra", {"name": "Something else"})
        differs = [each.state for each in add_on_prices.compare()]

    assert (missing, made, same) == (["missing"] * 3, (3, 0), {"same"})
    assert differs == ["differs", "differs", "same"]
