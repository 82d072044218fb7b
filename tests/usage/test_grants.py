"""More than the plan gives: granted, rolled over or bought beside it; used in one order, and explained row by row."""

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plg.accounts import accounts
from plg.kit.clock import now
from plg.kit.db import db
from plg.plans import add_ons, assignments
from plg.plans.features import Rollover
from plg.usage import entitlements, grants, ledger, reservations
from plg.usage.grants import NewGrant
from plg.usage.ledger import Credit, Spent
from plg.usage.periods import period_at
from tests.support.story import PLANS, at, happened, make_account, make_person, publish_plans

MONTHS = [period_at(at(f"2026-{month:02}-15 12:00"), "month", "UTC") for month in range(1, 7)]
BOUGHT = {"extra": {"name": {"en": "Ten more"}, "features": {"invoices": 10}}}


@pytest.fixture
def account(app):
    roll = {"included": 5, "rollover": {"most": 3}}
    trial = {"name": {"en": "Trial"}, "features": {"invoices": roll}}
    soft = {"name": {"en": "Soft"}, "features": {"invoices": {"included": 5, "soft": True}}}
    plans = PLANS["plans"] | {"trial": trial, "soft": soft}
    publish_plans(app, PLANS | {"plans": plans, "order": ["free", "trial", "soft", "pro"], "add_ons": BOUGHT})
    return make_account(app, (make_person(app), "owner"), key="acme")


@pytest.fixture
def ask(client, secret_key):
    def send(path, method="GET", **body):
        headers = {"Authorization": f"Bearer {secret_key}"}
        given = (
            {"query_string": {"account": "acme"}} if method == "GET" else {"json": {"account": "acme"} | body}
        )
        return client.open(f"/v1{path}", method=method, headers=headers, **given)

    return send


def invoices(app, account):
    with app.app_context():
        return entitlements.of_account(account).feature("invoices")


def test_a_grant_counts_at_once_and_once_a_key_and_says_why(app, account, ask, worker):
    happened(app, "Invoice Sent", times=5, account_id=account)
    worker()
    assert invoices(app, account).allowed is False
    body = {
        "feature": "invoices",
        "amount": 2,
        "source": "certificate",
        "reason": "Course passed",
        "key": "cert-1",
    }
    made = [ask("/usage/grants", "POST", **body) for _ in range(2)]
    assert [each.status_code for each in made] == [201, 201] and made[0].json["id"] == made[1].json["id"]
    told = ask("/entitlements/invoices/why").json
    assert (told["limit"], told["used"], told["remaining"], told["allowed"]) == (7, 5, 2, True)
    assert [(line["source"], line["left"]) for line in told["lines"]] == [("plan", 5), ("certificate", 2)]
    with app.app_context():
        by_staff = NewGrant(account, "invoices", 1, "staff", "A bad day", priority=1)
        given = grants.give(by_staff, by="staff:1")
        db.session.commit()
        assert entitlements.of_account(account).feature("invoices").limit == 8
        grants.void(account, given.id, reason="A mistake", by="staff:2")
        db.session.commit()
        with pytest.raises(grants.GrantVoided):
            grants.void(account, given.id, reason="Again", by="staff:2")
        db.session.rollback()
    told = ask("/entitlements/invoices/why").json
    assert (told["limit"], len(told["lines"])) == (7, 2)
    assert [(row["source"], row["reason"], row["created_by"]) for row in told["grants"][:2]] == [
        ("void", "A mistake", "staff:2"),
        ("staff", "A bad day", "staff:1"),
    ]


def test_what_is_left_rolls_over_at_most_so_much_and_for_so_long(app, account, worker):
    with app.app_context():
        assignments.assign(account, "trial", source="staff", by="tests")
        before = now() - dt.timedelta(days=400)
        db.session.execute(db.update(assignments.AccountPlan).values(since=before))
        db.session.commit()
    told = invoices(app, account)
    assert (told.limit, told.lines[0].credit.source) == (8, ledger.ROLLOVER)
    last_month = told.period.starts_at - dt.timedelta(days=1)
    happened(app, "Invoice Sent", times=4, account_id=account, occurred_at=last_month)
    worker()
    assert invoices(app, account).limit == 6


def test_an_add_on_gives_more_of_what_it_names_as_it_was_bought(app, account):
    with app.app_context():
        add_ons.set_quantity(account, "extra", 2, by="tests")
        db.session.commit()
    assert invoices(app, account).limit == 25
    dearer = {"extra": BOUGHT["extra"] | {"features": {"invoices": 1}}}
    publish_plans(app, PLANS | {"add_ons": dearer})
    assert invoices(app, account).limit == 25
    with app.app_context():
        add_ons.set_quantity(account, "extra", 0, by="tests")
        db.session.commit()
    assert invoices(app, account).limit == 5


def test_a_soft_limit_warns_and_lets_on(app, account, worker):
    with app.app_context():
        assignments.assign(account, "soft", source="staff", by="tests")
        db.session.commit()
    happened(app, "Invoice Sent", times=7, account_id=account)
    worker()
    told = invoices(app, account)
    assert (told.allowed, told.soft, told.limit, told.used, told.remaining) == (True, True, 5, 7, 0)
    with app.app_context():
        lasts = dt.timedelta(minutes=1)
        made = reservations.reserve(account, "invoices", 9, lasts=lasts, locale="en", by="tests")
        assert made.status == "held"
        db.session.rollback()


