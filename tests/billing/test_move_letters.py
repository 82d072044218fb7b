"""Who may buy is told of a move to the plan's new version: what changes, what it costs from when, and whom to ask."""

import datetime as dt
import functools
from itertools import count

import pytest
from sqlalchemy import select

from plg.accounts import memberships
from plg.billing import changes, moving
from plg.billing.models import PlanChange
from plg.events import names
from plg.kit.clock import now
from plg.kit.db import db
from plg.people import people
from tests.billing.shop import CREW, TWO_PLANS, WITH_ADD_ONS, WITH_CREW
from tests.billing.test_add_ons import buy
from tests.billing.test_changes import running
from tests.billing.test_killed import Axe, dies, recover
from tests.billing.test_moving import move
from tests.support.story import make_person, publish_plans
from tests.web.visits import mails

API = {"name": {"en": "API", "es": "API"}, "type": "boolean"}
FEATURES = TWO_PLANS["features"] | {"api": API}


def publish(shop, amount, catalogue=WITH_ADD_ONS, key="pro", **features):
    """A new version of a plan, whose first price is this."""
    plan = catalogue["plans"][key]
    prices = [plan["prices"][0] | {"amount": amount}, *plan["prices"][1:]]
    new = plan | {"prices": prices, "features": plan["features"] | features}
    publish_plans(shop.app, catalogue | {"features": FEATURES, "plans": catalogue["plans"] | {key: new}})


@pytest.fixture
def work(shop, worker_of):
    """Move everybody, and let the jobs and the subscribers work."""
    turns = worker_of(shop.app)

    def work(plan="pro"):
        with shop.app.app_context():
            assert moving.move(plan, by="tests").at_stripe == 1
        turns(now())
        shop.stripe.settle()
        turns(now() + dt.timedelta(minutes=5))

    return work


def told(shop, address="ana@acme.example"):
    return [mail for mail in mails(shop.app, address) if mail.template == "plan-moved"]


def test_each_buyer_reads_in_their_language_what_changes_and_what_it_costs_from_when(paying, work):
    luis, eva = make_person(paying.app, "luis@acme.example"), make_person(paying.app, "eva@acme.example")
    with paying.app.app_context():
        memberships.add(paying.account, luis, "billing", by="tests")
        memberships.add(paying.account, eva, "member", by="tests")
        people.get(luis).locale = "es"
        db.session.commit()
    buy(paying, 2)
    publish(paying, 3950, invoices=500, export=False, api=True)
    work()

    (hers,), (his,) = told(paying), told(paying, "luis@acme.example")
    ends = running(paying).current_period_end
    assert hers.subject == "What changes in your Pro plan"
    for line in (
        "- Invoices: 500 instead of no limit",
        "- Export is no longer there",
        "- API is now included",
    ):
        assert line in hers.text
    assert (
        f"From {ends:%B} {ends.day}, {ends.year} on you pay $39.50 a month instead of $29 a month"
        in hers.text
    )
    assert "Together with your add-ons it is $59.50 a month." in hers.text
    assert "Write to us: no-reply@" in hers.text
    assert f"{paying.url}/workspace/subscription" in hers.text
    assert "- Facturas: 500 en lugar de sin límite" in his.text
    assert "pagas 39,50 US$ al mes en lugar de 29 US$ al mes" in his.text.replace("\xa0", " ")
    assert told(paying, "eva@acme.example") == []
    (event,) = paying.happened(names.SUBSCRIPTION_MOVED)
    assert (event["from_amount"], event["amount"], event["add_ons"]) == (2900, 3950, 2000)
    paying.stripe.advance(days=32)
    paying.stripe.settle()
    assert paying.stripe.all("invoice")[0]["amount_paid"] == 3950 + 2000, "what the mail has told"


def test_seats_and_another_price_of_use_are_told(shop, work):
    for number in range(3):
        person = make_person(shop.app, f"{number}@acme.example")
        with shop.app.app_context():
            memberships.add(shop.account, person, "member", by="tests")
            db.session.commit()
    beyond = {"currency": "usd", "model": "graduated"}
    soft = {"included": 100, "soft": True, "charges": [beyond | {"tiers": [{"unit": "10"}]}]}
    sold = WITH_CREW | {"plans": WITH_CREW["plans"] | {"crew": CREW | {"features": {"invoices": soft}}}}
    publish_plans(shop.app, sold)
    shop.pay("crew")
    publish(shop, 5900, sold, "crew", invoices=soft | {"charges": [beyond | {"tiers": [{"unit": "12"}]}]})
    work("crew")

    (mail,) = told(shop)
    assert "you pay $68 a month instead of $58 a month" in mail.text, "one seat beyond the three is 9"
    assert "That is for 4 seats." in mail.text
    assert "- Invoices: another price beyond that" in mail.text


def test_where_the_price_stays_it_says_so(paying, work):
    publish(paying, 2900, invoices=500)
    work()

    (mail,) = told(paying)
    assert "You pay what you paid before: $29 a month." in mail.text


def newest(shop):
    with shop.app.app_context():
        return db.session.scalars(select(PlanChange.public_id).order_by(PlanChange.id.desc())).first()


def test_one_mail_a_move_whoever_dies_where(paying, monkeypatch, worker_of):
    paying.stripe.courier.adjust(drop=1000)
    turns, axe = worker_of(paying.app), Axe(monkeypatch)
    for step in count(1):
        publish(paying, 2900 + step)
        assert move(paying) == (0, 1)
        finish = functools.partial(changes.finish_asked, now(), 10)
        died = dies(paying, axe, step, finish)
        recover(paying, newest(paying))
        turns()

        assert len(told(paying)) == step
        assert f"pay ${29 + step / 100:.2f} a month" in told(paying)[-1].text
        if not died:
            break
    assert step > 8
