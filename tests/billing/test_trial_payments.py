"""A trial that begins with a card: from sign-up to the subscription, and every way in which it goes otherwise."""

import datetime as dt

import pytest
from sqlalchemy import select

from plg.accounts import memberships
from plg.accounts.models import Account
from plg.billing.models import Charge
from plg.events import log, names
from plg.kit.clock import now
from plg.kit.db import db
from plg.people import people
from plg.trials import trials
from tests.billing.shop import CARD_FIRST
from tests.support.story import make_person, publish_plans
from tests.web.visits import mails, signed_up

DECLINES, ASKS_ALWAYS = "4000000000000341", "4000002760003184"
AFTER = dt.timedelta(days=14, hours=2)  # over, and still waiting for the charge


@pytest.fixture
def opt_out(shop, worker_of):
    """A shop whose account waits with its trial for a card; `shop.work(after)` lets the worker work, and all jobs
    at that time from now."""
    turns = worker_of(shop.app)

    def work(after=None):
        turns()
        for _ in range(2 if after is not None else 0):
            turns(now() + after)
        shop.stripe.settle()
        turns()

    shop.work = work
    shop.start_trial()
    return shop


def trial(shop):
    with shop.app.app_context():
        return trials.of_account(shop.account).status


def charged(shop):
    with shop.app.app_context():
        return [tuple(row) for row in db.session.execute(select(Charge.status, Charge.reason))]


def test_from_sign_up_to_the_subscription(shop, worker_of):
    publish_plans(shop.app, CARD_FIRST)
    turns = worker_of(shop.app)
    ana = signed_up(shop.app, email="ana@new.example", company="New")
    with shop.app.app_context():
        shop.account = db.session.scalars(select(Account.id).order_by(Account.id.desc())).first()
    turns()
    waiting = trial(shop)

    page = ana.submit("/upgrade/card", seen_on="/upgrade")
    shop.type_card(page.location)
    shop.stripe.settle()
    turns()
    running = trial(shop), shop.plan()[0], shop.stripe.all("subscription")
    seen = ana.read("/upgrade").text
    for _ in range(2):
        turns(now() + AFTER)
    turns()

    assert (waiting, running) == ("awaiting_card", ("active", "trial", []))
    assert "Visa" in seen and "4242" in seen and "expires 12/2040" in seen
    assert (trial(shop), shop.plan()) == ("converted", ("pro", "subscription"))
    (invoice,) = shop.stripe.all("invoice")
    assert (invoice["amount_paid"], invoice["status"]) == (2900, "paid")
    assert len(shop.happened(names.TRIAL_CONVERTED)) == len(shop.happened(names.SUBSCRIPTION_STARTED)) == 1
    assert "4242" in ana.read("/upgrade").text
    assert charged(shop) == [("paid", None)]


def test_a_trial_that_was_called_off_is_not_charged(opt_out):
    opt_out.store_card()
    opt_out.work()
    with opt_out.app.app_context():
        trials.cancel(opt_out.account, by="tests")
        db.session.commit()
    opt_out.work(AFTER)

    assert (trial(opt_out), charged(opt_out)) == ("ended", [])
    assert opt_out.stripe.all("subscription") == []


def test_a_trial_that_is_called_off_between_its_end_and_the_charge_is_not_charged(opt_out, worker_of):
    opt_out.store_card()
    opt_out.work()
    turns = worker_of(opt_out.app)
    turns(now() + AFTER)
    with opt_out.app.app_context():
        assert trials.of_account(opt_out.account).status == "converting"
        trials.cancel(opt_out.account, by="tests")
        db.session.commit()
    opt_out.work(AFTER)

    assert (trial(opt_out), charged(opt_out)) == ("ended", [("dropped", "not_due")])
    assert opt_out.stripe.all("subscription") == []


def test_who_buys_during_the_trial_is_not_charged_at_its_end(opt_out):
    opt_out.store_card()
    opt_out.work()
    opt_out.pay("team")
    opt_out.work(AFTER)

    assert (trial(opt_out), opt_out.plan()) == ("converted", ("team", "subscription"))
    assert len(opt_out.stripe.all("subscription")) == 1


@pytest.mark.parametrize(
    ("number", "words", "palabras"),
    [
        (
            DECLINES,
            "Your card Visa •••• 0341 did not pay $29.00",
            "Tu tarjeta Visa •••• 0341 no ha pagado 29,00",
        ),
        (ASKS_ALWAYS, "Your bank wants you to confirm the payment", "Tu banco quiere que confirmes el pago"),
    ],
)
def test_where_the_card_does_not_pay_who_may_buy_is_told_in_their_language(opt_out, number, words, palabras):
    luis = make_person(opt_out.app, "luis@acme.example", "Luis")
    eva = make_person(opt_out.app, "eva@acme.example", "Eva")
    with opt_out.app.app_context():
        memberships.add(opt_out.account, luis, "billing", by="tests")
        memberships.add(opt_out.account, eva, "member", by="tests")
        people.get(luis).locale = "es"
        db.session.commit()
    opt_out.store_card(number)
    opt_out.work(AFTER)

    assert trial(opt_out) == "ended"
    assert opt_out.plan()[0] == "free"
    (hers,) = told(opt_out, "ana@acme.example")
    (his,) = told(opt_out, "luis@acme.example")
    assert words in hers.text and f"{opt_out.url}/upgrade" in hers.text
    assert palabras in his.text and "El pago de Pro no ha salido adelante" in his.subject
    assert told(opt_out, "eva@acme.example") == []


def told(shop, address):
    return [mail for mail in mails(shop.app, address) if mail.template == "payment-failed"]


def test_a_failed_payment_of_a_running_subscription_writes_no_mail_of_ours(opt_out):
    opt_out.pay()
    with opt_out.app.app_context():
        properties = {"plan": "pro", "amount": 2900, "currency": "usd", "attempt": 1}
        log.record(names.PAYMENT_FAILED, account_id=opt_out.account, properties=properties)
        db.session.commit()
    opt_out.work()

    assert told(opt_out, "ana@acme.example") == []


def test_in_the_grace_another_card_is_charged_as_soon_as_it_is_stored(shop, worker_of):
    plans = CARD_FIRST | {"trial": CARD_FIRST["trial"] | {"grace": 3}}
    shop.start_trial(plans)
    turns = worker_of(shop.app)
    shop.store_card(DECLINES)
    turns()
    for _ in range(2):
        turns(now() + AFTER)
    after_the_first = trial(shop), charged(shop)
    shop.stripe.advance(days=14.1)
    shop.store_card()
    turns()
    turns(now() + AFTER)
    turns()

    assert after_the_first == ("converting", [("failed", "generic_decline")])
    assert charged(shop) == [("failed", "generic_decline"), ("paid", None)]
    assert (trial(shop), shop.plan()) == ("converted", ("pro", "subscription"))


def test_another_card_before_the_end_is_not_charged_before_the_end(opt_out):
    opt_out.store_card()
    opt_out.work()
    opt_out.stripe.advance(days=1)
    opt_out.store_card("5555555555554444")
    opt_out.work(dt.timedelta(days=1))

    assert (trial(opt_out), charged(opt_out)) == ("active", [])
    opt_out.work(AFTER)
    assert charged(opt_out) == [("paid", None)]
    assert opt_out.paying_card() == "4444"