def test_prices_of_a_paywall_are_in_the_accounts_currency(app, account, ask, client, secret_key):
    prices = [{"amount": 2900, "currency": "usd", "interval": "month"}]
    prices.append({"amount": 2700, "currency": "eur", "interval": "month"})
    pro = PLANS["plans"]["pro"] | {"prices": prices}
    publish_plans(app, PLANS | {"plans": PLANS["plans"] | {"pro": pro}})
    with app.app_context():
        accounts.describe(accounts.get(account), {"currency": "EUR"})
        db.session.commit()
    told = ask("/entitlements/export").json["paywall"]["plans"][0]["price"]
    assert (told["amount"], told["currency"]) == (2700, "eur")
    headers = {"Authorization": f"Bearer {secret_key}"}
    told = client.get("/v1/entitlements/export?account=acme&currency=usd", headers=headers).json
    assert told["paywall"]["plans"][0]["price"]["amount"] == 2900


def test_what_cannot_be_granted_says_why(account, ask):
    grant = {
        "feature": "seats",
        "amount": 1,
        "source": "staff",
        "reason": "x",
        "expires_at": "2020-01-01T00:00:00Z",
    }
    refused = ask("/usage/grants", "POST", **grant)
    assert [fault["field"] for fault in refused.json["errors"]] == ["feature", "expires_at"]
    assert ask("/usage/grants", "POST", **grant | {"amount": 0, "source": "luck"}).status_code == 422


CREDITS = st.builds(
    Credit,
    amount=st.integers(1, 20),
    priority=st.integers(0, 2),
    starts_at=st.sampled_from([month.starts_at + dt.timedelta(days=3) for month in MONTHS]),
    expires_at=st.none() | st.sampled_from([month.ends_at for month in MONTHS]),
    source=st.just("staff"),
)


@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 12)), min_size=1, max_size=6),
    st.lists(CREDITS, max_size=4),
    st.none() | st.builds(Rollover, most=st.integers(1, 8), periods=st.integers(1, 3)),
)
def test_no_credit_is_used_twice_nor_out_of_its_time_whatever_was_used(used, credits, rollover):
    """Against a walk unit by unit: each unit beyond the allowance takes from whoever's turn it is."""
    periods = [Spent(month, n, allowance) for month, (n, allowance) in zip(MONTHS, used, strict=False)]
    left = [[credit, credit.amount] for credit in credits]
    for number, spent in enumerate(periods[:-1]):
        for _ in range(max(0, spent.used - spent.allowance)):
            fitting = [pair for pair in left if pair[1] and pair[0].touches(spent.period)]
            if fitting:
                min(fitting, key=lambda pair: pair[0].turn)[1] -= 1
        unused = spent.allowance - spent.used
        if rollover and unused > 0:
            last = periods[min(number + rollover.periods, len(periods) - 1)].period
            rolled = Credit(unused, 0, spent.period.ends_at, last.ends_at, ledger.ROLLOVER)
            left.append([rolled, min(unused, rollover.most)])
    present = periods[-1].period
    wanted = sum(rest for credit, rest in left if credit.touches(present))

    found = ledger.lines(periods, credits, rollover)

    assert ledger.total(found) == wanted
    assert [line.credit.turn for line in found] == sorted(line.credit.turn for line in found)
    assert all(Decimal(0) < line.left <= line.credit.amount for line in found)


def test_the_host_product_takes_back_what_it_gave_once(app, account, ask):
    body = {"feature": "invoices", "amount": 2, "source": "earned", "reason": "Invited a colleague"}
    made = ask("/usage/grants", "POST", **body).json["id"]
    make_account(app, key="other")
    theirs = ask(f"/usage/grants/{made}/void", "POST", account="other", reason="Not theirs")
    back = ask(f"/usage/grants/{made}/void", "POST", reason="The colleague was themselves")
    again = ask(f"/usage/grants/{made}/void", "POST", reason="Twice")

    assert (theirs.status_code, theirs.json["code"]) == (404, "grant_not_found")
    assert (back.status_code, back.json["voids"], back.json["amount"]) == (200, made, -2)
    assert (again.status_code, again.json["code"]) == (409, "grant_voided")
    assert invoices(app, account).limit == 5
    told = ask("/entitlements/invoices/why").json
    assert [each["reason"] for each in told["grants"]] == [
        "The colleague was themselves",
        "Invited a colleague",
    ]


def test_who_wants_several_is_refused_where_fewer_are_left(app, account, client, secret_key, worker):
    happened(app, "Invoice Sent", times=3, account_id=account)
    worker()

    def wants(amount):
        query = {"account": "acme", "amount": amount}
        headers = {"Authorization": f"Bearer {secret_key}"}
        return client.get("/v1/entitlements/invoices", query_string=query, headers=headers).json

    assert (wants("2")["allowed"], wants("2.5")["allowed"]) == (True, False)
    refused = wants(3)
    assert (refused["reason"], refused["remaining"]) == ("limit_reached", 2)
    assert [each["key"] for each in refused["paywall"]["plans"]] == ["pro"]
    with app.app_context():
        assignments.assign(account, "soft", source="staff", by="tests")
        db.session.commit()
    assert wants(50)["allowed"] is True, "what is soft lets on"
