"""Who wants to leave says why, is offered what would mend it, and may go; a pause gives and takes nothing."""

import datetime as dt

import pytest

from plg.billing import changes, jobs, leaving, pauses, quotes, refusals, subscriptions
from plg.events import names
from plg.kit.clock import now
from plg.kit.db import db
from tests.billing.test_add_ons import ask, held
from tests.billing.test_changes import confirm, paid, quote, running
from tests.billing.test_subscriptions import press_portal

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def leave(shop, reason="too_expensive", **more):
    with shop.app.app_context():
        leaving.cancel(shop.account, reason=reason, by=shop.owner, **more)


def stay(shop):
    with shop.app.app_context():
        leaving.stay(shop.account)


def offer(shop, reason):
    with shop.app.app_context():
        found = leaving.show_offer(shop.account, reason, by=shop.owner)
        db.session.commit()
        return (found.kind, found.plan.key if found.plan else None) if found else None


def accept(shop, reason, kind):
    with shop.app.app_context():
        leaving.accept(shop.account, reason, kind, by=shop.owner)


def test_who_leaves_keeps_what_was_paid_and_says_why(shop):
    shop.pay()
    leave(shop, comment="Too dear for us")
    leave(shop, comment="Too dear for us")
    (planned,) = shop.happened(names.CANCELLATION_PLANNED)
    before = shop.plan()
    shop.stripe.advance(days=32)
    shop.stripe.settle()

    assert (planned["feedback"], planned["comment"]) == ("too_expensive", "Too dear for us")
    assert (before, shop.plan()) == (("pro", "subscription"), ("free", "default"))
    assert shop.happened(names.SUBSCRIPTION_CANCELLED)[0]["feedback"] == "too_expensive"
    assert paid(shop) == [2900]


def test_who_changes_their_mind_stays_without_paying_anything_more(shop):
    shop.pay()
    leave(shop)
    stay(shop)
    stay(shop)

    assert running(shop).cancel_at is None
    assert len(shop.happened(names.CANCELLATION_WITHDRAWN)) == 1
    assert paid(shop) == [2900]
    with shop.app.app_context(), pytest.raises(quotes.NothingToChange):
        leaving.cancel(999, reason=None, by=None)


def test_each_cause_is_offered_what_mends_it(shop):
    shop.pay("team")
    plain = [offer(shop, reason) for reason in ("too_expensive", "unused", "missing_features")]
    shop.app.extensions["plg.settings"].save_discount_percent = 25
    with_discount = offer(shop, "too_expensive")
    leave(shop)

    assert plain == [("downgrade", "pro"), ("pause", None), None]
    assert with_discount == ("discount", None)
    assert offer(shop, "unused") is None
    assert [each["offer"] for each in shop.happened(names.SAVE_OFFER_SHOWN)] == [
        "downgrade",
        "pause",
        "discount",
    ]


def test_a_discount_is_given_once_and_reckoned_to_the_cent(shop):
    shop.app.extensions["plg.settings"].save_discount_percent = 25
    shop.pay("pro")
    accept(shop, "too_expensive", "discount")
    with pytest.raises(leaving.OfferGone):
        accept(shop, "too_expensive", "discount")
    for _ in range(4):
        shop.stripe.advance(days=31)
    shop.stripe.settle()

    assert paid(shop) == [2900, 2175, 2175, 2900, 2900] or paid(shop) == [2900, 2175, 2175, 2175, 2900]
    assert len(shop.happened(names.SAVE_OFFER_ACCEPTED)) == 1


def test_a_cheaper_plan_instead_of_leaving_comes_with_the_periods_end(shop):
    shop.pay("team")
    accept(shop, "too_expensive", "downgrade")
    shop.stripe.advance(days=32)
    shop.stripe.settle()

    assert (shop.plan()[0], paid(shop)) == ("pro", [9900, 2900])


def test_a_pause_takes_no_money_and_gives_nothing_once_what_was_paid_is_used_up(shop, worker_of):
    shop.pay("pro")
    accept(shop, "unused", "pause")
    paused = running(shop)
    until_then = shop.plan()
    with shop.app.app_context():
        jobs.end_access(paused.paused_from + dt.timedelta(seconds=1))
        db.session.commit()
    after = shop.plan()
    for buy in (quote, shop.checkout):
        with pytest.raises(subscriptions.SubscriptionPaused):
            buy(*([shop] if buy is quote else []))
    shop.stripe.advance(days=32)
    in_the_pause = paid(shop)
    shop.stripe.advance(days=31)
    shop.stripe.settle()

    assert paused.paused_from == paused.current_period_end
    assert paused.resumes_at > paused.paused_from + dt.timedelta(days=27)
    assert (until_then, after) == (("pro", "subscription"), ("free", "default"))
    assert in_the_pause == [2900, 0]  # the second is void
    assert paid(shop) == [2900, 0, 2900]
    assert shop.plan() == ("pro", "subscription")
    assert len(shop.happened(names.SUBSCRIPTION_RESUMED)) == 1


def test_who_comes_back_from_a_pause_pays_at_once_and_once(shop):
    shop.pay("pro")
    with shop.app.app_context():
        pauses.pause(shop.account, 3)
        pauses.pause(shop.account, 3)
    use_up(shop)
    press_portal(shop, "bad_card")
    with pytest.raises(refusals.CardRefused):
        resume(shop)
    refused = paid(shop), running(shop).paused_from is not None
    press_portal(shop, "good_card")
    resume(shop)
    with pytest.raises(pauses.NotPaused):
        resume(shop)

    assert refused == ([2900], True)
    assert (paid(shop), shop.plan()) == ([2900, 2900], ("pro", "subscription"))


def resume(shop):
    with shop.app.app_context():
        pauses.resume(shop.account)


def use_up(shop):
    """As if what was paid for had been used up before the pause."""
    with shop.stripe.store.work() as work:
        (made,) = work.newest("subscription")
        noted = {**made["metadata"], "plg_paused_from": str(int((now() - dt.timedelta(days=1)).timestamp()))}
        work.change({**made, "metadata": noted}, "customer.subscription.updated")
    shop.stripe.settle()
    assert shop.plan() == ("free", "default")


def test_a_price_that_was_shown_before_a_pause_cannot_be_agreed_to_in_it(paying):
    shown = [quote(paying, "pro", quantity=7)[0], ask(paying, 3)[0]]
    with paying.app.app_context():
        pauses.pause(paying.account, 1)
    for public_id in shown:
        with pytest.raises(changes.QuoteExpired):
            confirm(paying, public_id)
    paying.stripe.settle()

    assert (paid(paying), running(paying).quantity, held(paying)) == ([2900], 1, {})


def test_a_pause_that_is_taken_back_in_time_costs_nothing(shop):
    shop.pay("pro")
    with shop.app.app_context():
        pauses.pause(shop.account, 1)
    resume(shop)

    assert (paid(shop), running(shop).paused_from, shop.plan()[0]) == ([2900], None, "pro")


def test_only_what_is_paid_by_the_month_can_be_paused(shop):
    shop.pay("team")
    confirm(shop, quote(shop, "team", interval="year")[0])
    with shop.app.app_context(), pytest.raises(pauses.NotPausable):
        pauses.pause(shop.account, 1)
