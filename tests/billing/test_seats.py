"""A plan that costs something and includes seats, and each further seat: two items at Stripe, to the cent."""

import datetime as dt
from fractions import Fraction

import pytest

from plg.accounts import memberships
from plg.billing import gateway, prices, quotes, reconciling, seats
from plg.billing.checkouts import AlreadySubscribed
from plg.kit.clock import now
from plg.kit.db import db
from plg.plans import catalogue, quoting
from plg.plans import seats as plan_seats
from plg.usage import entitlements, paywall
from tests.billing.shop import CARD_FIRST, WITH_CREW
from tests.billing.test_add_ons import buy, counts
from tests.billing.test_changes import confirm, paid, quote, running
from tests.support.story import make_person, publish_plans

#: The same with a feature that counts members.
SEATED = {
    "features": WITH_CREW["features"] | {"seats": {"name": {"en": "Seats", "es": "Plazas"}, "type": "seats"}},
    "plans": {
        key: plan | {"features": plan["features"] | {"seats": 3 if key == "crew" else 2}}
        for key, plan in WITH_CREW["plans"].items()
    },
}


def has_seats(shop):
    with shop.app.app_context():
        seats = entitlements.of_account(shop.account).feature("seats")
        return seats.limit, seats.reason


@pytest.fixture
def crew(shop):
    """Four people; the plan includes three."""
    publish_plans(shop.app, WITH_CREW)
    people = [make_person(shop.app, f"{number}@acme.example") for number in range(3)]
    with shop.app.app_context():
        for person in people:
            memberships.add(shop.account, person, "member", by="tests")
        db.session.commit()
    return shop


def left(shop, public_id):
    """The share of the period that was left when the price was reckoned."""
    with shop.app.app_context():
        at = int(quotes.find(public_id, account_id=shop.account).proration_date.timestamp())
    item = shop.stripe.all("subscription")[0]["items"]["data"][0]
    return Fraction(
        item["current_period_end"] - at, item["current_period_end"] - item["current_period_start"]
    )


def test_the_checkout_has_the_plan_once_and_a_seat_for_each_member_beyond_those_included(crew):
    crew.pay("crew")
    (session,) = crew.stripe.all("checkout.session")
    bought = running(crew)

    assert session["amount_total"] == 4900 + 900
    assert counts(crew) == [(900, 1), (4900, 1)]
    assert (bought.quantity, bought.amount, crew.plan()) == (4, 5800, ("crew", "subscription"))
    with crew.app.app_context():
        assert reconciling.reconcile() == []


