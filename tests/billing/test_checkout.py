"""An account pays for a plan: once, for what it chose, and gets it at once."""

import pytest
import requests

from plg.accounts import accounts
from plg.billing import checkouts, gateway, refusals
from plg.billing.models import BillingCustomer, BillingPrice, BillingSubscription, Checkout
from plg.events import names
from plg.kit.db import db
from plg.plans.catalogue import PlanNotFound
from tests.billing.shop import BACK, TWO_PLANS, session_of
from tests.support.story import in_parallel, make_account, make_person, publish_plans

EUROS = {"amount": 2700, "currency": "eur", "interval": "month"}


def test_who_pays_has_the_plan_as_soon_as_stripe_says_so(shop):
    shop.pay("pro")

    assert shop.plan() == ("pro", "subscription")
    assert shop.status() == "active"
    assert shop.count(Checkout, status="complete") == 1
    (started,) = shop.happened(names.SUBSCRIPTION_STARTED)
    assert (started["plan"], started["amount"], started["currency"]) == ("pro", 2900, "usd")


def test_the_checkout_shows_the_plan_and_its_price_in_the_language_of_who_pays(shop):
    page = requests.get(shop.checkout("team"), timeout=20).text

    assert "Subscribe to Team" in page and "$99.00" in page


def test_who_has_a_currency_pays_in_it_where_the_plan_is_sold_so(shop):
    plans = TWO_PLANS["plans"]
    pro = plans["pro"] | {"prices": [*plans["pro"]["prices"], EUROS]}
    publish_plans(shop.app, TWO_PLANS | {"plans": plans | {"pro": pro}})
    with shop.app.app_context():
        accounts.describe(accounts.get(shop.account), {"currency": "EUR"})
        db.session.commit()

    assert "€27.00" in requests.get(shop.checkout("pro"), timeout=20).text
    assert "$99.00" in requests.get(shop.checkout("team"), timeout=20).text


def test_a_declined_card_leaves_the_account_on_its_plan(shop):
    before = shop.plan()
    shop.stripe.press(shop.checkout(), "decline")
    shop.stripe.settle()

    assert shop.plan() == before == ("free", "default")
    assert shop.count(BillingSubscription) == 0
    assert shop.happened(names.SUBSCRIPTION_STARTED) == []


def test_a_second_click_leads_to_the_same_checkout(shop):
    first, second = shop.checkout(), shop.checkout()

    assert first == second
    assert len(shop.stripe.all("checkout.session")) == shop.count(Checkout) == 1
    assert len(shop.happened(names.CHECKOUT_STARTED)) == 1


def test_ten_clicks_at_once_open_one_checkout_and_make_one_customer(shop):
    def click(_):
        return checkouts.open_for(shop.account, "pro", by=shop.owner, **BACK)

    addresses = in_parallel(shop.app, 10, click)

    assert len(set(addresses)) == 1, addresses
    assert len(shop.stripe.all("checkout.session")) == 1
    assert len(shop.stripe.all("customer")) == 1
    assert shop.count(Checkout, status="open") == 1


def test_clicks_on_different_plans_at_once_leave_one_place_to_pay(shop):
    def click(number):
        return checkouts.open_for(shop.account, ("pro", "team")[number % 2], by=shop.owner, **BACK)

    results = in_parallel(shop.app, 6, click)

    assert any(isinstance(result, str) for result in results)
    assert all(isinstance(result, str | checkouts.CheckoutBusy) for result in results), results
    still_open = [each for each in shop.stripe.all("checkout.session") if each["status"] == "open"]
    assert len(still_open) == shop.count(Checkout, status="open") == 1
    assert len(shop.stripe.all("customer")) == 1


