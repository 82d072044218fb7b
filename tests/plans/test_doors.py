"""What is sold, told to the host product: plans, their prices, what each gives, and which one an account has."""

from typing import Any

import pytest
from flask import Flask

from plg.accounts import accounts
from plg.kit.db import db
from plg.plans import assignments
from tests.billing.shop import CREW
from tests.support.story import PLANS, make_account, make_person, publish_plans

EURO = {"amount": 2700, "currency": "eur", "interval": "month"}
WITHOUT_SEATS = {"seat": False, "included_seats": None, "further_seat": None}
BEYOND = {"currency": "usd", "model": "graduated", "tiers": [{"unit": "12.5"}]}
PRO = PLANS["plans"]["pro"] | {
    "description": {"es": "Para equipos", "en": "For teams"},
    "prices": [*PLANS["plans"]["pro"]["prices"], EURO],
    "features": {"invoices": {"included": 100, "soft": True, "charges": [BEYOND]}, "export": True},
}
SOLD = PLANS | {
    "order": ["free", "trial", "pro", "crew"],
    "plans": PLANS["plans"] | {"pro": PRO, "crew": CREW},
}


@pytest.fixture
def ask(app: Flask, client: Any, secret_key: str) -> Any:
    publish_plans(app, SOLD)

    def send(**query: Any) -> Any:
        headers = {"Authorization": f"Bearer {secret_key}"}
        return client.get("/v1/plans", query_string=query, headers=headers)

    return send


def test_each_plan_tells_its_prices_and_what_it_gives(ask: Any) -> None:
    free, pro, crew = ask(locale="es").json["plans"]

    assert [each["key"] for each in (free, pro, crew)] == ["free", "pro", "crew"], "a trial is not sold"
    assert (free["default"], free["prices"], free["current"]) == (True, [], None)
    assert (pro["description"], [each["currency"] for each in pro["prices"]]) == (
        "Para equipos",
        ["usd", "eur"],
    )
    invoices = pro["features"]["invoices"]
    assert (invoices["name"], invoices["has"], invoices["limit"], invoices["soft"]) == (
        "Facturas",
        True,
        100,
        True,
    )
    assert (invoices["per"], invoices["charges"][0]["tiers"][0]["unit"]) == ("month", "12.5")
    assert (free["features"]["export"]["has"], pro["features"]["export"]["has"]) == (False, True)
    assert crew["features"]["invoices"]["unlimited"] is True
    month = crew["prices"][0]
    assert (month["amount"], month["included_seats"], month["further_seat"]) == (4900, 3, 900)


def test_an_account_sees_its_own_plan_and_its_own_currency_where_anything_is_sold_in_it(
    app: Flask, ask: Any
) -> None:
    account = make_account(app, (make_person(app), "owner"), key="acme")
    with app.app_context():
        accounts.get(account).traits = {"currency": "EUR"}
        assignments.assign(account, "pro", source="staff", by="tests")
        db.session.commit()
    free, pro, crew = ask(account="acme").json["plans"]
    dollars = ask(account="acme", currency="usd").json["plans"][1]["prices"]

    assert [each["current"] for each in (free, pro, crew)] == [False, True, False]
    assert (pro["prices"], crew["prices"]) == ([EURO | WITHOUT_SEATS], [])
    assert [each["amount"] for each in dollars] == [2900]
    with app.app_context():
        accounts.get(account).traits = {"currency": "JPY"}
        db.session.commit()
    assert [each["currency"] for each in ask(account="acme").json["plans"][1]["prices"]] == ["usd", "eur"]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_is_unknown_or_malformed_is_refused(ask: Any, client: Any) -> None:
    assert ask(account="nobody").status_code == 404
    assert ask(currency="EURO").status_code == 422
    assert client.get("/v1/plans").status_code == 401
