"""Add-ons over the API and on the workspace's pages."""

import pytest
import requests

from plg.access import sessions
from plg.accounts import memberships
from plg.kit.db import db
from tests.billing.test_add_ons import held
from tests.billing.test_changes import paid
from tests.support.story import make_account, make_person

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
ADD_ONS = "/v1/billing/add-ons"


@pytest.fixture
def api(shop, secret):
    def call(path, account="acme", **body):
        url, more = f"{shop.url}{ADD_ONS}{path}", {"headers": secret, "timeout": 20}
        if path:
            answer = requests.post(url, json={"account": account, **body}, **more)
        else:
            answer = requests.get(url, {"account": account}, **more)
        return answer.status_code, answer.json()

    return call


@pytest.fixture
def browser_of(shop):
    """`browser_of(person)`: a browser in which somebody is signed in."""

    def signed_in(person):
        with shop.app.app_context():
            token = sessions.begin(person_id=person)
            db.session.commit()
        browser = shop.app.test_client()
        with browser.session_transaction() as session:
            session |= {"_user_id": token, "_fresh": True}
        return browser

    return signed_in


def test_the_host_product_shows_sells_and_takes_back(paying, api):
    _, before = api("")
    _, shown = api("/changes", add_on="extra", quantity=2)
    done = [api(f"/changes/{shown['id']}/confirm") for _ in range(2)]
    _, fewer = api("/changes", add_on="extra", quantity=0)
    api(f"/changes/{fewer['id']}/confirm")
    _, after = api("")

    assert [(each["key"], each["quantity"], each["amount"]) for each in before["add_ons"]] == [
        ("extra", 0, 1000),
        ("priority", 0, 1000),
    ]
    assert (shown["status"], shown["amount_due"], shown["amount"]) == ("quoted", 2000, 2000)
    assert [(status, answer["status"]) for status, answer in done] == [(200, "done")] * 2
    assert (fewer["takes_effect"], fewer["amount_due"]) == ("later", 0)
    assert (after["add_ons"][0]["quantity"], after["add_ons"][0]["next_quantity"]) == (2, 0)
    assert paid(paying) == [2900, 2000]


def test_refusals_say_what_is_wrong_and_nothing_of_another_account_can_be_agreed_to(paying, api):
    stranger = make_person(paying.app, "eve@example.com")
    make_account(paying.app, (stranger, "owner"), key="other")
    _, shown = api("/changes", add_on="extra", quantity=2)
    answers = [
        api("/changes", add_on="nope", quantity=1),
        api("/changes", add_on="extra", quantity=0),
        api("/changes", add_on="extra", quantity=-1),
        api("/changes", account="other", add_on="extra", quantity=1),
        api(f"/changes/{shown['id']}/confirm", account="other"),
    ]

    assert [(status, answer["code"]) for status, answer in answers] == [
        (404, "plan_not_found"),
        (409, "already_subscribed"),
        (422, "invalid_request"),
        (409, "nothing_to_change"),
        (404, "quote_not_found"),
    ]
    assert (held(paying), paid(paying)) == ({}, [2900])


def test_only_who_may_pay_sees_and_buys(paying, browser_of):
    member = make_person(paying.app, "mia@example.com")
    with paying.app.app_context():
        memberships.add(paying.account, member, "member", by="tests")
        db.session.commit()
    page = "/workspace/subscription/add-ons"

    assert browser_of(member).get(page).status_code == 403
    seen = browser_of(paying.owner).get(f"{page}?lang=es").text
    assert "Complementos" in seen and "Facturas extra" in seen and "10,00" in seen


def test_another_workspaces_quote_is_not_found(paying, api, browser_of):
    stranger = make_person(paying.app, "eve@example.com")
    make_account(paying.app, (stranger, "owner"), key="other")
    _, shown = api("/changes", add_on="extra", quantity=2)
    theirs = browser_of(stranger)
    assert theirs.get(f"/workspace/subscription/changes/{shown['id']}").status_code == 404
    mine = browser_of(paying.owner)

    assert mine.get(f"/workspace/subscription/changes/{shown['id']}").status_code == 200