def test_another_plan_closes_the_older_checkout_at_stripe_first(shop):
    first = shop.checkout("pro")
    second = shop.checkout("team")

    by_id = {each["id"]: each["status"] for each in shop.stripe.all("checkout.session")}
    assert by_id == {session_of(first): "expired", session_of(second): "open"}
    expire = f"POST /v1/checkout/sessions/{session_of(first)}/expire"
    made = [place for place, line in enumerate(shop.stripe.requests) if line == "POST /v1/checkout/sessions"]
    assert made[0] < shop.stripe.requests.index(expire) < made[1]


def test_a_checkout_that_was_paid_in_another_tab_is_not_opened_again(shop):
    shop.stripe.courier.adjust(drop=1000)
    address = shop.checkout()
    shop.stripe.press(address, "pay")

    for plan in ("pro", "team", "pro"):
        with pytest.raises(checkouts.AlreadySubscribed):
            shop.checkout(plan)
    assert len(shop.stripe.all("subscription")) == 1
    shop.process()
    assert shop.plan() == ("pro", "subscription")
    assert shop.count(Checkout, status="complete") == 1


def test_who_pays_for_a_plan_is_not_sold_it_again(shop):
    shop.pay("pro")

    with pytest.raises(checkouts.AlreadySubscribed):
        shop.checkout("pro")
    assert len(shop.stripe.all("checkout.session")) == 1


def test_after_the_checkout_has_expired_another_is_opened(shop):
    first = shop.checkout()
    shop.stripe.advance(days=1.1)
    second = shop.checkout()

    assert first != second
    assert shop.count(Checkout, status="open") == 1


def test_a_checkout_that_was_never_recorded_is_found_again_by_its_key(shop, monkeypatch):
    real = gateway.StripeGateway.session

    def dies(self, session_id):
        raise RuntimeError("the process died")

    monkeypatch.setattr(gateway.StripeGateway, "session", dies)
    with pytest.raises(RuntimeError):
        shop.checkout()
    with shop.app.app_context():
        db.session.execute(db.update(Checkout).values(stripe_session_id=None))
        db.session.commit()
    monkeypatch.setattr(gateway.StripeGateway, "session", real)
    shop.checkout()

    assert len(shop.stripe.all("checkout.session")) == 1


def test_a_customer_deleted_at_stripe_is_made_anew(shop):
    shop.checkout()
    shop.stripe.courier.adjust(drop=1000)
    with shop.stripe.store.work() as work:
        (customer,) = work.newest("customer")
        work.put({"id": customer["id"], "object": "customer", "deleted": True})
    shop.stripe.advance(days=1.1)

    assert session_of(shop.checkout()) in {each["id"] for each in shop.stripe.all("checkout.session")}
    assert shop.count(BillingCustomer) == 1
    with shop.app.app_context():
        assert db.session.scalar(db.select(BillingCustomer.stripe_customer_id)) != customer["id"]


def test_with_stripe_away_nothing_is_charged_and_the_next_try_works(shop):
    shop.stripe.outage.set()
    with pytest.raises(refusals.PaymentsUnavailable) as refused:
        shop.checkout()
    shop.stripe.outage.clear()

    assert refused.value.status == 503
    assert shop.plan() == ("free", "default")
    assert session_of(shop.checkout())


def test_without_a_key_payments_are_not_set_up(app):
    publish_plans(app)
    owner = make_person(app)
    account = make_account(app, (owner, "owner"))
    with app.app_context(), pytest.raises(refusals.PaymentsNotSetUp):
        checkouts.open_for(account, "pro", by=owner, **BACK)


@pytest.mark.parametrize(
    ("plan", "refusal"), [("nonsense", PlanNotFound), ("free", checkouts.prices.NotForSale)]
)
def test_what_is_not_for_sale_is_refused_before_stripe_is_asked(shop, plan, refusal):
    with pytest.raises(refusal):
        shop.checkout(plan)
    assert shop.stripe.requests == []


