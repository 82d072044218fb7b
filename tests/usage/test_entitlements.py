"""What is used is counted once, in its month; what may be done follows from it at once."""

import pytest
from sqlalchemy import select

from plg.events.models import Event
from plg.kit.db import db
from plg.plans import assignments
from plg.usage.models import Counter
from plg.usage.periods import period_at
from tests.support.queries import count_queries
from tests.support.story import (
    PLANS,
    at,
    happened,
    make_account,
    make_person,
    publish_plans,
)


@pytest.fixture
def account(app):
    publish_plans(app)
    return make_account(app, (make_person(app), "owner"), key="acme")


@pytest.fixture
def ask(client, secret_key):
    def get(path, **query):
        headers = {"Authorization": f"Bearer {secret_key}"}
        return client.get(
            f"/v1/entitlements{path}", query_string={"account": "acme"} | query, headers=headers
        )

    return get


def put_on(app, account, plan, source="staff"):
    with app.app_context():
        assignments.assign(account, plan, source=source, by="tests")
        db.session.commit()


def names_of(app):
    with app.app_context():
        return list(
            db.session.scalars(select(Event.name).where(Event.name.like("Limit %")).order_by(Event.position))
        )


def test_an_account_without_a_plan_has_the_default_one(app, account, ask):
    answer = ask("").json
    assert answer["plan"] == {"key": "free", "version": 1, "name": "Free"}
    assert answer["entitlements"]["export"]["allowed"] is False
    assert answer["entitlements"]["invoices"]["remaining"] == 5


def test_use_counts_until_the_limit_refuses_with_all_that_a_paywall_shows(app, account, ask, worker):
    happened(app, "Invoice Sent", times=4, account_id=account)
    worker()
    one = ask("/invoices").json
    assert (one["allowed"], one["used"], one["remaining"]) == (True, 4, 1)
    happened(app, "Invoice Sent", account_id=account)
    worker()
    refused = ask("/invoices", locale="es").json
    assert (refused["allowed"], refused["remaining"], refused["name"]) == (False, 0, "Facturas")
    paywall = refused["paywall"]
    assert (paywall["reason"], paywall["owners"]) == ("limit_reached", ["Ana"])
    price = {"amount": 2900, "currency": "usd", "interval": "month"}
    assert [(plan["key"], plan["price"], plan["limit"]) for plan in paywall["plans"]] == [
        ("pro", price, None)
    ]


def test_a_feature_that_the_plan_lacks_is_refused_as_such(account, ask):
    assert ask("/export").json["paywall"]["reason"] == "not_in_plan"


def test_another_plan_counts_at_once(app, account, ask, worker):
    happened(app, "Invoice Sent", times=5, account_id=account)
    worker()
    assert ask("/invoices").json["allowed"] is False
    put_on(app, account, "pro")
    invoices = ask("/invoices").json
    assert (invoices["allowed"], invoices["unlimited"], invoices["used"]) == (True, True, 5)


def test_near_and_reached_are_told_once_each(app, account, worker):
    for _ in range(7):
        happened(app, "Invoice Sent", account_id=account)
        worker()
    assert names_of(app) == ["Limit Halfway", "Limit Near", "Limit Reached"]


def test_both_thresholds_in_one_batch_are_both_told(app, account, worker):
    happened(app, "Invoice Sent", times=9, account_id=account)
    worker()
    assert names_of(app) == ["Limit Halfway", "Limit Near", "Limit Reached"]


def test_imported_history_counts_but_raises_no_alarm(app, account, ask, worker):
    happened(app, "Invoice Sent", times=9, account_id=account, source="import")
    worker()
    assert ask("/invoices").json["used"] == 9
    assert names_of(app) == []


def test_an_event_counts_in_the_month_of_the_accounts_own_calendar(app, account, worker):
    with app.app_context():
        from plg.accounts import accounts

        accounts.describe(accounts.get(account), {"timezone": "America/Mexico_City"})
        db.session.commit()
    happened(app, "Invoice Sent", account_id=account, occurred_at=at("2026-03-01 03:00"))
    worker()
    with app.app_context():
        assert list(db.session.execute(select(Counter.period, Counter.used))) == [("2026-02", 1)]


def test_an_older_version_of_a_plan_keeps_its_limits(app, account, ask):
    put_on(app, account, "trial")
    changed = PLANS | {
        "plans": PLANS["plans"] | {"trial": {"name": {"en": "Trial"}, "features": {"invoices": 3}}}
    }
    publish_plans(app, changed)
    answer = ask("").json
    assert answer["plan"]["version"] == 1
    assert answer["entitlements"]["invoices"]["limit"] == 10


def test_seats_are_the_members_of_the_workspace(app, account, ask):
    seats = PLANS["features"] | {"seats": {"name": {"en": "Seats"}, "type": "seats"}}
    free = PLANS["plans"]["free"] | {"features": {"seats": 1}}
    publish_plans(app, PLANS | {"features": seats, "plans": PLANS["plans"] | {"free": free}})
    told = ask("/seats").json
    assert (told["used"], told["remaining"], told["allowed"]) == (1, 0, False)
    assert told["paywall"]["reason"] == "limit_reached"


def test_what_is_unknown_is_refused_by_name(account, ask):
    assert ask("/teleport").json["code"] == "feature_not_found"
    assert ask("", account="somebody-else").json["code"] == "account_not_found"
    assert ask("", locale="fr").json["errors"][0]["field"] == "locale"


def test_a_check_costs_at_most_three_queries_however_many_events_there_are(app, account, ask, worker):
    happened(app, "Invoice Sent", times=300, account_id=account)
    worker()
    with app.app_context():
        engine = db.engine
    for path in ("", "/invoices"):
        ask(path)
        with count_queries(engine) as queries:
            assert ask(path).status_code == 200
        assert queries.count <= 3, queries


@pytest.mark.parametrize(
    ("moment", "zone", "period", "end"),
    [
        ("2026-02-28 23:30", "UTC", "2026-02", "2026-03-01 00:00"),
        ("2026-03-01 03:00", "America/Bogota", "2026-02", "2026-03-01 05:00"),
        ("2026-12-31 23:30", "Europe/Madrid", "2027-01", "2027-01-31 23:00"),
        ("2024-02-29 12:00", "America/Santiago", "2024-02", "2024-03-01 03:00"),
        ("2026-02-28 23:30", "No/Where", "2026-02", "2026-03-01 00:00"),
    ],
)
def test_a_month_begins_and_ends_at_midnight_of_the_accounts_zone(moment, zone, period, end):
    found = period_at(at(moment), "month", zone)
    assert (found.key, found.ends_at) == (period, at(end))
