"""The page on which a workspace chooses its plan: every price that is for sale, and one answer to a request."""

import copy
import re

import pytest
from sqlalchemy import select

from plg.accounts import accounts
from plg.accounts.models import Account
from plg.billing import checkouts
from plg.billing.models import BillingSubscription
from plg.kit.clock import now
from plg.kit.db import db
from plg.plans import assignments, catalogue
from tests.support.story import PLANS, publish_plans
from tests.web.visits import link_to, signed_up, visitor


@pytest.fixture
def plans():
    """The pro plan by the month and by the year, and a price of another currency."""
    changed = copy.deepcopy(PLANS)
    changed["plans"]["pro"]["prices"] = [
        {"amount": 2900, "currency": "usd", "interval": "month"},
        {"amount": 29000, "currency": "usd", "interval": "year"},
        {"amount": 2700, "currency": "eur", "interval": "month"},
    ]
    return changed


@pytest.fixture
def ana(app, plans):
    publish_plans(app, plans)
    return signed_up(app)


def test_a_plan_shows_its_price_and_the_other_way_to_pay_for_it(ana):
    page = ana.read("/upgrade").text

    assert "$29.00" in page and "a month" in page
    assert "Pay by the year: $290.00" in page
    assert "€" not in page
    assert "Pagar cada año: 290,00" in ana.read("/upgrade?lang=es").text


def test_prices_are_in_the_accounts_own_currency_where_the_plan_has_one(app, ana):
    with app.app_context():
        accounts.describe(db.session.scalars(select(Account)).one(), {"currency": "EUR"})
        db.session.commit()
    page = ana.read("/upgrade").text

    assert "€27.00" in page and "$" not in page


@pytest.mark.parametrize("interval", ["month", "year"])
def test_the_button_that_is_pressed_says_how_often_to_pay(ana, monkeypatch, interval):
    asked = []
    monkeypatch.setattr(
        checkouts, "open_for", lambda *_, **options: asked.append(options["interval"]) or "/paid"
    )

    answer = ana.submit("/upgrade/checkout", seen_on="/upgrade", plan="pro", interval=interval)

    assert (answer.status_code, asked) == (303, [interval])


def test_who_pays_by_the_year_sees_that_price_and_the_way_to_the_invoices(app, ana):
    assert "Subscription and invoices" not in ana.read("/upgrade").text
    with app.app_context():
        account, plan = db.session.scalars(select(Account.id)).one(), catalogue.plan("pro")
        assignments.assign(account, "pro", source="subscription", by="tests")
        db.session.add(_by_the_year(account, plan.version_id))
        db.session.commit()

    page = ana.read("/upgrade").text

    assert "$290.00" in page and "a year" in page
    assert "Pay by the month: $29.00" in page
    assert "Subscription and invoices" in page


def _by_the_year(account_id, plan_version_id):
    return BillingSubscription(
        stripe_subscription_id="sub_1",
        stripe_customer_id="cus_1",
        stripe_item_id="si_1",
        stripe_price_id="price_1",
        has_access=True,
        account_id=account_id,
        plan_version_id=plan_version_id,
        status="active",
        amount=29000,
        currency="usd",
        interval="year",
        started_at=now(),
        current_period_end=now(),
        read_at=now(),
    )


def test_a_member_who_asked_is_told_so_once(app, ana):
    ana.submit("/workspace/members", email="juan@acme.example", role="member")
    juan = visitor(app)
    juan.submit(
        link_to(app, "juan@acme.example", "invitation"), name="Juan", password="correct horse battery"
    )

    juan.submit("/upgrade/requests", seen_on="/upgrade", note="More invoices")

    assert len(re.findall("Your request is on its way", juan.read("/upgrade").text)) == 1
    owners = ana.read("/upgrade").text
    assert "<blockquote>More invoices</blockquote>" in owners
    assert "To say yes, choose a plan above" in owners
