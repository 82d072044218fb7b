"""A change that the bank asks about waits at Stripe, at the price that was shown, until its owner has paid it."""

import pytest
import requests

from plg.billing import bank, changes, portal, reconciling, refusals, subscriptions
from plg.sandbox.stripe.resources import payment_methods
from tests.billing.test_add_ons import ask, buy, held
from tests.billing.test_changes import confirm, paid, quote, running


@pytest.fixture
def asked(paying):
    """The card of who pays has to be confirmed at each payment."""
    with paying.stripe.store.work() as work:
        customer = work.newest("customer")[0]["id"]
        payment_methods.replace_default(work, customer, "pm_card_authenticationRequired")
    paying.stripe.settle()
    return paying


def refused(shop, public_id):
    with pytest.raises(refusals.CardRefused):
        confirm(shop, public_id)
    return public_id


def ask_bank(shop, public_id):
    with shop.app.app_context():
        return bank.ask(public_id, account_id=shop.account)


def say_yes(shop, address):
    requests.post(address, {"action": "yes_it_is_me"}, timeout=20).raise_for_status()
    shop.stripe.settle()


def test_an_add_on_that_is_confirmed_costs_what_was_shown_once(asked):
    asked.stripe.advance(days=11.4567)
    public_id, due, _ = ask(asked, 3)
    address = ask_bank(asked, refused(asked, public_id))
    asked.stripe.advance(days=0.1)
    before = (held(asked), asked.status(), running(asked).add_ons)
    assert ask_bank(asked, public_id) == address
    for _ in range(2):
        say_yes(asked, address)

    assert before == ({}, "active", {})
    assert (held(asked), paid(asked)) == ({"extra": 3}, [2900, due])
    with asked.app.app_context():
        assert reconciling.reconcile() == []
    with pytest.raises(changes.QuoteExpired):
        ask_bank(asked, public_id)


def test_what_nobody_confirms_within_a_day_is_given_up_and_nothing_has_changed(asked):
    address = ask_bank(asked, refused(asked, ask(asked, 1)[0]))
    asked.stripe.advance(days=1)
    say_yes(asked, address)

    assert (held(asked), paid(asked)) == ({}, [2900, 0])
    assert asked.stripe.all("subscription")[0]["pending_update"] is None
    assert asked.stripe.all("invoice")[0]["status"] == "void"
    with pytest.raises(changes.QuoteExpired):
        ask_bank(asked, quote(asked)[0])  # nobody has agreed to it


def test_who_asks_again_is_led_to_no_other_change_that_has_taken_its_place(asked):
    older, newer = ask(asked, 1)[0], ask(asked, 2, "priority")[0]
    ask_bank(asked, refused(asked, older))
    address = ask_bank(asked, refused(asked, newer))
    with pytest.raises(changes.QuoteExpired):
        ask_bank(asked, older)
    say_yes(asked, address)
    for public_id in (older, newer):
        with pytest.raises(changes.QuoteExpired):
            ask_bank(asked, public_id)

    assert (held(asked), paid(asked)) == ({"priority": 2}, [2900, 0, 2000])


def test_stripes_portal_changes_nothing_beside_an_add_on_so_plgs_own_page_does(paying):
    buy(paying, 1)
    with paying.app.app_context():
        live = subscriptions.live_of(paying.account)
        with pytest.raises(refusals.PaymentRequestRefused):
            portal.confirm_change(live, live.stripe_price_id, return_url=paying.url, by=paying.owner)

    assert paying.checkout("team") == f"{paying.url}/upgrade"


def test_another_plan_beside_add_ons_is_confirmed_the_same_way(paying):
    buy(paying, 1)
    with paying.stripe.store.work() as work:
        customer = work.newest("customer")[0]["id"]
        payment_methods.replace_default(work, customer, "pm_card_authenticationRequired")
    public_id, due, _ = quote(paying)
    say_yes(paying, ask_bank(paying, refused(paying, public_id)))

    assert (paying.plan()[0], held(paying), paid(paying)) == ("team", {"extra": 1}, [2900, 1000, due])