def test_more_seats_cost_at_once_to_the_cent_what_was_shown_and_only_the_further_ones(crew):
    crew.pay("crew")
    crew.stripe.advance(days=11.4567)
    public_id, due, takes_effect = quote(crew, "crew", quantity=7)
    crew.stripe.advance(days=0.01)
    assert confirm(crew, public_id) == "done"

    f = left(crew, public_id)
    assert (takes_effect, due) == ("now", f * 4 * 900 // 1 + -f * 900 // 1)
    assert (paid(crew), counts(crew)) == ([5800, due], [(900, 4), (4900, 1)])
    assert (running(crew).quantity, running(crew).amount) == (7, 4900 + 4 * 900)


def test_fewer_seats_wait_for_the_periods_end_and_never_fall_below_those_included(crew):
    crew.pay("crew")
    with pytest.raises(AlreadySubscribed):
        quote(crew, "crew", quantity=4)
    public_id, due, takes_effect = quote(crew, "crew", quantity=1)
    confirm(crew, public_id)
    planned = running(crew)
    crew.stripe.advance(days=32)
    crew.stripe.settle()

    assert (due, takes_effect) == (0, "later")
    assert (planned.quantity, planned.next_quantity) == (4, 3)
    assert (paid(crew), counts(crew)) == ([5800, 4900], [(4900, 1)])
    assert (running(crew).quantity, running(crew).amount, running(crew).next_at) == (3, 4900, None)
    more, due, _ = quote(crew, "crew", quantity=5)
    confirm(crew, more)
    assert (due, counts(crew)) == (left(crew, more) * 1800 // 1, [(900, 2), (4900, 1)])


def test_seats_go_from_plan_to_plan_and_from_months_to_years_beside_add_ons(crew):
    crew.pay("pro")
    buy(crew, 2)
    to_crew, due, _ = quote(crew, "crew", quantity=5)
    confirm(crew, to_crew)
    f = left(crew, to_crew)
    assert due == (f * 4900 // 1) + (f * 1800 // 1) + (-f * 2900 // 1)
    assert counts(crew) == [(900, 2), (1000, 2), (4900, 1)]

    confirm(crew, quote(crew, "crew", interval="year")[0])
    assert counts(crew) == [(9000, 2), (10000, 2), (49000, 1)]
    assert (running(crew).quantity, running(crew).amount) == (5, 49000 + 2 * 9000)

    confirm(crew, quote(crew, "pro")[0])
    crew.stripe.advance(days=366)
    crew.stripe.settle()
    assert (crew.plan()[0], running(crew).quantity, running(crew).amount) == ("pro", 1, 2900)
    with crew.app.app_context():
        assert reconciling.reconcile() == []


def test_seats_that_somebody_changed_at_stripe_are_found_and_followed(crew):
    crew.pay("crew")
    crew.stripe.courier.adjust(drop=1000)
    with crew.app.app_context():
        (found,) = crew.stripe.all("subscription")
        item = next(each for each in found["items"]["data"] if each["price"]["unit_amount"] == 900)
        gateway.current().update_subscription(found["id"], {"items": [{"id": item["id"], "quantity": 6}]})
        drifts = reconciling.reconcile()

    assert drifts and all(drift.mended for drift in drifts)
    assert (running(crew).quantity, running(crew).amount) == (9, 4900 + 6 * 900)


def test_a_paywall_tells_what_is_included_and_a_receipt_and_an_owner_see_what_they_will_pay(crew):
    with crew.app.app_context():
        plan = catalogue.plan("crew")
        told = paywall.offered(plan, "invoices", "en", None)["price"]
        first = plan_seats.first(crew.account, plan, plan.prices[0])
        reckoned = quoting.quote(plan, "usd", "month", seats=4, used={})

    assert (told["amount"], told["included_seats"], told["further_seat"]) == (4900, 3, 900)
    assert first.amount == reckoned == 5800
    crew.pay("crew")
    assert paid(crew) == [5800]


def test_who_pays_for_seats_has_so_many_and_no_more_once_they_are_given_up(crew):
    publish_plans(crew.app, WITH_CREW | SEATED)
    assert has_seats(crew) == (2, "limit_reached")
    crew.pay("crew")
    assert has_seats(crew) == (4, "limit_reached")
    confirm(crew, quote(crew, "crew", quantity=6)[0])
    crew.stripe.settle()
    assert has_seats(crew) == (6, None)
    crew.cancel()
    crew.stripe.advance(40)
    crew.stripe.settle()

    assert has_seats(crew) == (2, "limit_reached")


@pytest.mark.parametrize(("plan", "asked"), [("crew", True), ("pro", False)])
def test_a_subscriptions_page_asks_for_seats_only_where_one_more_has_a_price(crew, sign_in, plan, asked):
    crew.pay(plan)
    browser = crew.app.test_client()
    sign_in(browser, person_id=crew.owner)

    assert ("Number of seats" in browser.get("/workspace/subscription").text) is asked


def test_both_prices_are_made_at_stripe_and_compared(crew):
    with crew.app.app_context():
        before = {each.state for each in prices.compare() if ":crew:" in each.lookup_key}
        prices.sync()
        states = {each.lookup_key: each.state for each in prices.compare() if ":crew:" in each.lookup_key}
        plan = catalogue.plan("crew")
        assert seats.lines(prices.ensure(plan, plan.prices[0]), 3) == [
            {"price": prices.ensure(plan, plan.prices[0]), "quantity": 1}
        ]

    assert before == {"missing"}
    assert states == dict.fromkeys(
        [f"plg:crew:1:{interval}:usd{seat}" for interval in ("month", "year") for seat in ("", ":seat")],
        "same",
    )


def test_a_stored_card_pays_for_the_members_when_the_trial_is_over(crew, worker_of):
    onward = {"continues_as": {"plan": "crew", "interval": "month"}}
    crew.start_trial(WITH_CREW | {"trial": CARD_FIRST["trial"] | onward})
    crew.store_card()
    turns = worker_of(crew.app)
    turns()
    for _ in range(2):
        turns(now() + dt.timedelta(days=14, hours=2))
    crew.stripe.settle()
    turns()

    assert (paid(crew), counts(crew)) == ([5800], [(900, 1), (4900, 1)])
