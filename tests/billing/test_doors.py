"""The doors of billing: the portal for who may buy, and what the host product may ask."""

import pytest
import requests

from plg.access import keys
from plg.kit.db import db
from tests.support.story import make_account, make_person


@pytest.fixture
def secret(shop):
    with shop.app.app_context():
        _, plain = keys.create("secret", "tests", by="tests")
        db.session.commit()
    return {"Authorization": f"Bearer {plain}"}


def test_who_may_buy_is_led_to_the_portal(shop, sign_in):
    shop.pay()
    browser = shop.app.test_client()
    csrf = sign_in(browser, person_id=shop.owner)
    answer = browser.post("/workspace/billing", data={"csrf_token": csrf})

    assert answer.status_code == 303
    assert answer.headers["Location"].startswith(f"{shop.stripe.url}/p/session/")


def test_a_member_who_may_not_buy_is_not(shop, sign_in):
    from plg.accounts import memberships

    shop.pay()
    member = make_person(shop.app, "luis@acme.example", "Luis")
    with shop.app.app_context():
        memberships.add(shop.account, member, "member", by="tests")
        db.session.commit()
    browser = shop.app.test_client()
    csrf = sign_in(browser, person_id=member)

    assert browser.post("/workspace/billing", data={"csrf_token": csrf}).status_code == 403
    assert shop.stripe.all("billing_portal.session") == []


def test_the_portal_of_one_account_is_not_opened_for_another(shop, sign_in):
    shop.pay()
    stranger = make_person(shop.app, "eva@other.example", "Eva")
    make_account(shop.app, (stranger, "owner"), name="Other")
    browser = shop.app.test_client()
    csrf = sign_in(browser, person_id=stranger)
    answer = browser.post(
        "/workspace/billing", data={"csrf_token": csrf}, headers={"Accept": "application/json"}
    )

    assert (answer.status_code, answer.json["code"]) == (409, "no_customer")


def test_the_host_product_sees_what_an_account_pays_for(shop, secret):
    before = asked(shop, secret, "acme").json()
    shop.pay()
    after = asked(shop, secret, "acme").json()

    assert before == {"account": "acme", "subscription": None}
    shown = after["subscription"]
    assert (shown["plan"], shown["status"], shown["amount"]) == ("pro", "active", 2900)


def test_the_host_product_can_open_the_portal(shop, secret):
    shop.pay()
    body = {"account": "acme", "return_url": "https://shop.example/account"}
    answer = shop.app.test_client().post("/v1/billing/portal-sessions", json=body, headers=secret)

    assert answer.json["url"].startswith(shop.stripe.url)


@pytest.mark.parametrize("return_url", ["javascript:alert(1)", "nowhere", ""])
def test_the_portal_leads_back_to_web_addresses_only(shop, secret, return_url):
    body = {"account": "acme", "return_url": return_url}

    assert (
        shop.app.test_client().post("/v1/billing/portal-sessions", json=body, headers=secret).status_code
        == 422
    )


def test_an_unknown_account_is_not_found(shop, secret):
    assert asked(shop, secret, "nobody").status_code == 404


def asked(shop, secret, account):
    return requests.get(
        f"{shop.url}/v1/billing/subscription", {"account": account}, headers=secret, timeout=20
    )