def test_a_price_by_the_year_can_be_chosen(shop):
    shop.stripe.press(shop.checkout("team", interval="year"), "pay")
    shop.stripe.settle()

    (started,) = shop.happened(names.SUBSCRIPTION_STARTED)
    assert (started["amount"], started["interval"]) == (99000, "year")


def test_no_transaction_is_open_while_stripe_is_spoken_to(shop, monkeypatch):
    open_transactions = []
    for name in ("create_customer", "create_session", "session", "expire_session", "prices", "create_price"):
        real = getattr(gateway.StripeGateway, name)

        def watched(self, *args, _real=real, _name=name):
            if db.session().in_transaction():
                open_transactions.append(_name)
            return _real(self, *args)

        monkeypatch.setattr(gateway.StripeGateway, name, watched)
    shop.checkout("pro")
    shop.checkout("team")

    assert open_transactions == []


def test_two_accounts_have_two_customers(shop):
    other_owner = make_person(shop.app, "eva@other.example", "Eva")
    other = make_account(shop.app, (other_owner, "owner"), name="Other")
    shop.pay("pro")
    with shop.app.app_context():
        address = checkouts.open_for(other, "team", by=other_owner, **BACK)
    shop.stripe.press(address, "pay")
    shop.stripe.settle()

    assert {each["email"] for each in shop.stripe.all("customer")} == {
        "ana@acme.example",
        "eva@other.example",
    }
    assert shop.plan() == ("pro", "subscription")


def test_prices_of_the_catalogue_are_made_at_stripe_once(shop):
    from plg.billing import prices

    with shop.app.app_context():
        made = [prices.sync(), prices.sync()]

    assert made == [3, 0]
    assert sorted(each["lookup_key"] for each in shop.stripe.all("price")) == [
        "plg:pro:1:month:usd",
        "plg:team:1:month:usd",
        "plg:team:1:year:usd",
    ]
    assert {each["id"]: each["name"] for each in shop.stripe.all("product")} == {
        "plg_pro": "Pro",
        "plg_team": "Team",
    }


def test_prices_made_in_parallel_are_made_once(shop):
    from plg.billing import prices

    in_parallel(shop.app, 4, lambda _: prices.sync())

    assert len(shop.stripe.all("price")) == shop.count(BillingPrice) == 3
    assert len(shop.stripe.all("product")) == 2


def test_a_new_price_is_sold_to_newcomers_and_the_old_one_stays_with_who_has_it(shop):
    shop.pay("pro")
    dearer = {
        **TWO_PLANS["plans"]["pro"],
        "prices": [{"amount": 3900, "currency": "usd", "interval": "month"}],
    }
    publish_plans(shop.app, {**TWO_PLANS, "plans": {**TWO_PLANS["plans"], "pro": dearer}})
    newcomer = make_person(shop.app, "eva@other.example", "Eva")
    account = make_account(shop.app, (newcomer, "owner"), name="Other")
    with shop.app.app_context():
        address = checkouts.open_for(account, "pro", by=newcomer, **BACK)
    shop.stripe.press(address, "pay")
    shop.stripe.resend_all()

    assert [each["amount"] for each in shop.happened(names.SUBSCRIPTION_STARTED)] == [2900, 3900]
    assert shop.plan() == ("pro", "subscription")


def test_a_lookup_key_that_holds_another_amount_at_stripe_is_not_trusted(shop):
    from plg.billing import prices

    with shop.app.app_context():
        prices.sync()
        db.session.execute(db.delete(BillingPrice))
        db.session.commit()
    with shop.stripe.store.work() as work:
        for price in list(work.newest("price")):
            work.put({**price, "unit_amount": 1, "unit_amount_decimal": "1"})
    with shop.stripe.store.work() as work:  # a day later Stripe has forgotten the earlier requests
        for key in list(work._kept["_answer"]):
            work.put_as("_answer", key, None)
    shop.pay("pro")

    assert [each["amount"] for each in shop.happened(names.SUBSCRIPTION_STARTED)] == [2900]
